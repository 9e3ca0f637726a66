using Vault.Identity;
using Vault.Primitives;

namespace Vault.Catalog;

sealed partial class Draft
{
    /// <summary>
    /// Control records that don't stand are kept, because they may. So many, as anybody can make them, and as the pages of one
    /// revocation (4,096, of 16 KiB) may come before it.
    /// </summary>
    internal const int MaxOutside = 8192;
    internal const long MaxOutsideBytes = 96 << 20;

    /// <summary>Control records dated ahead of this clock, which an honest admin makes one or two of.</summary>
    internal const int MaxEarly = 64;

    /// <summary>Paths that are worked out again in one commit.</summary>
    internal const int PathsPerCommit = 2000;

    /// <summary>Takes in control records, and works out again all that depends on what has changed with them.</summary>
    internal IReadOnlyList<MergeOutcome> Learn(IReadOnlyList<ControlRecord> records)
    {
        HashSet<Hash32> known = [.. Membership.Known.Select(record => record.Content)];
        Membership next = Membership.With(records);
        if (next == Membership) return [.. records.Select(_ => MergeOutcome.Known)];
        next = WithinRoom(next);
        MergeOutcome[] outcomes = [.. records.Select(record =>
            known.Contains(record.Content) ? MergeOutcome.Known : !next.Knows(record) ? MergeOutcome.NoRoom : next.Stands(record) ? MergeOutcome.Accepted
            : next.VerdictOf(record) == Verdict.Unfounded ? MergeOutcome.UnknownAuthor : MergeOutcome.NotAllowed)];
        if (Source is { } source)
            foreach (ControlRecord record in records) sources[StoredRecords.LeafOf(record)] = source;
        foreach (ControlRecord record in records.Where(next.Stands)) parts.Ports.Clock.Witness(record.Time);
        Change(next);
        return outcomes;
    }

    /// <summary>Keeps control records for when their time has come. Until then they have no effect: settings from the year 2099 would hold for good.</summary>
    internal MergeOutcome Await(ControlRecord record)
    {
        if (parts.EarlyControls().Count() + early.Count >= MaxEarly) return MergeOutcome.NoRoom;
        early.Add(record);
        return MergeOutcome.Future;
    }

    /// <summary>Control records whose time has come.</summary>
    internal void LetIn(IReadOnlyList<ControlRecord> due)
    {
        Learn(due);
        foreach (ControlRecord record in due) Also((batch, _) => batch.Delete(CatalogFamilies.Notes, CatalogKeys.Note(parts.Tag, CatalogKeys.EarlyOf, record.Content.ToArray())));
    }

    // Nothing that stands depends on what doesn't. What was replaced can't come to stand again unless what replaced it falls, so it
    // goes first.
    static Membership WithinRoom(Membership next)
    {
        List<ControlRecord> outside = [.. next.Known.Where(record => !next.Stands(record))];
        long bytes = outside.Sum(record => (long)record.Encode().Length);
        if (outside.Count <= MaxOutside && bytes <= MaxOutsideBytes) return next;
        HashSet<Hash32> go = [];
        foreach (ControlRecord record in outside.OrderBy(record => next.VerdictOf(record) switch { Verdict.Superseded => 0, Verdict.Taken => 1, _ => 2 }).ThenBy(record => record.Time))
        {
            if (outside.Count - go.Count <= MaxOutside && bytes <= MaxOutsideBytes) break;
            go.Add(record.Content);
            bytes -= record.Encode().Length;
        }
        return Membership.Of(next.Vault, next.Known.Where(record => !go.Contains(record.Content)));
    }

