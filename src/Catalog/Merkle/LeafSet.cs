using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>
/// The leaves of a vault in <c>meta/</c>, with the root and the sketch that follow from them kept current. A change goes into
/// the caller's batch, beside the records it comes from, and takes effect here once that batch is committed. For one caller at
/// a time.
/// </summary>
public sealed class LeafSet
{
    readonly IDatabase database;
    readonly VaultId vault;
    readonly VaultTag tag;
    readonly StoredSketch sketch;
    PrefixHashes hashes;

    LeafSet(IDatabase database, VaultId vault, SketchKey key)
    {
        this.database = database;
        this.vault = vault;
        tag = vault.Tag;
        sketch = new StoredSketch(database, tag, key);
        hashes = PrefixHashes.Of([]);
    }

    /// <summary>
    /// Opens the set as of <paramref name="sequence"/>, the number of the last change that the caller knows to be committed. If
    /// what is stored isn't of that change, or doesn't add up, it is worked out again from the leaves and stored.
    /// </summary>
    public static LeafSet Open(IDatabase database, VaultId vault, SketchKey key, ulong sequence)
    {
        LeafSet set = new(database, vault, key);
        if (set.TryLoad(sequence)) set.sketch.Open(sequence, set.Count, () => set.Leaves(LeafPrefix.Everything));
        else set.Rebuild(sequence);
        return set;
    }

    /// <summary>The number of the last change, as the caller counts them.</summary>
    public ulong Sequence { get; private set; }

    /// <summary>How many leaves there are, of control records and of files, deleted and conflicting ones included.</summary>
    public long Count { get; private set; }

    public Hash32 Root => TreeHash.Root(vault, hashes.Top, Count);

    /// <summary>The key of the sketch: of the vault's current secrets.</summary>
    public SketchKey Key => sketch.Key;

    /// <summary>True when opening had to work everything out from the leaves.</summary>
    public bool WasRebuilt { get; private set; }

    /// <summary>The hash of the control records alone, and of the files alone.</summary>
    public Hash32 Control => hashes.Under(new LeafPrefix(0, 1));
    public Hash32 Files => hashes.Under(new LeafPrefix(1UL << 63, 1));

    public IEnumerable<Leaf> Leaves(LeafPrefix prefix) => Leaves(prefix, null);

    /// <summary>Adds a change to the batch. Commit it, then <see cref="Apply"/>, before the next.</summary>
    /// <param name="sequence">Larger than that of the change before.</param>
    public LeafChange Change(Batch batch, ulong sequence, IReadOnlyCollection<Leaf> removed, IReadOnlyCollection<Leaf> added)
    {
        if (sequence <= Sequence) throw new ArgumentOutOfRangeException(nameof(sequence), $"Change {Sequence} is there already.");
        List<(int Bucket, Hash32 Hash)> buckets = [];
        foreach (IGrouping<int, (Leaf Leaf, bool Added)> group in removed.Select(leaf => (leaf, false)).Concat(added.Select(leaf => (leaf, true))).GroupBy(change => change.Item1.Bucket))
            buckets.Add((group.Key, FoldChanged(group.Key, group)));
        foreach (Leaf leaf in removed) batch.Delete(TreeKeys.Leaves, TreeKeys.LeafKey(tag, leaf));
        foreach (Leaf leaf in added) batch.Put(TreeKeys.Leaves, TreeKeys.LeafKey(tag, leaf), default);
        foreach ((int bucket, Hash32 hash) in buckets) PutBucket(batch, bucket, hash);

        PrefixChange prefixes = hashes.Change(buckets);
        long count = Count + added.Count - removed.Count;
        batch.Put(TreeKeys.Tree, TreeKeys.TreeKey(tag, TreeKeys.StateOf), EncodeState(sequence, count, prefixes.Top));
        Toggles toggles = new([.. removed.Select(leaf => leaf.Id)], [.. added.Select(leaf => leaf.Id)]);
        sketch.Log(batch, sequence, toggles);
        return new LeafChange(this, Sequence, sequence, count, TreeHash.Root(vault, prefixes.Top, count), prefixes, toggles);
    }

    /// <summary>The batch with this change was committed.</summary>
    public void Apply(LeafChange change)
    {
        if (change.Set != this || change.Before != Sequence) throw new InvalidOperationException("This change was made on another state.");
        hashes.Apply(change.Prefixes);
        sketch.Apply(change.Toggles);
        Sequence = change.Sequence;
        Count = change.Count;
    }

    /// <summary>True when enough has changed that the sketch should be stored with the next batch.</summary>
    public bool IsCheckpointDue => sketch.IsCheckpointDue;

    /// <summary>Adds the sketch as it is now to the batch, so that the next opening needn't work it out.</summary>
    public void Checkpoint(Batch batch) => sketch.Checkpoint(batch, Sequence);

    /// <summary>The set as it is now, unchanging. Dispose it soon: it holds a snapshot of the database.</summary>
    /// <param name="record">The bytes of a record, for peers that lack it.</param>
    public SetView View(Func<Leaf, ReadOnlyMemory<byte>?> record)
    {
        ISnapshot at = database.Snapshot();
        return new SetView(Root, Count, sketch.Key, sketch.Copy(), prefix => Leaves(prefix, at), () => PrefixHashes.Of(StoredBuckets(at)), record, at);
    }

    /// <summary>Shows that a position is taken, by this leaf, or empty.</summary>
    /// <param name="contentOf">The hash of the body of the record that a leaf stands for.</param>
    public TreeProof Prove(Hash32 position, Func<Leaf, Hash32> contentOf, Leaf? leaf = null) =>
        ProofPath.Of(position, leaf, Count, hashes, bucket => [.. Leaves(LeafPrefix.Bucket(bucket))], contentOf);

