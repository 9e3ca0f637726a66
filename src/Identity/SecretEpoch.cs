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

    SecretBytes? readSecret; // set at most once: by the constructor, or when a blind holder becomes a reader

    // Derived when first asked for: of an old epoch hardly more than the record key is ever needed.
    SecretBytes? gate, topic, gossip, sketch, position, record, convergence, chunker, room, name, blindName;

    public SecretEpoch(uint number, ReadOnlySpan<byte> syncSecret, ReadOnlySpan<byte> readSecret = default)
    {
        if (syncSecret.Length != SecretSize) throw new ArgumentException("A sync secret has exactly 32 bytes.", nameof(syncSecret));
        Number = number;
        if (!readSecret.IsEmpty) AddReadSecret(readSecret);
        SyncSecret = SecretBytes.Copy(syncSecret);
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
    public SecretBytes Gate => Derive(ref gate, SyncSecret, KeyLabels.Gate);

    /// <summary>Turns topic names into strings that tell an outsider nothing.</summary>
    public SecretBytes Topic => Derive(ref topic, SyncSecret, KeyLabels.Topic);

    /// <summary>Seals what is gossiped.</summary>
    public SecretBytes Gossip => Derive(ref gossip, SyncSecret, KeyLabels.Gossip);

    /// <summary>Keys the cells of the reconciliation sketch, so that nobody outside can aim collisions at it.</summary>
    public SecretBytes Sketch => Derive(ref sketch, SyncSecret, KeyLabels.Sketch);

    public bool CanRead => Volatile.Read(ref readSecret) != null;

    public SecretBytes ReadSecret => Volatile.Read(ref readSecret) ?? throw new InvalidOperationException("A blind holder has no read secret.");

    /// <summary>Seals the private part of records.</summary>
    public SecretBytes Record => Derive(ref record, ReadSecret, KeyLabels.Record);

    /// <summary>Makes block keys from block contents.</summary>
    public SecretBytes Convergence => Derive(ref convergence, ReadSecret, KeyLabels.Convergence);

    /// <summary>Seeds the chunker's gear table, so that block lengths don't identify public files.</summary>
    public SecretBytes Chunker => Derive(ref chunker, ReadSecret, KeyLabels.Chunker);

    /// <summary>The base from which each chat room's key is derived.</summary>
    public SecretBytes Room => Derive(ref room, ReadSecret, KeyLabels.Room);

    /// <summary>Seals the names of the vault and of devices that read.</summary>
    internal SecretBytes Name => Derive(ref name, ReadSecret, KeyLabels.Name);

    /// <summary>Seals the names of blind holders, for all who are in.</summary>
    internal SecretBytes BlindName => Derive(ref blindName, SyncSecret, KeyLabels.BlindName);

    /// <summary>Asked of the first epoch only: <see cref="VaultKeys.PositionKey"/>.</summary>
    internal SecretBytes Position => Derive(ref position, ReadSecret, KeyLabels.Position);

    /// <summary>Whether these secrets contradict none that are held.</summary>
    internal bool Agrees(ReadOnlySpan<byte> syncSecret, ReadOnlySpan<byte> readSecret) =>
        CryptographicOperations.FixedTimeEquals(SyncSecret.Span, syncSecret)
        && (!CanRead || readSecret.IsEmpty || CryptographicOperations.FixedTimeEquals(ReadSecret.Span, readSecret));

    internal void AddReadSecret(ReadOnlySpan<byte> secret)
    {
        if (secret.Length != SecretSize) throw new ArgumentException("A read secret has exactly 32 bytes.", nameof(secret));
        if (CanRead) throw new InvalidOperationException("The read secret of this epoch is known already.");
        Volatile.Write(ref readSecret, SecretBytes.Copy(secret));
    }

    // Two threads may derive at once; both get the same bytes, and the loser's copy goes.
    static SecretBytes Derive(ref SecretBytes? key, SecretBytes secret, string label)
    {
        if (Volatile.Read(ref key) is { } known) return known;
        SecretBytes derived = secret.Derive(label);
        if (Interlocked.CompareExchange(ref key, derived, null) is not { } first) return derived;
        derived.Dispose();
        return first;
    }

    public void Dispose()
    {
        SyncSecret.Dispose();
        readSecret?.Dispose();
        foreach (SecretBytes? key in (SecretBytes?[])[gate, topic, gossip, sketch, position, record, convergence, chunker, room, name, blindName]) key?.Dispose();
    }
}
