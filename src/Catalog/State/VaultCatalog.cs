using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>
/// A vault's catalog on this device: which versions of which paths there are, who may write them, one root over all of it.
/// Everything a commit changes is in one batch, durable when the call returns; callers that meet share one. Many may read
/// while one writes. VaultCatalog.Reading.cs answers questions, Committing.cs makes this device's changes, Merging.cs takes in
/// those of others, Peers.cs serves comparisons, Keeping.cs looks after it.
/// </summary>
public sealed partial class VaultCatalog : IDisposable
{
    readonly CatalogParts parts;
    readonly Lock writing = new(); // held while a commit is put together and made, and for views of the set
    readonly SharedCommits<Draft> commits;
    readonly Queue<CatalogChange> untold = new();
    readonly Lock telling = new();
    readonly List<string> findings = [];
    readonly ConcurrentDictionary<object, byte> midway = new(); // comparisons that have brought something and haven't ended

    CatalogState state;
    Membership membership;
    LeafSet leaves;
    Moment moment;
    bool inDoubt; // a commit failed: what is in memory may not be what is stored

    /// <summary>What readers see of the last commit, all of one time.</summary>
    sealed record Moment(ulong Sequence, Hash32 Root, long Count, CatalogTotals Totals, Membership Membership, bool PullOnly, uint Incarnation, HybridTime Issued, bool Partial, bool OnDemand, ImmutableSortedDictionary<DeviceId, HybridTime> Authors);

    VaultCatalog(CatalogPorts ports)
    {
        parts = new CatalogParts(ports);
        commits = new SharedCommits<Draft>(Commit);
        (state, bool whole) = LoadState();
        membership = LoadMembership();
        leaves = OpenLeaves();
        parts.Authors.Load(AllTimes);
        moment = TakeMoment();
        lastCommitted = parts.Roots.Last?.Time ?? DateTimeOffset.MinValue;
        ulong mending = ports.Mended is { } note ? Hash32.Of(System.Text.Encoding.UTF8.GetBytes(note)).Prefix64 : state.Mending;
        if (mending != state.Mending || state.Rebuilding || !whole) RebuildAfterDamage(mending);
        if (parts.Journal.Open(state.Sequence, state.HasJournal) is { } damage) findings.Add(damage);
    }

    /// <summary>Opens the catalog, finishes what an earlier process began, and lets in what has waited for its time.</summary>
    public static VaultCatalog Open(CatalogPorts ports)
    {
        VaultCatalog catalog = new(ports);
        try
        {
            catalog.FinishReview();
            catalog.FinishPending();
            catalog.TakeSecrets();
            catalog.LetIn();
            return catalog;
        }
        catch
        {
            catalog.Dispose();
            throw;
        }
    }

    public VaultId Id => parts.Vault;

    /// <summary>The number of the last commit.</summary>
    public ulong Sequence => Seen.Sequence;

    public Hash32 Root => Seen.Root;

    /// <summary>How many records count in the root: of files and of members, deleted and conflicting ones included.</summary>
    public long Count => Seen.Count;

    public CatalogTotals Totals => Seen.Totals;

    public Membership Membership => Seen.Membership;

    /// <summary>This device may have forgotten something, and hasn't caught up since: it takes from others and tells them nothing.</summary>
    public bool IsPullOnly => Seen.PullOnly;

    /// <summary>This device has the whole catalog, and of content what it made or was asked for. It lies with the catalog and goes into its backups.</summary>
    public bool IsOnDemand => Seen.OnDemand;

    /// <summary>
    /// The root with, of each author, the latest time of which something was seen: as of the last commit, if all was here then that
    /// came with any of it. Null in the middle of a comparison, or while something may have been forgotten.
    /// </summary>
    public SettledCatalog? Settled => Seen is { Partial: false, PullOnly: false } seen ? new SettledCatalog(seen.Root, seen.Authors) : null;

    /// <summary>What was found wrong at this opening, in sentences for the user.</summary>
    public IReadOnlyList<string> Findings
    {
        get
        {
            lock (writing) return [.. findings];
        }
    }

    /// <summary>After each commit, once it is durable, in order, on the thread of one of those that made it. Handlers are quick; they may not commit.</summary>
    public event Action<CatalogChange>? Changed;

    internal CatalogParts Parts => parts;

    /// <summary>Callers that wait for the commit that is being made, for tests.</summary>
    internal int Callers => commits.Waiting;

    Moment Seen => Volatile.Read(ref moment);

    public void Dispose() => parts.Dispose();

