using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>
/// One commit while it is put together in memory: the paths it touches, what goes to the history or has to wait, the members.
/// Later parts see what earlier ones have done. Draft.Members.cs has what follows from a change of members, Draft.Writing.cs
/// turns the whole into one batch.
/// </summary>
sealed partial class Draft(CatalogParts parts, CatalogState state, Membership membership, LeafSet leaves)
{
    readonly Dictionary<Hash32, Place> places = [];
    readonly Dictionary<Leaf, Past> pastPuts = [];
    readonly Dictionary<Leaf, Past> pastDeletes = [];
    readonly Dictionary<Leaf, Waiting> waitingPuts = [];
    readonly HashSet<Leaf> waitingDeletes = [];
    readonly HashSet<Leaf> returned = [];
    readonly List<Suspicion> suspicions = [];
    readonly Dictionary<Leaf, object> sources = [];
    readonly List<ControlRecord> early = [];
    readonly Membership membersBefore = membership;

    internal CatalogState State { get; set; } = state;

    internal Membership Membership { get; private set; } = membership;

    /// <summary>Who brought what is taken in now; null for this device.</summary>
    internal object? Source { get; set; }

    object? SourceOf(Leaf leaf) => sources.GetValueOrDefault(leaf);

    internal IReadOnlyList<Suspicion> Flags => suspicions;

    internal Place At(Hash32 position)
    {
        if (places.TryGetValue(position, out Place? place)) return place;
        place = new Place(position, parts.Records.At(position));
        places.Add(position, place);
        return place;
    }

    /// <summary>
    /// Takes in a record that is known to be valid: a later version of what is there replaces it, an earlier one comes too
    /// late, and what doesn't know of the others stands beside them.
    /// </summary>
    /// <param name="entry">What lies in it, if that is known.</param>
    internal MergeOutcome Offer(FileRecord record, bool wanted, Entry? entry = null)
    {
        Place place = At(record.Position);
        if (entry != null) place.Entries[record.Leaf] = entry;
        if (Source is { } source) sources[record.Leaf] = source;
        if (place.Now.Exists(head => head.Leaf == record.Leaf)) return MergeOutcome.Known;
        bool wasReplaced = Membership.Cut.Count > 0 && parts.Past.Contains(record.Leaf); // by what is forgotten: it comes back out of the history
        if (wasReplaced || parts.Waiting.AnyAt(record.Position)) return Reconsider(record.Position, new Held(record, wanted));

        if (place.Now.Count == 0) // nothing to weigh: most records of a first import
        {
            place.Now.Add(new Held(record, wanted));
            return MergeOutcome.Accepted;
        }
        RegisterChange merged = Register.Merge([.. place.Now.Select(head => head.Record)], record);
        if (merged.Waiting.Contains(record)) return Wait(record, WaitingReason.TooMany, MergeOutcome.TooMany);
        if (merged.IsNone) return MergeOutcome.Superseded;
        if (place.Now.Exists(head => head.Record.Author == record.Author && head.Record.Time == record.Time)) Flag(record, SuspicionKind.Equivocation);
        foreach (FileRecord gone in merged.Removed)
        {
            Held head = place.Now.Find(head => head.Record == gone)!;
            place.Now.Remove(head);
            if (merged.Waiting.Contains(gone)) Wait(gone, WaitingReason.TooMany, MergeOutcome.TooMany);
            else PutAside(head, PastReason.Superseded);
        }
        place.Now.Add(new Held(record, wanted));
        return MergeOutcome.Accepted;
    }

    /// <summary>A version that is taken in was deleted here once: the user is asked whether it shall stay.</summary>
    internal void MarkReturned(FileRecord record) => returned.Add(record.Leaf);

    internal void Flag(FileRecord record, SuspicionKind kind)
    {
        if (!suspicions.Exists(known => known.Leaf == record.Leaf && known.Kind == kind))
            suspicions.Add(new Suspicion(record.Author, kind, record.Leaf, parts.Now));
    }

    /// <summary>
    /// Whether a record's content has still to come. Of a peer's record it has, unless another version has the same content here;
    /// of one's own it is here, unless all that is known of the content is that others wait for it too.
    /// </summary>
    internal bool IsWanted(FileRecord record, bool own = false)
    {
        if (record.Root is not { } root) return false;
        if (!parts.Ports.Store.Contains(parts.Tag, root)) return true;
        bool kept = false, wanted = false;
        foreach (Pin pin in parts.Ports.Store.Pins.On(parts.Tag, root))
        {
            kept |= pin.Reason is PinReason.Head or PinReason.Sibling or PinReason.History;
            wanted |= pin.Reason is PinReason.Wanted;
        }
        return !kept && (wanted || !own);
    }

    /// <summary>Leaves a record outside until it may come in.</summary>
    internal MergeOutcome Wait(FileRecord record, WaitingReason reason, MergeOutcome outcome)
    {
        if (!parts.Waiting.HasRoom(waitingPuts.Count + 1, record.Encode().Length)) return MergeOutcome.NoRoom;
        waitingPuts[record.Leaf] = new Waiting(record, reason);
        waitingDeletes.Remove(record.Leaf);
        return outcome;
    }

    /// <summary>A record has waited in vain.</summary>
    internal void GiveUp(Waiting waiting) => waitingDeletes.Add(waiting.Leaf);

    /// <summary>The row that says where the catalog stands is to be written, whatever else is.</summary>
    internal void Touch() => touched = true;

    /// <summary>Works out again what follows from a path's records, as if none of it were stored.</summary>
    internal void Redo(Hash32 position) => At(position).IsRedone = true;