    void Change(Membership next)
    {
        Membership before = Membership;
        Membership = next;
        HashSet<Hash32> stood = [.. before.Standing.Select(record => record.Content)], stand = [.. next.Standing.Select(record => record.Content)];
        List<ControlRecord> gone = [.. before.Standing.Where(record => !stand.Contains(record.Content))], come = [.. next.Standing.Where(record => !stood.Contains(record.Content))];

        bool lessAllowed = come.Exists(record => record.Kind is ControlKind.Revocation or ControlKind.Retirement)
            || gone.Exists(record => record.Kind is ControlKind.Certificate or ControlKind.Invite or ControlKind.Admission or ControlKind.KeepPage);
        bool moreAllowed = come.Exists(record => record.Kind is ControlKind.Certificate or ControlKind.Admission or ControlKind.KeepPage)
            || gone.Exists(record => record.Kind is ControlKind.Revocation or ControlKind.Retirement);
        bool moreForgotten = come.Exists(record => record.Kind == ControlKind.TombstoneEpoch);

        List<Hash32> doubtful = Doubtful(lessAllowed || moreForgotten, moreAllowed);
        foreach (Hash32 position in doubtful.Take(PathsPerCommit)) Reconsider(position);
        if (doubtful.Count > PathsPerCommit) State = State with { Reviewing = true };
    }

    /// <summary>
    /// The next paths that a change of members concerns; the last of them end the review. Somebody with a million records may
    /// have been shut out: no commit should take all memory for that, nor hold up the others.
    /// </summary>
    /// <param name="ends">Of the last slice, the members it was worked out for: if they have changed again, another review goes on.</param>
    internal void Review(IReadOnlyList<Hash32> positions, Membership? ends)
    {
        foreach (Hash32 position in positions) Reconsider(position);
        if (ends == Membership) State = State with { Reviewing = false };
        Touch();
    }

    /// <summary>The paths whose versions may stand or fall, as members are now.</summary>
    /// <param name="fewer">Look for what stands and doesn't count.</param>
    /// <param name="more">Look for what counts and doesn't stand.</param>
    internal List<Hash32> Doubtful(bool fewer, bool more)
    {
        HashSet<Hash32> doubtful = [];
        if (fewer)
            foreach (Held head in AllHeads())
                if (!Counts(head.Record)) doubtful.Add(head.Record.Position);
        if (more)
        {
            foreach (Waiting waiting in parts.Waiting.All) doubtful.Add(waiting.Record.Position);
            foreach (Waiting waiting in waitingPuts.Values) doubtful.Add(waiting.Record.Position);
            foreach (Past past in parts.Past.All())
                if (past.Reason == PastReason.HeldAside && Counts(past.Record)) doubtful.Add(past.Record.Position);
        }
        return [.. doubtful];
    }

    /// <summary>Whether a record whose signature is good belongs to the set.</summary>
    internal bool Counts(FileRecord record) => !IsForgotten(record) && RecordRules.StillStands(record, Membership);

    /// <summary>A tombstone on this side of a cut: everybody has seen it, so nobody needs it.</summary>
    internal bool IsForgotten(FileRecord record) => IsForgotten(record, Membership.Cut);

    internal static bool IsForgotten(FileRecord record, Cut cut) => record.Kind == RecordKind.Tombstone && cut.Count > 0 && Covers(cut, record.Versions);

    /// <summary>
    /// Whether a version that comes in lies on this side of a cut and isn't here, though this device was in when everybody said that
    /// they had seen all of that side: it was deleted, and nobody knows that any more.
    /// </summary>
    internal bool IsBack(FileRecord record)
    {
        if (Membership.Cut.Count == 0 || State.PullOnly || record.Kind == RecordKind.Tombstone || At(record.Position).Now.Count > 0) return false;
        if (parts.Me is not { } me || Membership.Find(me) is not { } self || !Covers(Membership.Cut, record.Versions)) return false;
        if (cutsOf != Membership) (cutsOf, cuts) = (Membership, [.. Membership.Standing.Where(epoch => epoch.Statement is TombstoneEpoch)]); // not once a record
        return cuts.Exists(epoch => epoch.Time > self.Admitted && Covers(((TombstoneEpoch)epoch.Statement).Cut, record.Versions));
    }

    Membership? cutsOf;
    List<ControlRecord> cuts = [];

    static bool Covers(Cut cut, VersionVector versions)
    {
        foreach (VersionEntry entry in versions.Entries)
            if (!cut.Covers(entry.Device, entry.Time)) return false;
        return true;
    }

    IEnumerable<Held> AllHeads() =>
        parts.Records.All().Where(head => !places.ContainsKey(head.Record.Position)).Concat(places.Values.SelectMany(place => place.Now).ToList());
}
