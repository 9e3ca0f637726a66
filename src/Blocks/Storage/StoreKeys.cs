using System.Buffers.Binary;
using Vault.Identity;
using Vault.Store;

namespace Vault.Blocks;

/// <summary>
/// Where things lie in the two databases. <c>blocks/</c> has one family (a database that mixes logged and unlogged families
/// can't always be opened again): the bytes of a block under 'b', and under 'i' what is known of it without reading it,
/// because RocksDB reads a blob even when only its key is wanted. <c>meta/</c> holds what refers to blocks.
/// </summary>
public static class StoreKeys
{
    public static Family Blocks { get; } = new("default");

    public static Family Pins { get; } = new("pins");
    public static Family Condemned { get; } = new("condemned");
    public static Family Quarantine { get; } = new("quarantine");
    public static Family Imports { get; } = new("imports");

    /// <summary>What this project asks of <c>meta/</c>; others add theirs.</summary>
    public static IReadOnlyList<Family> MetaFamilies { get; } = [new("default"), Pins, Condemned, Quarantine, Imports];

    /// <summary>So far from the end of what .NET can count that a span can be added to it.</summary>
    static readonly DateTimeOffset Farthest = new(9000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    internal const byte BytesOf = (byte)'b';
    internal const byte InfoOf = (byte)'i';
    internal const int BlockKeySize = 1 + VaultTag.Size + BlockId.Size;

    internal static byte[] BlockKey(byte kind, VaultTag vault, BlockId id)
    {
        byte[] key = new byte[BlockKeySize];
        WriteBlockKey(key, kind, vault, id);
        return key;
    }

    internal static void WriteBlockKey(Span<byte> key, byte kind, VaultTag vault, BlockId id)
    {
        key[0] = kind;
        vault.CopyTo(key[1..]);
        id.CopyTo(key[(1 + VaultTag.Size)..]);
    }

    internal static BlockId IdIn(ReadOnlySpan<byte> key) => new(key.Slice(1 + VaultTag.Size, BlockId.Size));

    /// <summary>A range of all keys that begin with <paramref name="prefix"/>.</summary>
    internal static (byte[] From, byte[] To) Under(params ReadOnlySpan<byte> prefix)
    {
        byte[] to = prefix.ToArray();
        int last = to.Length - 1;
        while (last >= 0 && to[last] == 0xFF) last--;
        if (last < 0) return (prefix.ToArray(), []);
        to[last]++;
        return (prefix.ToArray(), to[..(last + 1)]);
    }

    internal static (byte[] From, byte[] To) BlocksOf(byte kind, VaultTag vault)
    {
        Span<byte> prefix = stackalloc byte[1 + VaultTag.Size];
        prefix[0] = kind;
        vault.CopyTo(prefix[1..]);
        return Under(prefix);
    }

    internal static (byte[] From, byte[] To) MetaOf(VaultTag vault)
    {
        Span<byte> prefix = stackalloc byte[VaultTag.Size];
        vault.CopyTo(prefix);
        return Under(prefix);
    }

    /// <summary>The key under a vault in the families of <c>meta/</c> that are kept by block.</summary>
    internal static byte[] MetaKey(VaultTag vault, BlockId id)
    {
        byte[] key = new byte[VaultTag.Size + BlockId.Size];
        vault.CopyTo(key);
        id.CopyTo(key.AsSpan(VaultTag.Size));
        return key;
    }

    internal static byte[] TimeValue(DateTimeOffset time)
    {
        byte[] value = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(value, time.ToUnixTimeMilliseconds());
        return value;
    }

    /// <summary>Bytes that are no time count as the farthest one there is: what depends on it is kept.</summary>
    internal static DateTimeOffset TimeIn(ReadOnlySpan<byte> value)
    {
        if (!BinaryPrimitives.TryReadInt64BigEndian(value, out long milliseconds)) return Farthest;
        return milliseconds < 0 || milliseconds > Farthest.ToUnixTimeMilliseconds() ? Farthest : DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
    }
}
