using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Catalog;

/// <param name="RootMatches">Root, sketch and buckets follow from the leaves.</param>
/// <param name="Records">Records that were read.</param>
/// <param name="Faults">What isn't as it should be, in sentences for the user; the first hundred.</param>
public sealed record CatalogCheck(Hash32 Root, bool RootMatches, long Records, IReadOnlyList<string> Faults)
{
    public bool IsClean => RootMatches && Faults.Count == 0;
}

public sealed partial class VaultCatalog
{
    /// <summary>Parts with a vault: everything of its catalog goes, at once. Its blocks and pins are the block store's to forget.</summary>
    public static void Forget(IDatabase meta, VaultTag vault)
    {
        Batch batch = new();
        (byte[] from, byte[] to) = CatalogKeys.All(vault);
        foreach (Family family in CatalogFamilies.All)
            if (family != StatCache.Family) batch.DeleteRange(family, from, to);
        meta.Commit(batch, Durability.Synced);
    }

    const int PositionsPerCommit = 1000;
    const int MaxFaults = 100;

    /// <summary>What needs doing now and then: lets in what has waited for its time, lets go of what is older than the history's window. Cheap when there is nothing to do.</summary>
    public void Tend()
    {
        TakeSecrets();
        LetIn();
        RenewSecrets();
        ForgetOld();
        ForgetDeletions();
    }

    /// <summary>Says for this device what only an admin may say; null where it is none, or its clock is wrong.</summary>
    ControlAuthor? Admin => parts.Ports.Device is { } device && ClockFault() is null && Seen.Membership.Find(device.Public)?.RoleAt(parts.Ports.Clock.Now) == Role.Admin
        ? new ControlAuthor(parts.Ports.Keys, device, parts.Ports.Clock, parts.Ports.Random) : null;

    /// <summary>Two admins who put somebody out without knowing of each other each made secrets that the other's has. Then some admin makes them once more.</summary>
    void RenewSecrets()
    {
        if (Seen.Membership.NeedsNewEpoch && Admin is { } admin) Add([admin.NewEpoch(Seen.Membership)]);
    }

    /// <summary>
    /// Takes secrets that control records hold for this device and it lacks, and reads with them what it couldn't read. Who keeps
    /// the keys on disk looks at <see cref="VaultKeys"/> after a change of membership.
    /// </summary>
    void TakeSecrets()
    {
        bool news = parts.Ports.Device is { } device && EpochSecrets.Open(Seen.Membership, device, parts.Ports.Keys) > 0;
        lock (writing)
            if (news || leaves.Key.Fingerprint != new SketchKey(parts.Ports.Keys.Current.Sketch.Span).Fingerprint) leaves = OpenLeaves();
        if (news || parts.Sealer != null) ReadAgain();
    }

    /// <summary>Applies the rest of a change of members that was too large for one commit.</summary>
    void FinishReview()
    {
        List<Hash32> doubtful;
        Membership members;
        lock (writing)
        {
            if (!state.Reviewing) return;
            members = membership;
            doubtful = new Draft(parts, state, members, leaves).Doubtful(fewer: true, more: true);
        }
        int left = doubtful.Count;
        foreach (Hash32[] slice in doubtful.Chunk(Draft.PathsPerCommit).DefaultIfEmpty([]))
        {
            left -= slice.Length;
            Run(draft => draft.Review(slice, left == 0 ? members : null));
        }
    }

    void ReadAgain()
    {
        if (parts.Sealer is not { } sealer) return;
        List<Leaf> legible = [.. UnreadLeaves().Where(leaf => RecordOf(leaf) is { } record && sealer.Open(record) != null)];
        foreach (Leaf[] slice in legible.Chunk(PositionsPerCommit))
            Run(draft =>
            {
                foreach (Leaf leaf in slice) draft.Redo(leaf.Position);
            });
    }

    void LetIn()
    {
        List<ControlRecord> controls = [.. parts.EarlyControls().Where(record => !parts.Ports.Clock.IsTooFar(record.Time))];
        if (controls.Count > 0)
        {
            Run(draft => draft.LetIn(controls));
            FinishReview();
        }
        if (parts.Waiting.Due(parts.Ports.Clock).Count + parts.Waiting.Stale(parts.Now).Count == 0) return;
        Run(draft =>
        {
            foreach (Waiting waiting in parts.Waiting.Stale(parts.Now)) draft.GiveUp(waiting);
            foreach (Waiting waiting in parts.Waiting.Due(parts.Ports.Clock)) draft.Reconsider(waiting.Record.Position);
        });
    }

