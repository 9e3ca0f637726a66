using Vault.Identity;
using Vault.Store;

namespace Vault.Blocks;

/// <summary>Why a tree of blocks is kept. Part of the stored key: numbers never change their meaning.</summary>
public enum PinReason : byte
{
    /// <summary>The current version of a file.</summary>
    Head = 1,
    /// <summary>A version that was written at the same time as another, not yet decided.</summary>
    Sibling = 2,
    /// <summary>A version held aside, for example by the brake on mass changes.</summary>
    HeldAside = 3,
    /// <summary>An old version inside the window in which it can be read again.</summary>
    History = 4,
    /// <summary>Bytes this device should have and may not have yet.</summary>
    Wanted = 5,
    /// <summary>Something the vault itself needs.</summary>
    Control = 6,
    /// <summary>Someone is working with it.</summary>
    Lease = 7,
    /// <summary>Another device frees its copy and counts on this one.</summary>
    Lock = 8,
    /// <summary>This device has freed the tree: what isn't here of it isn't missing, and what is here is kept as long as the file is.</summary>
    Assigned = 9,
}

/// <summary>One reason to keep a tree. The owner tells reasons of one kind apart: what holds the pin, in its own bytes.</summary>
public sealed record Pin(VaultTag Vault, BlockId Root, PinReason Reason, ReadOnlyMemory<byte> Owner, DateTimeOffset? Until);

/// <summary>
/// What must stay. A pin is written in the batch that makes its reason, so that reason and pin come and go together. Whoever
/// pins a root must hold it, by a write session or by another pin, until that batch is committed.
/// </summary>
public sealed class Pins
{
    public const int MaxOwner = 64;

    readonly IDatabase meta;
    readonly Leases leases;

    internal Pins(IDatabase meta, Leases leases)
    {
        this.meta = meta;
        this.leases = leases;
    }

    /// <summary>Adds to the batch of the caller. A pin with an end (a lease, a lock) stops counting at that time by itself.</summary>
    public void Add(Batch batch, VaultTag vault, BlockId root, PinReason reason, ReadOnlySpan<byte> owner = default, DateTimeOffset? until = null)
    {
        leases.Pinning(vault, root, IsWhole(reason));
        batch.Put(StoreKeys.Pins, Key(vault, root, reason, owner), until is { } end ? StoreKeys.TimeValue(end) : ReadOnlyMemory<byte>.Empty);
    }

    public static void Remove(Batch batch, VaultTag vault, BlockId root, PinReason reason, ReadOnlySpan<byte> owner = default) =>
        batch.Delete(StoreKeys.Pins, Key(vault, root, reason, owner));

    /// <summary>A tree that is wanted or assigned may be on its way; any other was whole when it was pinned.</summary>
    internal static bool IsWhole(PinReason reason) => reason is not (PinReason.Wanted or PinReason.Assigned);

    /// <summary>Every pin of the vault, by root.</summary>
    public IEnumerable<Pin> Of(VaultTag vault, ISnapshot? at = null) => In(StoreKeys.MetaOf(vault), vault, at);

    /// <summary>The pins on one root.</summary>
    public IEnumerable<Pin> On(VaultTag vault, BlockId root) => In(StoreKeys.Under(StoreKeys.MetaKey(vault, root)), vault, null);

    /// <summary>The roots that this device has freed.</summary>
    internal HashSet<BlockId> Freed(VaultTag vault, ISnapshot? at = null) => [.. Of(vault, at).Where(pin => pin.Reason == PinReason.Assigned).Select(pin => pin.Root)];

    IEnumerable<Pin> In((byte[] From, byte[] To) range, VaultTag vault, ISnapshot? at)
    {
        using ICursor cursor = meta.Range(StoreKeys.Pins, range.From, range.To, at);
        while (cursor.MoveNext())
        {
            ReadOnlySpan<byte> key = cursor.Key[VaultTag.Size..];
            DateTimeOffset? until = cursor.Value.IsEmpty ? null : StoreKeys.TimeIn(cursor.Value);
            yield return new Pin(vault, new BlockId(key[..BlockId.Size]), (PinReason)key[BlockId.Size], key[(BlockId.Size + 1)..].ToArray(), until);
        }
    }

    static byte[] Key(VaultTag vault, BlockId root, PinReason reason, ReadOnlySpan<byte> owner)
    {
        if (owner.Length > MaxOwner) throw new ArgumentException($"A pin's owner has at most {MaxOwner} bytes.", nameof(owner));
        byte[] key = new byte[VaultTag.Size + BlockId.Size + 1 + owner.Length];
        vault.CopyTo(key);
        root.CopyTo(key.AsSpan(VaultTag.Size));
        key[VaultTag.Size + BlockId.Size] = (byte)reason;
        owner.CopyTo(key.AsSpan(VaultTag.Size + BlockId.Size + 1));
        return key;
    }
}
