using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Blocks;

/// <summary>
/// The blocks of all vaults on this machine. Bytes come in as a <see cref="Block"/>, which has been checked; bytes read from
/// the disk are checked again, because disks lie: a block that is not what its name says is set aside, reported as missing
/// from then on, and stored anew when someone brings it. It never stops the program.
/// The databases belong to whoever opened them; they must outlive the store.
/// </summary>
public sealed class BlockStore : IDisposable
{
    readonly IDatabase blocks;
    readonly IDatabase meta;
    readonly TimeProvider time;
    readonly DiskSpace? space;
    readonly SegmentFiles? segments;
    readonly IBulk bulk;
    readonly Lock judging = new(); // held while a block is looked at again and set aside
    volatile bool hasMetDamage;

    /// <param name="segments">Where the blocks of large sessions go; null for a store without a folder, which keeps all in the database.</param>
    public BlockStore(IDatabase blocks, IDatabase meta, TimeProvider time, DiskSpace? space = null, SegmentFiles? segments = null)
    {
        this.blocks = blocks;
        this.meta = meta;
        this.time = time;
        this.space = space;
        this.segments = segments;
        Appending = segments is null ? null : new SegmentBulk(segments, blocks);
        bulk = Appending ?? (IBulk)new DatabaseBulk(blocks);
        Flushes = new FlushGate(bulk);
        Pins = new Pins(meta, Leases);
        Quarantine = new Quarantine(meta, time);
    }

    public Pins Pins { get; }

    internal Quarantine Quarantine { get; }

    internal SegmentFiles? Segments => segments;
    internal SegmentBulk? Appending { get; }
    internal IDatabase Blocks => blocks;
    internal IDatabase Meta => meta;
    internal TimeProvider Time => time;
    internal FlushGate Flushes { get; }
    internal Leases Leases { get; } = new();

    /// <summary>Held while blocks are deleted, a slice at a time, and through a backup, which so meets the store between two slices.</summary>
    internal Lock Deleting { get; } = new();

    /// <summary>Held while import journals are written, and while what has run out is looked for and dropped from them.</summary>
    internal Lock Journaling { get; } = new();

    /// <summary>What is known of a block without reading it; null when it isn't here.</summary>
    public BlockInfo? Info(VaultTag vault, BlockId id) => bulk.Find(vault, id) ?? Indexed(vault, id);

    // A block leaves the bulk only when it is in the index: asked for in this order it can't slip through.
    BlockInfo? Indexed(VaultTag vault, BlockId id)
    {
        Span<byte> key = stackalloc byte[StoreKeys.BlockKeySize];
        StoreKeys.WriteBlockKey(key, StoreKeys.InfoOf, vault, id);
        return blocks.Get(StoreKeys.Blocks, key) is { } value ? BlockInfo.Decode(value) : null;
    }

    public bool Contains(VaultTag vault, BlockId id) => Info(vault, id) != null;

    /// <summary>Reads and checks a block. Null when it isn't here, or was and turned out to be damaged: then it is in quarantine now.</summary>
    public StoredBlock? Read(VaultTag vault, BlockId id)
    {
        if (Info(vault, id) is not { } known) return null;
        if (Find(vault, id, known, hash: true, out _) is { } block) return block;
        // Perhaps it was deleted or moved meanwhile, or set aside and stored anew: one who comes late must not set aside the good one.
        lock (judging)
        {
            if (Info(vault, id) is not { } info) return null;
            if (Find(vault, id, info, hash: true, out string damage) is { } whole) return whole;
            try
            {
                SetAside(vault, id, info, damage);
            }
            catch (StoreException)
            {
                // A disk that can't even take the note: whoever reads the block next will notice again.
            }
            return null;
        }
    }

    /// <summary>
    /// A block whose hash was not computed: for a reader whose key proves the bytes as well. What the key refuses,
    /// <see cref="Read"/> judges.
    /// </summary>
    internal StoredBlock? ReadForKey(VaultTag vault, BlockId id) =>
        Info(vault, id) is not { } info ? null : Find(vault, id, info, hash: false, out _) ?? Read(vault, id);

    /// <summary>
    /// A block for somebody who hashes what arrives: here that isn't done a second time, unless damage was met since the store was opened.
    /// What the other side refuses, <see cref="Read"/> judges.
    /// </summary>
    public StoredBlock? ReadToSend(VaultTag vault, BlockId id) => hasMetDamage ? Read(vault, id) : ReadForKey(vault, id);

