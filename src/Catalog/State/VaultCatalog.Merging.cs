using Vault.Identity;
using Vault.Primitives;

namespace Vault.Catalog;

public sealed partial class VaultCatalog
{
    /// <summary>Signatures worth spreading over the cores.</summary>
    const int ManySignatures = 32;

    /// <summary>A record of a peer on its way in.</summary>
    sealed class Arrival(FileRecord record)
    {
        internal FileRecord Record => record;

        /// <summary>Null until somebody's key could be tried.</summary>
        internal bool? IsSigned { get; set; }
    }

    /// <summary>Takes in control records that were made here, or came with a ticket.</summary>
    public MergeReport Add(IReadOnlyList<ControlRecord> records)
    {
        IReadOnlyList<MergeOutcome> outcomes = [];
        // Somebody else's come without what that device has besides.
        bool foreign = records.Any(record => DeviceId.Of(record.Issuer) != parts.Me && !record.IsByRoot);
        Run(draft =>
        {
            draft.IsPart |= foreign;
            outcomes = LearnDue(draft, records);
        });
        FinishReview();
        TakeSecrets();
        return new MergeReport(outcomes, []);
    }

    /// <summary>
    /// Takes in records as a peer sent them: anything may be in them. Whatever is costly comes after what is cheap, signatures
    /// are checked on all cores, and control records count before the files that they vouch for.
    /// </summary>
    /// <param name="source">Comes back with the change, so that whoever brought a record isn't told of it.</param>
    /// <param name="isPart">More of the same comparison follows: what is here is settled when <see cref="Met"/> says so.</param>
    public MergeReport Merge(IReadOnlyList<ReadOnlyMemory<byte>> records, object? source = null, bool isPart = false)
    {
        MergeOutcome[] outcomes = new MergeOutcome[records.Count];
        Dictionary<int, Arrival> files = [];
        Dictionary<int, ControlRecord> controls = [];
        for (int i = 0; i < records.Count; i++)
        {
            // A copy: the bytes may lie in a message that goes, and what waits stays in memory.
            if (FileRecord.IsFile(records[i].Span))
            {
                if (FileRecord.Parse(records[i].ToArray()) is { } file) files.Add(i, new Arrival(file));
                else outcomes[i] = MergeOutcome.Malformed;
            }
            else if (ControlRecord.Restore(parts.Vault, records[i].ToArray()) is { } control) controls.Add(i, control);
            else outcomes[i] = MergeOutcome.Malformed;
        }
        Drop(files, outcomes, Unneeded);
        Drop(controls, outcomes, control => Seen.Membership.Knows(control) ? MergeOutcome.Known : ControlRecord.Parse(parts.Vault, control.Encode()) is null ? MergeOutcome.Forged : null);
        Verify(files.Values, controls.Count == 0 ? Seen.Membership : Seen.Membership.With(controls.Values));
        Drop(files, outcomes, arrival => arrival.IsSigned == false ? MergeOutcome.Forged : null);

        IReadOnlyList<Suspicion> flags = [];
        if (isPart && source != null) midway.TryAdd(source, 0);
        if (files.Count + controls.Count > 0)
            Run(draft =>
            {
                draft.IsPart |= isPart;
                draft.Source = source;
                int flagged = draft.Flags.Count;
                if (controls.Count > 0)
                    foreach ((int index, MergeOutcome outcome) in controls.Keys.Zip(LearnDue(draft, [.. controls.Values]))) outcomes[index] = outcome;
                foreach ((int index, Arrival arrival) in files) outcomes[index] = TakeIn(draft, arrival);
                draft.Source = null;
                flags = [.. draft.Flags.Skip(flagged)];
            });
        if (controls.Count > 0)
        {
            FinishReview();
            TakeSecrets();
        }
        return new MergeReport(outcomes, flags);
    }

    List<MergeOutcome> LearnDue(Draft draft, IReadOnlyList<ControlRecord> records)
    {
        HashSet<ControlRecord> early = [.. records.Where(record => parts.Ports.Clock.IsTooFar(record.Time))];
        Queue<MergeOutcome> learned = new(draft.Learn([.. records.Where(record => !early.Contains(record))]));
        return [.. records.Select(record => early.Contains(record) ? draft.Await(record) : learned.Dequeue())];
    }

    /// <summary>What needs no signature to be turned away: it is here already, or a later version is.</summary>
    MergeOutcome? Unneeded(Arrival arrival)
    {
        FileRecord record = arrival.Record;
        if (parts.Records.Contains(record.Leaf)) return MergeOutcome.Known;
        bool replaced = parts.Records.At(record.Position).Exists(head => head.Record.Versions.Dominates(record.Versions));
        // What was replaced by a deletion that is forgotten since may stand elsewhere: then it has to stand here too.
        if (parts.Past.Contains(record.Leaf) && (replaced || Seen.Membership.Cut.Count == 0 || IsHeldAside(record))) return MergeOutcome.Known;
        return replaced ? MergeOutcome.Superseded : null;
    }