    (CatalogState, bool Whole) LoadState()
    {
        byte[]? stored = parts.Meta.Get(CatalogFamilies.Notes, CatalogKeys.Note(parts.Tag, CatalogKeys.StateOf));
        if (stored != null && CatalogState.Decode(stored) is { } known) return (known, true);
        bool empty = stored == null && !parts.Records.All().Any() && !parts.Records.Controls().Any();
        return (new CatalogState(0, NewIncarnation(), PullOnly: false, Rebuilding: false, Reviewing: false, HasJournal: false, Partial: false, default, default, 0), empty);
    }

    uint NewIncarnation()
    {
        Span<byte> bytes = stackalloc byte[4];
        uint drawn;
        do
        {
            parts.Ports.Random.Fill(bytes);
            drawn = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        }
        while (drawn == 0); // zero says that none was met
        return drawn;
    }

    Membership LoadMembership()
    {
        List<ControlRecord> known = [.. parts.Records.Controls()];
        (byte[] from, byte[] to) = CatalogKeys.Notes(parts.Tag, CatalogKeys.OutsideOf);
        using (ICursor cursor = parts.Meta.Range(CatalogFamilies.Notes, from, to))
            while (cursor.MoveNext())
                if (ControlRecord.Restore(parts.Vault, cursor.Value.ToArray()) is { } record) known.Add(record);
        return Membership.Of(parts.Vault, known);
    }

    IEnumerable<(DeviceId, HybridTime)> AllTimes() =>
        parts.Records.All().SelectMany(head => AuthorTimes.In(head.Record)).Concat(parts.Records.Controls().Select(AuthorTimes.In));

    LeafSet OpenLeaves() => LeafSet.Open(parts.Meta, parts.Vault, new SketchKey(parts.Ports.Keys.Current.Sketch.Span), state.Sequence);

    Moment TakeMoment() => new(state.Sequence, leaves.Root, leaves.Count, state.Totals, membership, state.PullOnly, state.Incarnation, state.Issued, state.Partial, state.OnDemand, parts.Authors.Latest);

    /// <summary>Makes one commit of what all of them want.</summary>
    void Commit(IReadOnlyList<SharedCommits<Draft>.Work> works)
    {
        lock (writing)
        {
            if (inDoubt) Reload();
            Draft draft = new(parts, state, membership, leaves);
            foreach (SharedCommits<Draft>.Work work in works) work.Apply(draft);
            if (draft.IsEmpty) return;
            Make(draft);
        }
    }

    void Make(Draft draft)
    {
        WrittenDraft written = draft.Write();
        bool members = written.Membership != membership;
        try
        {
            parts.Meta.Commit(written.Batch, Durability.Synced);
        }
        catch
        {
            inDoubt = true;
            TryReload();
            throw;
        }
        if (parts.Now > lastCommitted) lastCommitted = parts.Now;
        leaves.Apply(written.Leaves);
        parts.Authors.Apply(written.Authors);
        parts.Waiting.Apply(written.Came, written.Left);
        parts.Journal.Apply(written.Journal);
        (state, membership) = (written.State, written.Membership);
        Volatile.Write(ref moment, TakeMoment());
        untold.Enqueue(new CatalogChange(state.Sequence, leaves.Root, written.Added, written.Removed, members, draft.Recalls));
    }

    // At once if the database lets us, so that readers aren't told of another state than is stored; else before the next commit.
    void TryReload()
    {
        try
        {
            Reload();
        }
        catch (VaultException)
        {
            // still in doubt
        }
    }

    /// <summary>After a commit that failed: it may be stored all the same.</summary>
    void Reload()
    {
        ulong before = state.Sequence;
        (state, _) = LoadState();
        membership = LoadMembership();
        leaves = OpenLeaves();
        parts.Authors.Load(AllTimes);
        parts.Waiting.Load();
        if (parts.Journal.Open(state.Sequence, state.HasJournal) is { } damage) findings.Add(damage);
        Volatile.Write(ref moment, TakeMoment());
        if (state.Sequence != before) untold.Enqueue(new CatalogChange(state.Sequence, leaves.Root, [], [], true));
        inDoubt = false;
    }

    /// <summary>Runs work in the next commit and returns when it is durable, or was found impossible.</summary>
    void Run(Action<Draft> work)
    {
        try
        {
            commits.Join(work);
        }
        finally
        {
            Tell();
        }
    }

    void Tell()
    {
        lock (telling)
            while (true)
            {
                CatalogChange? change;
                lock (writing)
                    if (!untold.TryDequeue(out change)) return;
                Changed?.Invoke(change);
            }
    }
}

/// <param name="Latest">Ascending by device.</param>
public sealed record SettledCatalog(Hash32 Root, IReadOnlyDictionary<DeviceId, HybridTime> Latest);