    /// <summary>Reads everything and checks that all of it agrees.</summary>
    public CatalogCheck Verify()
    {
        List<string> faults = [];
        long records = 0;
        lock (writing)
        {
            if (inDoubt) Reload();
            bool matches = leaves.Verify();
            using ISnapshot at = parts.Meta.Snapshot();
            (byte[] from, byte[] to) = CatalogKeys.All(parts.Tag);
            using ICursor stored = parts.Meta.Range(CatalogFamilies.Records, from, to, at), counted = parts.Meta.Range(TreeKeys.Leaves, from, to, at);
            while (stored.MoveNext())
            {
                records++;
                if (!counted.MoveNext() || !counted.Key.SequenceEqual(stored.Key)) Say("records and leaves don't agree");
                Leaf leaf = TreeKeys.LeafIn(stored.Key);
                if (LeafIn(stored.Value) != leaf) Say($"the record {leaf.Digest} isn't what was stored");
                else if (!leaf.IsControl && !IsGood(stored.Value)) Say($"the record {leaf.Digest} isn't signed by a member who may write");
            }
            if (counted.MoveNext()) Say("records and leaves don't agree");
            if (TotalsOfNames(at) is { } totals && totals != state.Totals) Say("the totals don't follow from the names");
            return new CatalogCheck(leaves.Root, matches, records, faults);
        }

        void Say(string fault)
        {
            if (faults.Count < MaxFaults && !faults.Contains(fault)) faults.Add(fault);
        }
    }

    Leaf? LeafIn(ReadOnlySpan<byte> value)
    {
        if (value.Length < 2) return null;
        byte[] record = value[1..].ToArray();
        return FileRecord.IsFile(record) ? FileRecord.Parse(record)?.Leaf : ControlRecord.Restore(parts.Vault, record) is { } control ? StoredRecords.LeafOf(control) : null;
    }

    bool IsGood(ReadOnlySpan<byte> value) =>
        FileRecord.Parse(value[1..].ToArray()) is { } record && RecordRules.Judge(record, membership) == RecordVerdict.Stands;

    CatalogTotals? TotalsOfNames(ISnapshot at)
    {
        if (parts.Folders is null) return null;
        long files = 0, folders = 0, bytes = 0;
        foreach (CatalogTotals share in parts.Folders.All(at).Select(row => row.Share))
        {
            files += share.Files;
            folders += share.Folders;
            bytes += share.Bytes;
        }
        return new CatalogTotals(files, folders, bytes);
    }

    /// <summary>
    /// The database was mended, or an earlier run of this was interrupted: everything that follows from the records is worked out
    /// again from those that are whole. What may be missing, only peers can tell, so from now on this device only takes.
    /// </summary>
    void RebuildAfterDamage(ulong mending)
    {
        ulong sequence = LastSequence() + 1;
        (byte[] from, byte[] to) = CatalogKeys.All(parts.Tag);
        state = state with { Sequence = sequence, Incarnation = NewIncarnation(), PullOnly = true, Rebuilding = true, Totals = default, Mending = mending };
        Batch batch = new Batch().DeleteRange(CatalogFamilies.Names, from, to).DeleteRange(TreeKeys.Leaves, from, to)
            .Put(CatalogFamilies.Notes, CatalogKeys.Note(parts.Tag, CatalogKeys.StateOf), state.Encode());
        foreach (byte kind in (byte[])[CatalogKeys.ConflictOf, CatalogKeys.UnreadOf])
        {
            (byte[] first, byte[] end) = CatalogKeys.Notes(parts.Tag, kind);
            batch.DeleteRange(CatalogFamilies.Notes, first, end);
        }
        parts.Meta.Commit(batch, Durability.Synced);

        long lost = CountAgain();
        membership = LoadMembership();
        leaves = OpenLeaves();
        findings.Add(lost == 0 ? "the catalog was worked out again from its records" : $"the catalog was worked out again from its records; {lost} of them were damaged, and peers have to bring them again");
        foreach (Hash32[] slice in AllPositions().Chunk(PositionsPerCommit))
        {
            Draft draft = new(parts, state, membership, leaves);
            foreach (Hash32 position in slice) draft.Redo(position);
            Make(draft);
        }
        Draft last = new(parts, state with { Rebuilding = false }, membership, leaves);
        last.Touch();
        Make(last);
        untold.Clear(); // nobody listens yet
    }

    // Leaves of the records that are whole; those that aren't go.
    long CountAgain()
    {
        long lost = 0;
        (byte[] from, byte[] to) = CatalogKeys.All(parts.Tag);
        Batch batch = new();
        using ICursor cursor = parts.Meta.Range(CatalogFamilies.Records, from, to);
        while (cursor.MoveNext())
        {
            byte[] key = cursor.Key.ToArray();
            if (key.Length == VaultTag.Size + Leaf.Size && LeafIn(cursor.Value) == TreeKeys.LeafIn(key)) batch.Put(TreeKeys.Leaves, key, default);
            else
            {
                batch.Delete(CatalogFamilies.Records, key);
                lost++;
            }
            if (batch.Bytes < 1 << 20) continue;
            parts.Meta.Commit(batch, Durability.Logged);
            batch.Clear();
        }
        parts.Meta.Commit(batch, Durability.Synced);
        return lost;
    }

    IEnumerable<Hash32> AllPositions()
    {
        Hash32 last = default;
        foreach (Held head in parts.Records.All())
        {
            if (head.Record.Position == last) continue;
            yield return last = head.Record.Position;
        }
    }

    ulong LastSequence()
    {
        ulong last = state.Sequence;
        (byte[] from, byte[] to) = CatalogKeys.Notes(parts.Tag, CatalogKeys.RootOf);
        using ICursor cursor = parts.Meta.Range(CatalogFamilies.Notes, from, to, reverse: true);
        return cursor.MoveNext() && CatalogKeys.Rest(cursor.Key) is { Length: 8 } number ? Math.Max(last, System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(number)) : last;
    }
}
