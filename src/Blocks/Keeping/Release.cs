using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Blocks;

/// <summary>
/// Drops single blocks that this device decides to hold no longer, though the vault needs them: what it freed, and nothing that any other pin,
/// a writer or a promise here still counts on. Whether others hold them is for the caller to know. While one is open nothing is collected.
/// </summary>
public sealed class Release : IDisposable
{
    readonly BlockStore store;
    readonly VaultTag vault;
    readonly Leases.Cycle cycle;
    readonly Reachability reach;

    /// <summary>Walks everything else that is pinned: as much work as the marking of a collection.</summary>
    public Release(BlockStore store, VaultTag vault, RandomSource random)
    {
        (this.store, this.vault) = (store, vault);
        if (MendingNotes.PinsAreInDoubt(store.Meta)) throw new StoreException("this store was mended and may have forgotten what it needs: nothing is freed until that is accepted", "vault doctor --accept");
        Marks marks = new(store.List(vault).LongCount(), random.NextUInt64());
        cycle = store.Leases.StartCycle(vault, marks);
        reach = new Reachability(store, vault);
        try
        {
            using ISnapshot view = store.Meta.Snapshot();
            HashSet<BlockId> freed = store.Pins.Freed(vault, view);
            foreach (Reached reached in reach.WalkAll(store.Time.GetUtcNow(), pin => pin.Reason is PinReason.Wanted or PinReason.Assigned && freed.Contains(pin.Root))) marks.Add(reached.Id);
        }
        catch
        {
            cycle.Dispose();
            throw;
        }
    }

    /// <summary>The blocks that were dropped; those that something else needs stay.</summary>
    public IReadOnlyList<BlockId> Drop(IReadOnlyCollection<BlockId> blocks)
    {
        List<BlockId> dropped = [];
        do
        {
            while (cycle.TryTakeRoot(out (BlockId Id, bool Whole) root))
                foreach (Reached reached in reach.Walk(root.Id, root.Whole)) cycle.Marks.Add(reached.Id);
            if (reach.Hidden > 0) throw new StoreException("inner blocks are damaged or missing here: what lies below them can't be told from what may go", "vault verify names them");
        }
        while (!TryDrop(blocks, dropped));
        return dropped;
    }

    bool TryDrop(IEnumerable<BlockId> blocks, List<BlockId> dropped)
    {
        lock (store.Deleting)
            return cycle.TryUnderBarrier(() =>
            {
                Batch gone = new();
                foreach (BlockId id in blocks)
                {
                    if (cycle.Marks.MayContain(id) || !store.Contains(vault, id)) continue;
                    gone.Delete(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.InfoOf, vault, id));
                    gone.Delete(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.BytesOf, vault, id));
                    dropped.Add(id);
                }
                store.Blocks.Commit(gone, Durability.Synced);
            });
    }

    public void Dispose() => cycle.Dispose();
}