    /// <summary>The content of a version is here now. False if that is known, or the version went.</summary>
    internal bool Hold(Leaf leaf)
    {
        Place place = At(leaf.Position);
        int at = place.Now.FindIndex(head => head.Leaf == leaf && head.Wanted);
        if (at < 0) return false;
        place.Now[at] = place.Now[at] with { Wanted = false };
        return true;
    }

    /// <summary>The content of a version needn't be here any more. False if that is known, or the version went.</summary>
    internal bool LetGo(Leaf leaf)
    {
        Place place = At(leaf.Position);
        int at = place.Now.FindIndex(head => head.Leaf == leaf && !head.Wanted && head.Record.Root != null);
        if (at < 0) return false;
        place.Now[at] = place.Now[at] with { Wanted = true };
        return true;
    }

    /// <summary>A version is older than the history's window.</summary>
    internal void Forget(Past past) => pastDeletes[past.Record.Leaf] = past;

    void PutAside(Held head, PastReason reason)
    {
        Past past = new(head.Record, reason, parts.Now, Pinned: head.Record.Root != null && !head.Wanted);
        pastPuts[head.Leaf] = past;
        pastDeletes.Remove(head.Leaf);
    }

    IEnumerable<Past> PastAt(Hash32 position) => parts.Past.At(position)
        .Where(past => !pastDeletes.ContainsKey(past.Record.Leaf) && !pastPuts.ContainsKey(past.Record.Leaf))
        .Concat(pastPuts.Values.Where(past => past.Record.Position == position));

    IEnumerable<Waiting> WaitingAt(Hash32 position) => parts.Waiting.At(position)
        .Where(waiting => !waitingDeletes.Contains(waiting.Leaf) && !waitingPuts.ContainsKey(waiting.Leaf))
        .Concat(waitingPuts.Values.Where(waiting => waiting.Record.Position == position));

    /// <summary>
    /// Works a path out anew from all that is known of it: what stands, what was replaced or held aside, what waits. The quick
    /// way of <see cref="Offer"/> comes to the same where only what stands matters.
    /// </summary>
    internal MergeOutcome Reconsider(Hash32 position, Held? offered = null)
    {
        Place place = At(position);
        List<Past> past = [.. PastAt(position)];
        List<Waiting> waiting = [.. WaitingAt(position)];
        Dictionary<Leaf, Held> pool = [];
        foreach (Held head in place.Now) pool[head.Leaf] = head;
        foreach (Past gone in past) pool.TryAdd(gone.Record.Leaf, new Held(gone.Record, gone.Record.Root != null && !gone.Pinned));
        foreach (Waiting one in waiting)
            if (one.Reason != WaitingReason.Future || !parts.Ports.Clock.IsTooFar(one.Record.Time)) pool.TryAdd(one.Leaf, new Held(one.Record, IsWanted(one.Record)));
        if (offered != null) pool.TryAdd(offered.Leaf, offered);

        HashSet<Leaf> unverified = [.. waiting.Where(one => one.Reason == WaitingReason.UnknownAuthor).Select(one => one.Leaf)];
        List<FileRecord> counting = [.. pool.Values.Select(head => head.Record).Where(record => Counts(record) && (!unverified.Contains(record.Leaf) || RecordRules.Judge(record, Membership) == RecordVerdict.Stands))];
        // A tombstone that all have agreed to forget still keeps what it replaced from coming back out of the history; what a peer
        // offers is another matter: there it is in the set.
        List<FileRecord> forgotten = [.. pool.Values.Select(head => head.Record).Where(record => IsForgotten(record) && RecordRules.StillStands(record, Membership))];
        HashSet<Leaf> old = [.. past.Select(past => past.Record.Leaf)];
        counting.RemoveAll(record => old.Contains(record.Leaf) && offered?.Leaf != record.Leaf && forgotten.Exists(tombstone => tombstone.Versions.Dominates(record.Versions)));
        RegisterChange merged = Register.Merge([], counting);
        HashSet<Leaf> stand = [.. merged.Heads.Select(record => record.Leaf)], over = [.. merged.Waiting.Select(record => record.Leaf)], count = [.. counting.Select(record => record.Leaf)];
        foreach (Held head in place.Now)
            if (!stand.Contains(head.Leaf) && !over.Contains(head.Leaf))
                PutAside(head, count.Contains(head.Leaf) || IsForgotten(head.Record) ? PastReason.Superseded : PastReason.HeldAside);
        foreach (Past gone in past.Where(gone => stand.Contains(gone.Record.Leaf)))
        {
            pastPuts.Remove(gone.Record.Leaf);
            pastDeletes[gone.Record.Leaf] = gone;
        }
        foreach (Waiting one in waiting)
        {
            bool forged = unverified.Contains(one.Leaf) && Membership.Find(one.Record.Author) != null && !count.Contains(one.Leaf) && RecordRules.StillStands(one.Record, Membership);
            bool stays = !forged && !stand.Contains(one.Leaf) && (!count.Contains(one.Leaf) || over.Contains(one.Leaf));
            if (stays) continue;
            waitingPuts.Remove(one.Leaf);
            waitingDeletes.Add(one.Leaf);
        }
        place.Now.Clear();
        place.Now.AddRange(merged.Heads.Select(record => pool[record.Leaf]));
        foreach (FileRecord record in merged.Waiting) Wait(record, WaitingReason.TooMany, MergeOutcome.TooMany);
        return offered == null || stand.Contains(offered.Leaf) ? MergeOutcome.Accepted : over.Contains(offered.Leaf) ? MergeOutcome.TooMany : MergeOutcome.Superseded;
    }
}
