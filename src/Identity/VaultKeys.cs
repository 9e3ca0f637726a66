// Identity: who a device is, what it may open, and who is in a vault. Keys and the files they are kept in; the signed statements
// by which devices come and go, and the rule that says which of them count; tickets, joining and the gate. Nothing here opens a
// connection or a database; time and chance come in as parameters.
// Read next: SecretEpoch.cs (which key comes from which secret), KeyFile.cs (how all of it lies on the disk), then
// Control/ControlRecord.cs (a statement), Members/MembershipRule.cs (which count), Tickets/Admitting.cs (how one gets in).

using Vault.Primitives;

namespace Vault.Identity;

/// <summary>
/// The keys of one vault held by this device: its secrets by epoch and, on the device that made the vault, its root key. Its
/// owner disposes it; everything it hands out is borrowed. Epochs may be added while others read.
/// </summary>
public sealed class VaultKeys : IDisposable
{
    /// <summary>Readers change rarely; guarded memory and the key file have to hold them all.</summary>
    public const int MaxEpochs = 256;

    readonly Lock adding = new();
    SecretEpoch[] epochs; // by number; replaced, never changed
    Ed25519Key? root;

    /// <summary>Takes over the root key and the epochs. At least one epoch, in any order.</summary>
    public VaultKeys(VaultId vault, IEnumerable<SecretEpoch> epochs, Ed25519Key? root = null)
    {
        Vault = vault;
        if (root != null) AddRoot(root);
        this.epochs = [.. epochs.OrderBy(epoch => epoch.Number)];
        if (this.epochs.Length == 0) throw new ArgumentException("A vault has at least one epoch.", nameof(epochs));
        if (this.epochs.DistinctBy(epoch => epoch.Number).Count() != this.epochs.Length)
            throw new ArgumentException("Two epochs bear the same number.", nameof(epochs));
    }

    /// <summary>A new vault with a new root key and a first epoch.</summary>
    public static VaultKeys Create(RandomSource random)
    {
        Ed25519Key root = Ed25519Key.Generate(random);
        return new VaultKeys(new VaultId(root.Public.Bytes), [SecretEpoch.Create(0, random)], root);
    }

    public VaultId Vault { get; }

    /// <summary>Signs admin certificates and revocations. Only the device that made the vault has it, or one that imported its recovery file.</summary>
    public Ed25519Key? Root => Volatile.Read(ref root);

    /// <summary>The newest epoch: what is written now is sealed with its keys.</summary>
    public SecretEpoch Current => Epochs[^1];

    /// <summary>All epochs held, oldest first.</summary>
    public IReadOnlyList<SecretEpoch> AllEpochs => Epochs;

    /// <summary>Null when this device doesn't hold that epoch.</summary>
    public SecretEpoch? Epoch(uint number) => Array.Find(Epochs, epoch => epoch.Number == number);

    /// <summary>True on a device that can open records; false on a blind holder.</summary>
    public bool CanRead => Epochs[0] is { Number: 0, CanRead: true };

    /// <summary>
    /// The key that turns paths into positions. It comes from epoch 0 and never changes: a path must keep its place in the
    /// catalog whatever became of the readers.
    /// </summary>
    public SecretBytes PositionKey =>
        CanRead ? Epochs[0].Position : throw new InvalidOperationException("A blind holder has no position key.");

    SecretEpoch[] Epochs => Volatile.Read(ref epochs);

    /// <summary>
    /// Adds an epoch, or the read secret of one that was held blind. False when nothing is new. Two different secrets under one
    /// number can't both be the vault's: that is an <see cref="ArgumentException"/>, so let in only what a control record vouches for.
    /// </summary>
    public bool AddEpoch(uint number, ReadOnlySpan<byte> syncSecret, ReadOnlySpan<byte> readSecret = default)
    {
        lock (adding)
        {
            if (Epoch(number) is not { } held)
            {
                if (epochs.Length == MaxEpochs) throw new LimitExceededException($"a vault holds at most {MaxEpochs} secret epochs");
                SecretEpoch added = new(number, syncSecret, readSecret);
                Volatile.Write(ref epochs, [.. epochs.Append(added).OrderBy(epoch => epoch.Number)]);
                return true;
            }
            if (!held.Agrees(syncSecret, readSecret)) throw new ArgumentException($"Epoch {number} of this vault has other secrets.", nameof(number));
            if (held.CanRead || readSecret.IsEmpty) return false;
            held.AddReadSecret(readSecret);
            return true;
        }
    }

    /// <summary>Takes over what <paramref name="other"/> knows of the same vault and this doesn't: epochs, read secrets, the root key.</summary>
    internal void Absorb(VaultKeys other)
    {
        foreach (SecretEpoch epoch in other.AllEpochs) AddEpoch(epoch.Number, epoch.SyncSecret.Span, epoch.CanRead ? epoch.ReadSecret.Span : default);
        lock (adding)
            if (Root == null && other.Root != null) AddRoot(Ed25519Key.FromSeed(other.Root.Seed));
    }

    void AddRoot(Ed25519Key key)
    {
        if (key.Public != Vault.RootKey) throw new ArgumentException("This is another vault's root key.", nameof(key));
        Volatile.Write(ref root, key);
    }

    public void Dispose()
    {
        Root?.Dispose();
        foreach (SecretEpoch epoch in Epochs) epoch.Dispose();
    }
}
