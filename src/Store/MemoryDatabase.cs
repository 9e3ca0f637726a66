using System.Collections.Immutable;

namespace Vault.Store;

/// <summary>
/// The database without a disk, for tests and simulations. It keeps the promises about durability to the letter, and no more:
/// <see cref="Kill"/> and <see cref="PowerCut"/> give what the worst disk that keeps them would hold.
/// </summary>
public sealed class MemoryDatabase : IDatabase
{
    readonly object gate = new();
    readonly ImmutableArray<Family> families;
    readonly List<(ImmutableArray<Change> Changes, Durability Durability)> volatileCommits = []; // since the last full flush
    Tables current, flushed;
    int syncedCommits; // of the volatile ones, those up to here are in a synced log, unless they were unlogged
    bool disposed;

    public MemoryDatabase(params ReadOnlySpan<Family> families) : this([.. families], Tables.Empty([.. families])) { }

    MemoryDatabase(ImmutableArray<Family> families, Tables content)
    {
        this.families = families;
        current = flushed = content;
    }

    /// <summary>What is there after the process has ended without warning: all but the unlogged commits.</summary>
    public MemoryDatabase Kill() => Survivor(commits => commits);

    /// <summary>What is there after the power was cut: what was flushed, and the log as far as it was synced.</summary>
    public MemoryDatabase PowerCut() => Survivor(commits => syncedCommits);

    MemoryDatabase Survivor(Func<int, int> surviving)
    {
        lock (gate)
        {
            Tables content = flushed;
            foreach ((ImmutableArray<Change> changes, Durability durability) in volatileCommits.Take(surviving(volatileCommits.Count)))
                if (durability != Durability.Unlogged) content = content.Apply(changes);
            return new MemoryDatabase(families, content);
        }
    }

    public byte[]? Get(Family family, ReadOnlySpan<byte> key, ISnapshot? at = null) =>
        Content(at).Of(family).TryGetValue(new Entry(key.ToArray(), []), out Entry found) ? [.. found.Value] : null;

    public StoredValue? Find(Family family, ReadOnlySpan<byte> key) =>
        Content(null).Of(family).TryGetValue(new Entry(key.ToArray(), []), out Entry found) ? new Found(found.Value) : null;

    public void Commit(Batch batch, Durability durability)
    {
        if (durability == Durability.Unlogged && families.Length > 1)
            throw new InvalidOperationException("Unlogged commits are for databases with one family.");
        ImmutableArray<Change> changes = [.. batch.Changes.Select(change => change with { Key = change.Key.ToArray(), Value = change.Value.ToArray() })];
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            current = current.Apply(changes);
            volatileCommits.Add((changes, durability));
            if (durability == Durability.Synced) syncedCommits = volatileCommits.Count;
        }
    }

    public void Flush()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            flushed = current;
            volatileCommits.Clear();
            syncedCommits = 0;
        }
    }

    public ISnapshot Snapshot() => new View(this, Content(null));

    public ICursor Range(Family family, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, ISnapshot? at = null, bool reverse = false) =>
        new Cursor(Content(at).Of(family), from.ToArray(), to.ToArray(), reverse);

    public void Compact(Family family, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) => Content(null).Of(family);

    /// <summary>There is no disk to copy to.</summary>
    public void Checkpoint(string folder) => throw new NotSupportedException("A database in memory has no files; use Kill() for a copy.");

    public void Dispose() => disposed = true;

    Tables Content(ISnapshot? at)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            return at switch
            {
                null => current,
                View view when view.Database == this => view.Content,
                _ => throw new ArgumentException("The snapshot is another database's.", nameof(at)),
            };
        }
    }

    readonly record struct Entry(byte[] Key, byte[] Value)
    {
        // By key alone: a set of entries is then an ordered map whose ranges are found by position.
        internal static readonly ImmutableSortedSet<Entry> None =
            ImmutableSortedSet.Create<Entry>(Comparer<Entry>.Create((a, b) => a.Key.AsSpan().SequenceCompareTo(b.Key)));
    }

    sealed record Tables(ImmutableDictionary<Family, ImmutableSortedSet<Entry>> ByFamily)
    {
        internal static Tables Empty(ImmutableArray<Family> families) => new(families.ToImmutableDictionary(family => family, _ => Entry.None));

        internal ImmutableSortedSet<Entry> Of(Family family) =>
            ByFamily.TryGetValue(family, out ImmutableSortedSet<Entry>? entries)
                ? entries
                : throw new ArgumentException($"The database has no family {family.Name}.", nameof(family));

        internal Tables Apply(ImmutableArray<Change> changes)
        {
            Tables result = this;
            foreach (Change change in changes)
            {
                ImmutableSortedSet<Entry> entries = result.Of(change.Family);
                Entry entry = new(change.Key.ToArray(), change.Value.ToArray());
                entries = change.Kind switch
                {
                    ChangeKind.Put => entries.Remove(entry).Add(entry),
                    ChangeKind.Delete => entries.Remove(entry),
                    _ => entries.Except(Between(entries, entry.Key, entry.Value)),
                };
                result = new Tables(result.ByFamily.SetItem(change.Family, entries));
            }
            return result;
        }

        static List<Entry> Between(ImmutableSortedSet<Entry> entries, byte[] from, byte[] to)
        {
            List<Entry> found = [];
            for (int i = Place(entries, from), end = Place(entries, to); i < end; i++) found.Add(entries[i]);
            return found;
        }
    }

    /// <summary>How many keys come before this one.</summary>
    static int Place(ImmutableSortedSet<Entry> entries, byte[] key)
    {
        int place = entries.IndexOf(new Entry(key, []));
        return place < 0 ? ~place : place;
    }

    sealed class View(MemoryDatabase database, Tables content) : ISnapshot
    {
        bool disposed;

        internal MemoryDatabase Database => database;

        internal Tables Content
        {
            get
            {
                ObjectDisposedException.ThrowIf(disposed, this);
                return content;
            }
        }

        public void Dispose() => disposed = true;
    }

    sealed class Found(byte[] value) : StoredValue
    {
        bool disposed;

        public override ReadOnlySpan<byte> Span
        {
            get
            {
                ObjectDisposedException.ThrowIf(disposed, this);
                return value;
            }
        }

        public override void Dispose() => disposed = true;
    }

    sealed class Cursor : ICursor
    {
        readonly ImmutableSortedSet<Entry> entries;
        readonly int first, end;
        readonly bool reverse;
        int at;
        bool disposed;

        internal Cursor(ImmutableSortedSet<Entry> entries, byte[] from, byte[] to, bool reverse)
        {
            this.entries = entries;
            this.reverse = reverse;
            first = Place(entries, from);
            end = to.Length == 0 ? entries.Count : Math.Max(first, Place(entries, to));
            at = reverse ? end : first - 1;
        }

        public bool MoveNext()
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            at = reverse ? Math.Max(at - 1, first - 1) : Math.Min(at + 1, end);
            return at >= first && at < end;
        }

        public ReadOnlySpan<byte> Key => Current.Key;
        public ReadOnlySpan<byte> Value => Current.Value;

        Entry Current
        {
            get
            {
                ObjectDisposedException.ThrowIf(disposed, this);
                return at >= first && at < end ? entries[at] : throw new InvalidOperationException("The cursor is not at an entry.");
            }
        }

        public void Dispose() => disposed = true;
    }
}
