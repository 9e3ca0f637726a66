namespace Vault.Catalog;

/// <summary>What the machine wants done. Taken one by one, as fast as the stream accepts messages: they are made when asked for.</summary>
public abstract record SyncOutput
{
    private SyncOutput() { }

    public sealed record Send(ReadOnlyMemory<byte> Message) : SyncOutput;

    /// <summary>Records from the peer, to be checked and merged. Control records come before what they vouch for.</summary>
    /// <param name="Asked">False for news, which the caller may leave for later when it has too much to check.</param>
    public sealed record Merge(IReadOnlyList<ReadOnlyMemory<byte>> Records, bool Asked) : SyncOutput;

    /// <summary>All records of this comparison are there: when they are merged, say <see cref="SyncMachine.Settled"/>.</summary>
    public sealed record Settle : SyncOutput;

    /// <summary>The peer has seen later changes of this device than it has itself. It takes records from now on and gives none.</summary>
    public sealed record RolledBack(ulong Had, ulong PeerSaw) : SyncOutput;

    /// <summary>A comparison is over.</summary>
    public sealed record Finished(SyncResult Result) : SyncOutput;
}

public enum SyncResult
{
    /// <summary>Both have the same root.</summary>
    InStep,

    /// <summary>One side only takes. It has all that the other has, and may have more.</summary>
    Pulled,

    /// <summary>Still different, most often because of what was written meanwhile: compare again.</summary>
    Differs,
}

/// <summary>Where this device stands when a comparison begins.</summary>
/// <param name="PullOnly">Its set may be an old one: it was restored or rebuilt, and hasn't caught up since.</param>
/// <param name="Clock">Its hybrid clock.</param>
/// <param name="Incarnation">Drawn when its database was made or restored.</param>
/// <param name="Sequence">The number of its last change.</param>
/// <param name="SeenIncarnation">The same two of the peer, as last met.</param>
public sealed record SyncStanding(
    SetView View, bool PullOnly = false, ulong Clock = 0, uint Incarnation = 0, ulong Sequence = 0, uint SeenIncarnation = 0, ulong SeenSequence = 0);