    /// <summary>Begins to store blocks of a vault. Until the result is disposed, no collection touches what passed through it.</summary>
    public WriteSession BeginWrite(VaultTag vault) => new(this, vault, space);

    /// <summary>The vaults that have blocks here.</summary>
    public IEnumerable<VaultTag> Vaults()
    {
        bulk.Index();
        (byte[] from, byte[] end) = StoreKeys.Under(StoreKeys.InfoOf);
        while (true)
        {
            VaultTag vault;
            using (ICursor cursor = blocks.Range(StoreKeys.Blocks, from, end))
            {
                if (!cursor.MoveNext()) yield break;
                vault = new VaultTag(cursor.Key.Slice(1, VaultTag.Size));
            }
            yield return vault;
            from = StoreKeys.BlocksOf(StoreKeys.InfoOf, vault).To;
        }
    }

    /// <summary>Every block of a vault, in the order of ids, without reading one.</summary>
    public IEnumerable<(BlockId Id, BlockInfo Info)> List(VaultTag vault)
    {
        bulk.Index();
        (byte[] from, byte[] to) = StoreKeys.BlocksOf(StoreKeys.InfoOf, vault);
        using ICursor cursor = blocks.Range(StoreKeys.Blocks, from, to);
        while (cursor.MoveNext())
            if (BlockInfo.Decode(cursor.Value) is { } info) yield return (StoreKeys.IdIn(cursor.Key), info);
    }

    /// <summary>
    /// Every block that the vault's pins need and this machine doesn't have, in the order in which trees can be fetched: a parent
    /// before its children. A block that several files share may come more than once.
    /// </summary>
    /// <param name="wanted">Also what this device should have and never had; without it, what was here once and is gone.</param>
    public IEnumerable<BlockId> Missing(VaultTag vault, bool wanted = true)
    {
        using ISnapshot view = meta.Snapshot();
        HashSet<BlockId> freed = Pins.Freed(vault, view);
        foreach (Reached reached in new Reachability(this, vault).WalkPins(time.GetUtcNow(), view, pin => !wanted && pin.Reason == PinReason.Wanted || pin.Reason is PinReason.Wanted or PinReason.Assigned && freed.Contains(pin.Root)))
            if (reached.Info is null) yield return reached.Id;
    }

    /// <summary>
    /// Every block that the current versions of the vault's files need, here or not, a parent before its children. Below an inner block that isn't here
    /// nothing is known. A block that several files share may come more than once.
    /// </summary>
    public IEnumerable<NeededBlock> Needed(VaultTag vault)
    {
        using ISnapshot view = meta.Snapshot();
        foreach (NeededBlock needed in new Reachability(this, vault).WalkCurrent(view)) yield return needed;
    }

    /// <summary>The blocks of one tree, here or not, the root first.</summary>
    public IEnumerable<NeededBlock> Tree(VaultTag vault, BlockId root) =>
        new Reachability(this, vault).Walk(root, whole: false).Select(reached => new NeededBlock(reached.Id, reached.Info, reached.Info?.Level ?? reached.Level, false));

