using Vault.Identity;
using Vault.Primitives;

namespace Vault.Catalog;

public sealed partial class VaultCatalog
{
    readonly Lock largeChanges = new(); // one at a time: their entries follow on one another

    /// <summary>
    /// Makes changes of this device's user. They are durable when this returns. A list that one commit takes is made whole or not
    /// at all; a longer one is first written down, then made in slices, and finished by the next opening if this process ends
    /// before: an edit in it that can't be made is left out, and said when the rest is there.
    /// </summary>
    /// <param name="progress">Told how many edits of a long list are made.</param>
    public CommitReport Commit(IReadOnlyList<Edit> edits, IProgress<int>? progress = null)
    {
        if (parts.Ports.Device is null || parts.Sealer is null) throw new ConfigException("this device can't write to the vault: it has no key for that");
        if (edits.Count > IntentJournal.Slice) return CommitLarge(edits, progress);
        Leaf?[] made = [];
        Run(draft =>
        {
            made = [.. edits.Select(edit => Apply(draft, edit))];
            draft.Note(edits.Where((_, i) => made[i] != null));
        });
        progress?.Report(edits.Count);
        Moment seen = Seen;
        return new CommitReport(seen.Sequence, seen.Root, made);
    }

    CommitReport CommitLarge(IReadOnlyList<Edit> edits, IProgress<int>? progress)
    {
        const int EntriesPerCommit = 16; // 4 MiB: what one batch should move
        List<Leaf?> made = [];
        lock (largeChanges)
        {
            RequireWriter();
            foreach (byte[][] contents in IntentJournal.Contents(edits).Chunk(EntriesPerCommit)) Run(draft => draft.Pending.AddRange(contents));
            Run(draft => draft.PendingEnds = true);
            List<string> failures = ApplyPending(slice =>
            {
                made.AddRange(slice);
                progress?.Report(made.Count);
            });
            if (failures.Count > 0) throw new LimitExceededException($"{failures.Count} of {edits.Count} changes could not be made, the first because: {failures[0]}");
        }
        Moment seen = Seen;
        return new CommitReport(seen.Sequence, seen.Root, made);
    }

    /// <summary>What an earlier process wrote down and didn't get to.</summary>
    void FinishPending()
    {
        if (!parts.Journal.HasPending) return;
        if (parts.Me is null)
        {
            findings.Add("changes that were begun on this device wait for its key");
            return;
        }
        findings.AddRange(ApplyPending(_ => { }).Select(failure => $"a change that was begun before could not be made: {failure}"));
    }

    List<string> ApplyPending(Action<IReadOnlyList<Leaf?>> applied)
    {
        List<string> failures = [];
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
            failures.AddRange(failed);
            applied(made);
        }
        return failures;
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
                Entry entry = put.File is { } file ? put.Entry with { ContentKey = file.Key, Size = file.Size } : put.Entry;
                return Write(draft, place, put.Kind, entry, put.File?.Root, put.Basis ?? place.Versions);
            case Edit.Remove remove:
                VersionVector seen = remove.Basis ?? place.Versions;
                bool lives = place.Now.Exists(head => head.Record.Kind != RecordKind.Tombstone && seen.Covers(head.Record.Versions));
                return lives ? Write(draft, place, RecordKind.Tombstone, new Entry(remove.Target), null, seen) : null;
            case Edit.Resolve resolve:
                Held? kept = place.Now.Find(head => head.Leaf == resolve.Keep);
                if (kept is null) throw new ConfigException($"the version to keep of {resolve.Target} is not there any more", "look at the conflict again");
                if (place.Now.Count == 1) return null;
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
