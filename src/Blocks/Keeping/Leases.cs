using Vault.Identity;

namespace Vault.Blocks;

/// <summary>
/// What keeps a collection from deleting a block that someone is just about to refer to. A writer touches every block in the
/// moment in which it looks whether the block is there; a sweep deletes under the other side of the same barrier. Blocks
/// touched while a collection of their vault runs are marked in it, and so stay until it is over, whenever the lease ends.
/// </summary>
sealed class Leases : IDisposable
{
    readonly ReaderWriterLockSlim barrier = new();
    readonly Lock gate = new();
    readonly HashSet<Lease> active = [];
    readonly Dictionary<VaultTag, Cycle> cycles = [];

    public Lease Begin(VaultTag vault)
    {
        Lease lease = new(this, vault);
        lock (gate) active.Add(lease);
        return lease;
    }

    /// <summary>From now on nothing touched is deleted; what active leases have touched before is marked here.</summary>
    public Cycle StartCycle(VaultTag vault, Marks marks)
    {
        Cycle cycle = new(this, vault, marks);
        WhileNothingIsClaimed(() =>
        {
            lock (gate)
            {
                if (!cycles.TryAdd(vault, cycle)) throw new InvalidOperationException("A collection of this vault is running already.");
                foreach (Lease lease in active.Where(lease => lease.Vault == vault))
                    foreach (BlockId id in lease.Touched) marks.Add(id);
            }
        });
        return cycle;
    }

    /// <summary>A root that is about to be pinned: a running collection must walk it, however late it comes.</summary>
    /// <param name="whole">Nothing of the tree is expected to be missing: what is missing then is damage, and not on its way.</param>
    public void Pinning(VaultTag vault, BlockId root, bool whole)
    {
        lock (gate)
        {
            if (!cycles.TryGetValue(vault, out Cycle? cycle)) return;
            cycle.Roots.Enqueue((root, whole));
            cycle.Pinned.Add(root);
        }
    }

    /// <summary>Runs what must see no block deleted meanwhile, and is short: sweeps wait for it.</summary>
    public void WhileNothingIsDeleted(Action action)
    {
        barrier.EnterReadLock();
        try
        {
            action();
        }
        finally
        {
            barrier.ExitReadLock();
        }
    }

    /// <summary>Runs what deletes blocks outside a collection: writers wait for it.</summary>
    public void WhileNothingIsClaimed(Action action)
    {
        barrier.EnterWriteLock();
        try
        {
            action();
        }
        finally
        {
            barrier.ExitWriteLock();
        }
    }

    public void Dispose() => barrier.Dispose();

    /// <summary>One writer's claim. Its owner disposes it when what it wrote is pinned, or given up.</summary>
    internal sealed class Lease(Leases leases, VaultTag vault) : IDisposable
    {
        readonly HashSet<BlockId> touched = [];

        public VaultTag Vault => vault;
        public IReadOnlyCollection<BlockId> Touched => touched;

        /// <summary>Claims the block and asks, in one step that no deletion can divide. First: not claimed by this lease before.</summary>
        public (bool First, bool Stored) Touch(BlockId id, Predicate<BlockId> stored)
        {
            leases.barrier.EnterReadLock();
            try
            {
                bool first = Claim(id);
                return (first, first && stored(id));
            }
            finally
            {
                leases.barrier.ExitReadLock();
            }
        }

        /// <summary>The same for a block that is here, or is being brought by who claimed it before; false, and nothing claimed, for another.</summary>
        public bool TryTouch(BlockId id, Predicate<BlockId> stored)
        {
            leases.barrier.EnterReadLock();
            try
            {
                if (!Touches(id) && !stored(id)) return false;
                Claim(id);
                return true;
            }
            finally
            {
                leases.barrier.ExitReadLock();
            }
        }

        bool Touches(BlockId id)
        {
            lock (leases.gate) return touched.Contains(id);
        }

        bool Claim(BlockId id)
        {
            lock (leases.gate)
            {
                if (!touched.Add(id)) return false;
                if (leases.cycles.TryGetValue(vault, out Cycle? cycle)) cycle.Marks.Add(id);
                return true;
            }
        }

        /// <summary>Forgets what something durable holds by now.</summary>
        public void Release(IEnumerable<BlockId> ids)
        {
            lock (leases.gate) touched.ExceptWith(ids);
        }

        public void Dispose()
        {
            lock (leases.gate) leases.active.Remove(this);
        }
    }

    /// <summary>One collection of one vault, as the leases see it.</summary>
    internal sealed class Cycle(Leases leases, VaultTag vault, Marks marks) : IDisposable
    {
        public Marks Marks => marks;
        public Queue<(BlockId Id, bool Whole)> Roots { get; } = new();

        /// <summary>Every root that was pinned since the collection began.</summary>
        public HashSet<BlockId> Pinned { get; } = [];

        public bool TryTakeRoot(out (BlockId Id, bool Whole) root)
        {
            lock (leases.gate) return Roots.TryDequeue(out root);
        }

        /// <summary>Runs <paramref name="delete"/> while no block can be claimed; false, without running it, when a root still waits to be walked.</summary>
        public bool TryUnderBarrier(Action delete)
        {
            bool done = false;
            leases.WhileNothingIsClaimed(() =>
            {
                lock (leases.gate)
                    if (Roots.Count > 0) return;
                delete();
                done = true;
            });
            return done;
        }

        /// <summary>Runs what forgets pins that are over, and is short. It leaves alone the roots for which this says that they were pinned anew meanwhile.</summary>
        public void WhileNothingIsPinned(Action<Predicate<BlockId>> forget)
        {
            lock (leases.gate) forget(Pinned.Contains);
        }

        public void Dispose()
        {
            lock (leases.gate) leases.cycles.Remove(vault);
        }
    }
}