    /// <summary>Whether everything kept follows from the leaves; for a check of the whole store.</summary>
    public bool Verify()
    {
        LeafFold fresh = LeafFold.Of(Leaves, sketch.Key);
        return TreeHash.Root(vault, fresh.Hashes.Top, fresh.Count) == Root && sketch.Agrees(fresh.Cells);
    }

    IEnumerable<Leaf> Leaves(LeafPrefix prefix, ISnapshot? at)
    {
        (byte[] from, byte[] to) = TreeKeys.LeavesUnder(tag, prefix);
        using ICursor cursor = database.Range(TreeKeys.Leaves, from, to, at);
        while (cursor.MoveNext()) yield return TreeKeys.LeafIn(cursor.Key);
    }

    Hash32 FoldChanged(int bucket, IEnumerable<(Leaf Leaf, bool Added)> changes)
    {
        List<Leaf> leaves = hashes[bucket] == TreeHash.Empty ? [] : [.. Leaves(LeafPrefix.Bucket(bucket))];
        foreach ((Leaf leaf, bool added) in changes)
        {
            int at = leaves.BinarySearch(leaf);
            if (added != at < 0) throw new InvalidOperationException(added ? "A leaf that is added is there already." : "A leaf that is removed isn't there.");
            if (added) leaves.Insert(~at, leaf);
            else leaves.RemoveAt(at);
        }
        return TreeHash.Of(CollectionsMarshal.AsSpan(leaves));
    }

    bool TryLoad(ulong sequence)
    {
        if (database.Get(TreeKeys.Tree, TreeKeys.TreeKey(tag, TreeKeys.StateOf)) is not { Length: StateSize } state) return false;
        if (BinaryPrimitives.ReadUInt64BigEndian(state) != sequence || CheckOf(state) != BinaryPrimitives.ReadUInt64BigEndian(state.AsSpan(StateSize - sizeof(ulong)))) return false;
        PrefixHashes loaded = PrefixHashes.Of(StoredBuckets(null));
        if (loaded.Top != new Hash32(state.AsSpan(16, Hash32.Size))) return false;
        hashes = loaded;
        Sequence = sequence;
        Count = BinaryPrimitives.ReadInt64BigEndian(state.AsSpan(8));
        return true;
    }

    IEnumerable<(int Bucket, Hash32 Hash)> StoredBuckets(ISnapshot? at)
    {
        (byte[] from, byte[] to) = TreeKeys.AllOf(tag, TreeKeys.BucketOf);
        using ICursor cursor = database.Range(TreeKeys.Tree, from, to, at);
        while (cursor.MoveNext())
            if (cursor.Value.Length == Hash32.Size && cursor.Key.Length == VaultTag.Size + 3)
                yield return (BinaryPrimitives.ReadUInt16BigEndian(cursor.Key[(VaultTag.Size + 1)..]), new Hash32(cursor.Value));
    }

    void Rebuild(ulong sequence)
    {
        LeafFold fold = LeafFold.Of(Leaves, sketch.Key);
        (hashes, Count) = (fold.Hashes, fold.Count);
        sketch.Take(fold.Cells);
        Sequence = sequence;
        WasRebuilt = true;
        (byte[] from, byte[] to) = TreeKeys.AllOf(tag, TreeKeys.BucketOf);
        Batch batch = new Batch().DeleteRange(TreeKeys.Tree, from, to);
        for (int bucket = 0; bucket < PrefixHashes.Buckets; bucket++)
            if (hashes[bucket] != TreeHash.Empty) PutBucket(batch, bucket, hashes[bucket]);
        batch.Put(TreeKeys.Tree, TreeKeys.TreeKey(tag, TreeKeys.StateOf), EncodeState(sequence, Count, hashes.Top));
        database.Commit(batch, Durability.Synced);
    }

    void PutBucket(Batch batch, int bucket, Hash32 hash)
    {
        if (hash == TreeHash.Empty) batch.Delete(TreeKeys.Tree, TreeKeys.BucketKey(tag, bucket));
        else batch.Put(TreeKeys.Tree, TreeKeys.BucketKey(tag, bucket), hash.ToArray());
    }

    // Sequence (8), number of leaves (8), hash of all (32), the first 8 bytes of SHA-256 of these: the number counts in the root, and nothing else tells when it is wrong.
    const int StateSize = 16 + Hash32.Size + sizeof(ulong);

    static ulong CheckOf(ReadOnlySpan<byte> state) => Hash32.Of(state[..(StateSize - sizeof(ulong))]).Prefix64;

    static byte[] EncodeState(ulong sequence, long count, Hash32 top)
    {
        byte[] state = new byte[StateSize];
        BinaryPrimitives.WriteUInt64BigEndian(state, sequence);
        BinaryPrimitives.WriteInt64BigEndian(state.AsSpan(8), count);
        top.CopyTo(state.AsSpan(16));
        BinaryPrimitives.WriteUInt64BigEndian(state.AsSpan(StateSize - sizeof(ulong)), CheckOf(state));
        return state;
    }
}

/// <summary>A change that is in a batch. The root it leads to is known before the batch is committed.</summary>
public sealed class LeafChange
{
    internal LeafChange(LeafSet set, ulong before, ulong sequence, long count, Hash32 root, PrefixChange prefixes, Toggles toggles)
    {
        Set = set;
        Before = before;
        Sequence = sequence;
        Count = count;
        Root = root;
        Prefixes = prefixes;
        Toggles = toggles;
    }

    public ulong Sequence { get; }
    public long Count { get; }
    public Hash32 Root { get; }

    internal LeafSet Set { get; }
    internal ulong Before { get; }
    internal PrefixChange Prefixes { get; }
    internal Toggles Toggles { get; }
}
