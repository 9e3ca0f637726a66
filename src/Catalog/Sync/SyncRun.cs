using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>
/// What two sides know of one comparison. It goes through three levels, each only if the one before left the tags different:
/// by cells or lists of ids, by the tree with short hashes and ids, by the tree with whole ones.
/// </summary>
sealed class SyncRun(SyncStanding standing) : IDisposable
{
    readonly List<SetView> views = [standing.View];

    internal const int LastLevel = 2;

    internal SyncStanding Standing => standing;

    /// <summary>This side's set: as of the beginning, and later as of the last merge.</summary>
    internal SetView View => views[^1];

    internal bool PullOnly => standing.PullOnly || standing.View.Count == 0;

    internal SyncMessage.Hello? Peer { get; set; }
    internal int CellsOffered { get; set; } = -1; // in our greeting; -1 before it

    /// <summary>What the peer showed of its row of cells, and how far we showed ours.</summary>
    internal List<Cell> PeerCells { get; } = [];
    internal int CellsShown { get; set; }
    internal List<ulong> PeerIds { get; } = [];

    internal int Level { get; set; }
    internal TreeWalk? Walk { get; set; }

    /// <summary>Of this level: whether this side has found the difference, how much the peer was to give of it, and how much it has given.</summary>
    internal bool Found { get; set; }
    internal int Wanted { get; set; }
    internal int Come { get; set; }

    /// <summary>Ids that wait for the peer's records of the same buckets, which may be newer versions of them.</summary>
    internal IReadOnlyList<ulong> Held { get; set; } = [];

    internal bool SentLast { get; set; }
    internal bool ReceivedLast { get; set; }
    internal bool Settling { get; set; }
    internal SyncMessage.Done? SentDone { get; set; }
    internal SyncMessage.Done? ReceivedDone { get; set; }

    /// <summary>What the peer may still ask for and send.</summary>
    internal long RecordsAllowed { get; set; } = SyncLimits.SpareRecords;
    internal long IdsAsked { get; set; }
    internal long PrefixesAsked { get; set; }

    internal void Settle(SetView view) => views.Add(view);

    internal void Escalate()
    {
        Level++;
        Found = SentLast = ReceivedLast = Settling = false;
        SentDone = ReceivedDone = null;
        Held = [];
        Wanted = Come = 0;
    }

    public void Dispose()
    {
        foreach (SetView view in views) view.Dispose();
    }
}
