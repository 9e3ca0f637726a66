using System.Security.Cryptography;
using Vault.Primitives;

namespace Vault.Identity;

/// <summary>
/// The secrets of a vault between two changes of its readers, and the keys derived from them. A blind holder has the sync
/// secret only; the keys that follow from the read secret are then an error to ask for: look at <see cref="CanRead"/> first.
/// The keys are borrowed from the epoch, the epoch from its <see cref="VaultKeys"/>.
/// </summary>
public sealed class SecretEpoch : IDisposable
{
    public const int SecretSize = 32;

    ReadKeys? read; // set at most once: by the constructor, or when a blind holder becomes a reader

    public SecretEpoch(uint number, ReadOnlySpan<byte> syncSecret, ReadOnlySpan<byte> readSecret = default)
    {
        if (syncSecret.Length != SecretSize) throw new ArgumentException("A sync secret has exactly 32 bytes.", nameof(syncSecret));
        Number = number;
        SyncSecret = SecretBytes.Copy(syncSecret);
        Gate = SyncSecret.Derive(KeyLabels.Gate);
        Topic = SyncSecret.Derive(KeyLabels.Topic);
        Gossip = SyncSecret.Derive(KeyLabels.Gossip);
        Sketch = SyncSecret.Derive(KeyLabels.Sketch);
        if (!readSecret.IsEmpty) read = new ReadKeys(readSecret);
    }

    /// <summary>New secrets, for a new vault or for those who remain after a revocation.</summary>
    public static SecretEpoch Create(uint number, RandomSource random)
    {
        using SecretBytes sync = SecretBytes.Random(SecretSize, random), read = SecretBytes.Random(SecretSize, random);
        return new SecretEpoch(number, sync.Span, read.Span);
    }

    public uint Number { get; }

    public SecretBytes SyncSecret { get; }

    /// <summary>Proves at the gate, before any vault protocol, that a peer knows the vault.</summary>
    public SecretBytes Gate { get; }

    /// <summary>Turns topic names into strings that tell an outsider nothing.</summary>
    public SecretBytes Topic { get; }

    /// <summary>Seals what is gossiped.</summary>
    public SecretBytes Gossip { get; }

    /// <summary>Keys the cells of the reconciliation sketch, so that nobody outside can aim collisions at it.</summary>
    public SecretBytes Sketch { get; }

    public bool CanRead => read != null;

    public SecretBytes ReadSecret => Read.Secret;

    /// <summary>Seals the private part of records.</summary>
    public SecretBytes Record => Read.Record;

    /// <summary>Makes block keys from block contents.</summary>
    public SecretBytes Convergence => Read.Convergence;

    /// <summary>Seeds the chunker's gear table, so that block lengths don't identify public files.</summary>
    public SecretBytes Chunker => Read.Chunker;

    /// <summary>The base from which each chat room's key is derived.</summary>
    public SecretBytes Room => Read.Room;

    internal SecretBytes Position => Read.Position;

    ReadKeys Read => Volatile.Read(ref read) ?? throw new InvalidOperationException("A blind holder has no read secret.");

    /// <summary>Whether these secrets contradict none that are held.</summary>
    internal bool Agrees(ReadOnlySpan<byte> syncSecret, ReadOnlySpan<byte> readSecret) =>
        CryptographicOperations.FixedTimeEquals(SyncSecret.Span, syncSecret)
        && (!CanRead || readSecret.IsEmpty || CryptographicOperations.FixedTimeEquals(ReadSecret.Span, readSecret));

    internal void AddReadSecret(ReadOnlySpan<byte> secret)
    {
        if (CanRead) throw new InvalidOperationException("The read secret of this epoch is known already.");
        Volatile.Write(ref read, new ReadKeys(secret));
    }

    public void Dispose()
    {
        foreach (SecretBytes key in new[] { SyncSecret, Gate, Topic, Gossip, Sketch }) key.Dispose();
        read?.Dispose();
    }

    sealed class ReadKeys : IDisposable
    {
        public ReadKeys(ReadOnlySpan<byte> secret)
        {
            if (secret.Length != SecretSize) throw new ArgumentException("A read secret has exactly 32 bytes.", nameof(secret));
            Secret = SecretBytes.Copy(secret);
            Position = Secret.Derive(KeyLabels.Position);
            Record = Secret.Derive(KeyLabels.Record);
            Convergence = Secret.Derive(KeyLabels.Convergence);
            Chunker = Secret.Derive(KeyLabels.Chunker);
            Room = Secret.Derive(KeyLabels.Room);
        }

        public SecretBytes Secret { get; }
        public SecretBytes Position { get; }
        public SecretBytes Record { get; }
        public SecretBytes Convergence { get; }
        public SecretBytes Chunker { get; }
        public SecretBytes Room { get; }

        public void Dispose()
        {
            foreach (SecretBytes key in new[] { Secret, Position, Record, Convergence, Chunker, Room }) key.Dispose();
        }
    }
}
