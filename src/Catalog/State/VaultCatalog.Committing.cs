using Vault.Identity;
using Vault.Primitives;

namespace Vault.Catalog;

public sealed partial class VaultCatalog
{
    readonly Lock largeChanges = new(); // one at a time: their entries follow on one another

    /// <summary>
    /// Makes changes of this device's user. They are durable when this returns. A list that one commit takes is made whole or not
    /// at all; a longer one goes the way of <see cref="Change"/>.
    /// </summary>
    public CommitReport Commit(IReadOnlyList<Edit> edits)
    {
        RequireKey();
        RequireClock();
        List<Leaf?> made = [];
        if (edits.Count > IntentJournal.Slice) ChangeMany(edits, made.AddRange);
        else Run(draft =>
        {
            made = [.. edits.Select(edit => Apply(draft, edit))];
            draft.Note(edits.Where((_, i) => made[i] != null));
        });
        Moment seen = Seen;
        return new CommitReport(seen.Sequence, seen.Root, made);
    }

    /// <summary>
    /// Makes any number of changes, of which only one slice is in memory at a time. They are all written down before the first is
    /// made: if this process ends before that, nothing has changed, and if it ends later, the next opening makes the rest, each once.
    /// What ends the list with a fault leaves nothing of it. An edit that turns out to be impossible later is left out, and said when the rest is there.
    /// </summary>
    public ChangeReport Change(IEnumerable<Edit> edits)
    {
        RequireKey();
        RequireClock();
        using IEnumerator<Edit> next = edits.GetEnumerator();
        List<Edit> first = [];
        while (first.Count <= IntentJournal.Slice && next.MoveNext()) first.Add(next.Current);
        if (first.Count <= IntentJournal.Slice)
        {
            CommitReport report = Commit(first);
            return new ChangeReport(report.Sequence, report.Root, report.Leaves.Count(leaf => leaf != null));
        }
        long made = 0;
        ChangeMany(Rest(), slice => made += slice.Count(leaf => leaf != null));
        Moment seen = Seen;
        return new ChangeReport(seen.Sequence, seen.Root, made);

        IEnumerable<Edit> Rest()
        {
            foreach (Edit edit in first) yield return edit;
            while (next.MoveNext()) yield return next.Current;
        }
    }

    void ChangeMany(IEnumerable<Edit> edits, Action<IReadOnlyList<Leaf?>> applied)
    {
        lock (largeChanges)
        {
            RequireWriter();
            FinishPending(); // of one that a fault has stopped
            WriteDown(edits);
            (List<string> failures, long count) = ApplyPending(applied);
            if (failures.Count > 0) throw new LimitExceededException($"{failures.Count} of {count} changes could not be made, the first because: {failures[0]}");
        }
    }

    void WriteDown(IEnumerable<Edit> edits)
    {
        const int EntriesPerCommit = 16; // 4 MiB: what one batch should move
        try
        {
            foreach (byte[][] contents in IntentJournal.Contents(edits).Chunk(EntriesPerCommit)) Run(draft => draft.Pending.AddRange(contents));
        }
        catch
        {
            try
            {
                DropUnfinished();
            }
            catch (VaultException)
            {
                // The next change does it, or the next opening; none of it will be applied.
            }
            throw;
        }
        Run(draft => draft.PendingEnds = true);
    }

    void DropUnfinished()
    {
        if (parts.Journal.HasUnfinished) Run(draft => draft.DropsUnfinished = true);
    }

    /// <summary>What an earlier process wrote down and didn't get to.</summary>
    void FinishPending()
    {
        DropUnfinished();
        if (!parts.Journal.HasPending) return;
        if (parts.Me is null)
        {
            findings.Add("changes that were begun on this device wait for its key");
            return;
        }
        (List<string> failures, long count) = ApplyPending(_ => { });
        findings.Add($"a change that was cut short before has been finished: the last {count} of its edits were still to be made");
        findings.AddRange(failures.Select(failure => $"a change that was begun before could not be made: {failure}"));
    }