    /// <summary>The stored blocks from a place in the order of ids on, without reading one.</summary>
    public IEnumerable<(BlockId Id, BlockInfo Info)> ListFrom(VaultTag vault, BlockId first)
    {
        bulk.Index();
        (_, byte[] to) = StoreKeys.BlocksOf(StoreKeys.InfoOf, vault);
        using ICursor cursor = blocks.Range(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.InfoOf, vault, first), to);
        while (cursor.MoveNext())
            if (BlockInfo.Decode(cursor.Value) is { } info) yield return (StoreKeys.IdIn(cursor.Key), info);
    }

    /// <summary>Whether a tree is here with everything below it.</summary>
    public bool IsWhole(VaultTag vault, BlockId root) => new Reachability(this, vault).Walk(root, whole: false).All(reached => reached.Info != null);

    /// <summary>The damaged blocks that nobody has brought whole yet.</summary>
    public IEnumerable<DamagedBlock> Damaged(VaultTag vault) => Quarantine.Of(vault).Where(damaged => !Contains(vault, damaged.Id));

    /// <summary>Parts with a vault: its blocks and all that is known of them. Nothing of it can be read afterwards.</summary>
    public void Forget(VaultTag vault)
    {
        Batch forgotten = new();
        (byte[] metaFrom, byte[] metaTo) = StoreKeys.MetaOf(vault);
        foreach (Family family in (Family[])[StoreKeys.Pins, StoreKeys.Condemned, StoreKeys.Quarantine, StoreKeys.Imports])
            forgotten.DeleteRange(family, metaFrom, metaTo);
        meta.Commit(forgotten, Durability.Synced); // first: no pin may outlive its blocks

        forgotten.Clear();
        foreach (byte kind in (byte[])[StoreKeys.InfoOf, StoreKeys.BytesOf, StoreKeys.AsideOf])
        {
            (byte[] from, byte[] to) = StoreKeys.BlocksOf(kind, vault);
            forgotten.DeleteRange(StoreKeys.Blocks, from, to);
        }
        lock (Deleting) Leases.WhileNothingIsClaimed(() => bulk.Forget(vault, () => blocks.Commit(forgotten, Durability.Synced)));
    }

    public void Dispose()
    {
        Flushes.Dispose();
        Appending?.Dispose();
        Leases.Dispose();
    }

    /// <summary>Puts a quarantined block back into service when its bytes turn out to be whole after all (a cable, not a disk).</summary>
    internal bool TryRestore(VaultTag vault, BlockId id)
    {
        byte[] aside = StoreKeys.BlockKey(StoreKeys.AsideOf, vault, id);
        BlockInfo was = blocks.Get(StoreKeys.Blocks, aside) is { } value && BlockInfo.Decode(value) is { } known ? known : default;
        using StoredBlock? block = Find(vault, id, was, hash: true, out _);
        if (block is null) return false;
        BlockInfo again = new(block.Bytes.Length, block.Header.Level, was.Place);
        blocks.Commit(new Batch().Put(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.InfoOf, vault, id), again.Encode()).Delete(StoreKeys.Blocks, aside), Durability.Synced);
        Quarantine.Release(vault, id);
        return true;
    }

    /// <summary>Takes a block out of service. Its bytes stay where they are until a collection finds that nobody needs them.</summary>
    internal void SetAside(VaultTag vault, BlockId id, BlockInfo info, string damage)
    {
        hasMetDamage = true;
        bulk.Index(); // or what was just stored would be put into the index afterwards
        Quarantine.Add(vault, id, info.Level, damage);
        Batch batch = new Batch().Delete(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.InfoOf, vault, id));
        if (info.Place != null) batch.Put(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.AsideOf, vault, id), info.Encode());
        blocks.Commit(batch, Durability.Synced);
    }

    /// <summary>Blocks that the database itself shall hold, in the order of their keys: it inserts a key next to the last one in a fraction of the time that a random place takes.</summary>
    internal static Batch BatchOf(VaultTag vault, IEnumerable<NewBlock> some)
    {
        NewBlock[] sorted = [.. some.OrderBy(block => block.Id)];
        Batch batch = new();
        foreach (NewBlock block in sorted) batch.Put(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.BytesOf, vault, block.Id), block.Bytes);
        foreach (NewBlock block in sorted)
            batch.Put(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.InfoOf, vault, block.Id), new BlockInfo(block.Bytes.Length, block.Header.Level).Encode());
        return batch;
    }

    StoredBlock? Find(VaultTag vault, BlockId id, BlockInfo info, bool hash, out string damage)
    {
        damage = "";
        try
        {
            StoredValue? value = info.Place is { } place ? segments?.Read(place, info.Length) : InDatabase(vault, id);
            if (value != null && BlockHeader.TryRead(value.Span, out BlockHeader header) && (!hash || BlockId.Of(value.Span) == id)) return new StoredBlock(value, header);
            damage = value is null ? "its bytes are gone" : "its bytes are not what was stored";
            value?.Dispose();
        }
        catch (CorruptDataException fault)
        {
            damage = fault.Message;
        }
        return null;
    }

    StoredValue? InDatabase(VaultTag vault, BlockId id)
    {
        Span<byte> key = stackalloc byte[StoreKeys.BlockKeySize];
        StoreKeys.WriteBlockKey(key, StoreKeys.BytesOf, vault, id);
        return blocks.Find(StoreKeys.Blocks, key);
    }
}