    bool IsHeldAside(FileRecord record) => parts.Past.At(record.Position).Exists(past => past.Record.Leaf == record.Leaf && past.Reason == PastReason.HeldAside);

    static void Drop<T>(Dictionary<int, T> left, MergeOutcome[] outcomes, Func<T, MergeOutcome?> judge)
    {
        foreach ((int index, T item) in left.ToList())
        {
            if (judge(item) is not { } outcome) continue;
            outcomes[index] = outcome;
            left.Remove(index);
        }
    }

    // A device's id is the hash of its key, so whoever names the key, the answer is the same.
    void Verify(IReadOnlyCollection<Arrival> arrivals, Membership members)
    {
        if (arrivals.Count >= ManySignatures) Parallel.ForEach(arrivals, Try);
        else
            foreach (Arrival arrival in arrivals) Try(arrival);

        void Try(Arrival arrival)
        {
            if (members.Find(arrival.Record.Author) is { } author) arrival.IsSigned = arrival.Record.IsSignedBy(parts.Vault, author.Key);
        }
    }

    MergeOutcome TakeIn(Draft draft, Arrival arrival)
    {
        FileRecord record = arrival.Record;
        if (draft.Membership.Find(record.Author) is not { } author) return draft.Wait(record, WaitingReason.UnknownAuthor, MergeOutcome.UnknownAuthor);
        if (!(arrival.IsSigned ??= record.IsSignedBy(parts.Vault, author.Key))) return MergeOutcome.Forged;
        if (RecordRules.IsEarly(record, parts.Ports.Clock)) return draft.Wait(record, WaitingReason.Future, MergeOutcome.Future);
        if (draft.IsForgotten(record)) return MergeOutcome.Forgotten;
        if (!draft.Counts(record)) return draft.Wait(record, WaitingReason.NotAllowed, MergeOutcome.NotAllowed);
        parts.Ports.Clock.Witness(record.Time);
        List<Held> swallowed = Swallowed(draft, record);
        bool back = draft.IsBack(record);
        MergeOutcome outcome = draft.Offer(record, draft.IsWanted(record));
        if (outcome == MergeOutcome.Accepted && back) draft.MarkReturned(record);
        if (outcome == MergeOutcome.Accepted)
            foreach (Held head in swallowed) WriteAgain(draft, head, record);
        return outcome;
    }

    /// <summary>
    /// This device's versions that a record claims to have seen more of than there was, so that an edit made here would vanish. A
    /// device that may have forgotten what it wrote can't judge that, and learns.
    /// </summary>
    List<Held> Swallowed(Draft draft, FileRecord record)
    {
        if (parts.Me is not { } me || record.Versions[me] is var claimed && claimed == default) return [];
        if (OwnVersions.IsStolen(record, me, draft.State.Issued))
        {
            // By this device's own key, and not remembered: the database was put back to an earlier state, or the key is in use elsewhere too.
            bool surprised = !draft.State.PullOnly && draft.State.Issued != default;
            if (surprised) draft.Flag(record, SuspicionKind.OwnKey);
            draft.State = draft.State with { Issued = record.Time, PullOnly = draft.State.PullOnly || surprised, Incarnation = surprised ? NewIncarnation() : draft.State.Incarnation };
            draft.Touch();
            return [];
        }
        Place place = draft.At(record.Position);
        IEnumerable<FileRecord> known = place.Now.Select(head => head.Record).Concat(parts.Past.At(record.Position).Select(past => past.Record));
        if (!OwnVersions.IsInvented(record, me, OwnVersions.Known(known, me, draft.Membership.Cut[me]))) return [];
        if (draft.State.PullOnly)
        {
            draft.State = draft.State with { Issued = Later(draft.State.Issued, claimed) };
            return [];
        }
        draft.Flag(record, SuspicionKind.ForgedVector);
        HashSet<FileRecord> swallowed = [.. OwnVersions.Swallowed([.. place.Now.Select(head => head.Record)], record, me)];
        return [.. place.Now.Where(head => swallowed.Contains(head.Record))];
    }

    // Not over the other's version but beside it: both stay until somebody chooses.
    void WriteAgain(Draft draft, Held head, FileRecord over)
    {
        if (parts.Ports.Device is not { } device || parts.Sealer is not { } sealer || sealer.Open(head.Record) is not { } entry) return;
        FileRecord again = sealer.Seal(device, head.Record.Kind, entry, OwnVersions.Again(head.Record, over, parts.Me!.Value, parts.Ports.Clock), head.Record.Root);
        if (!draft.Counts(again)) return;
        (object? source, draft.Source) = (draft.Source, null);
        draft.State = draft.State with { Issued = Later(draft.State.Issued, again.Time) };
        draft.Offer(again, head.Wanted, entry);
        draft.Source = source;
    }
}