    (List<string> Failures, long Count) ApplyPending(Action<IReadOnlyList<Leaf?>> applied)
    {
        List<string> failures = [];
        long count = 0;
        while (parts.Journal.HasPending)
        {
            List<Edit> edits = parts.Journal.ReadPending();
            List<Leaf?> made = [];
            List<string> failed = [];
            Run(draft =>
            {
                made.Clear();
                failed.Clear();
                foreach (Edit edit in edits)
                {
                    try
                    {
                        made.Add(Apply(draft, edit));
                    }
                    catch (VaultException fault) when (fault is LimitExceededException or ConfigException)
                    {
                        made.Add(null);
                        failed.Add($"{edit.Path}: {fault.Message}");
                    }
                }
                draft.AdvanceJournal();
            });
            failures.AddRange(failed.Take(MaxFaults - Math.Min(failures.Count, MaxFaults)));
            count += made.Count;
            applied(made);
        }
        return (failures, count);
    }

    void RequireKey()
    {
        if (parts.Ports.Device is null || parts.Sealer is null) throw new ConfigException("this device can't write to the vault: it has no key for that");
    }

    void RequireWriter()
    {
        if (Seen.Membership.Find(parts.Me!.Value)?.RoleAt(parts.Ports.Clock.Now) is not (Role.Writer or Role.Admin)) throw NotAWriter();
    }

    static ConfigException NotAWriter() => new("this device may not write to the vault", "ask one who manages the vault for the role of a writer");

    /// <summary>Turns an edit into a record and takes that in. Null when there is nothing to do.</summary>
    Leaf? Apply(Draft draft, Edit edit)
    {
        Place place = draft.At(parts.Sealer!.PositionOf(edit.Path));
        switch (edit)
        {
            case Edit.Put put:
                return Write(draft, place, put.Kind, put.Entry.With(put.File), put.File?.Root, put.Basis ?? place.Versions);
            case Edit.Move move:
                Leaf moved = Write(draft, place, move.Kind, move.Entry.With(move.File), move.File?.Root, place.Versions);
                Apply(draft, new Edit.Remove(move.From, move.Seen));
                return moved;
            case Edit.Remove remove:
                VersionVector seen = remove.Basis ?? place.Versions;
                bool lives = place.Now.Exists(head => head.Record.Kind != RecordKind.Tombstone && seen.Covers(head.Record.Versions));
                return lives ? Write(draft, place, RecordKind.Tombstone, new Entry(remove.Target), null, seen) : null;
            case Edit.Resolve resolve:
                Held? kept = place.Now.Find(head => head.Leaf == resolve.Keep);
                if (kept is null) throw new ConfigException($"the version to keep of {resolve.Target} is not there any more", "look at the conflict again");
                if (place.Now.Count == 1 && !parts.Returned.Contains(kept.Leaf)) return null;
                Entry content = parts.Open(kept.Record).Entry ?? throw new ConfigException($"the version to keep of {resolve.Target} is damaged", "keep another version");
                return Write(draft, place, kept.Record.Kind, content, kept.Record.Root, place.Versions);
            default:
                throw new ArgumentException("No such edit.", nameof(edit));
        }
    }

    Leaf Write(Draft draft, Place place, RecordKind kind, Entry entry, Blocks.BlockId? root, VersionVector basis)
    {
        DeviceId me = parts.Me!.Value;
        HybridTime time = parts.Ports.Clock.Next(Later(basis.Latest, draft.State.Issued));
        FileRecord record = parts.Sealer!.Seal(parts.Ports.Device!, kind, entry, place.Position, me, basis.With(me, time), root);
        if (!draft.Counts(record)) throw NotAWriter();
        draft.State = draft.State with { Issued = time };
        if (draft.Offer(record, draft.IsWanted(record, own: true), entry) == MergeOutcome.TooMany)
            throw new LimitExceededException($"{entry.Path} has as many versions as a path can have", "resolve its conflict first");
        return record.Leaf;
    }

    static HybridTime Later(HybridTime one, HybridTime other) => one > other ? one : other;
}
