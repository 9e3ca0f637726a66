using System.Diagnostics;
using Vault.Blocks;
using Vault.Catalog;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Bench;

/// <summary>A catalog of many small files, whose content nobody has: what the catalog itself costs. Filled by one process, opened and used by another.</summary>
static class CatalogScenario
{
    const int FilesPerFolder = 100;
    const int FilesPerCommit = 20_000;

    /// <summary>Everything a catalog lies on, with the same keys each time.</summary>
    sealed class Bench : IDisposable
    {
        readonly StoreMemory memory = new();
        readonly RocksDatabase blocks, meta;
        readonly SegmentFiles segments;
        readonly BlockStore store;
        readonly VaultKeys keys = VaultKeys.Create(RandomSource.Seeded(1));
        readonly Ed25519Key device = Ed25519Key.Generate(RandomSource.Seeded(2));
        readonly HybridClock clock = new(TimeProvider.System);

        public Bench(string folder)
        {
            Directory.CreateDirectory(folder);
            blocks = RocksDatabase.Open(StoreDatabases.Blocks(folder, memory));
            meta = RocksDatabase.Open(StoreDatabases.Meta(folder, memory, CatalogFamilies.All));
            store = new BlockStore(blocks, meta, TimeProvider.System, DiskSpace.Of(folder), segments = SegmentFiles.Of(folder));
        }

        public RocksDatabase Meta => meta;
        public VaultKeys Keys => keys;

        public VaultCatalog Open()
        {
            VaultCatalog catalog = VaultCatalog.Open(new CatalogPorts(store, meta, keys, device, clock, RandomSource.System, TimeProvider.System));
            if (catalog.Count == 0) catalog.Add(Genesis.Create(keys, device, clock, RandomSource.System, "bench"));
            return catalog;
        }

        public void Dispose()
        {
            store.Dispose();
            segments.Dispose();
            blocks.Dispose();
            meta.Dispose();
            memory.Dispose();
            keys.Dispose();
            device.Dispose();
        }
    }

    public static int Fill(string folder, int count)
    {
        using Bench bench = new(folder);
        using VaultCatalog catalog = bench.Open();
        Meter meter = new();
        for (int at = (int)catalog.Totals.Files; at < count; at += FilesPerCommit)
            catalog.Commit([.. Enumerable.Range(at, Math.Min(FilesPerCommit, count - at)).Select(File)]);
        Report.Line("catalog-fill", meter, ("files", count), ("per_second", count / meter.Seconds));
        return 0;
    }

    public static int Use(string folder)
    {
        using Bench bench = new(folder);
        Meter opening = new();
        using VaultCatalog catalog = bench.Open();
        Report.Line("catalog-open", opening, ("records", catalog.Count));
        int files = (int)catalog.Totals.Files;
        // What the filling has left to tidy up is no part of what follows.
        foreach (Family family in CatalogFamilies.All) bench.Meta.Compact(family, [], []);
        RandomSource random = RandomSource.Seeded(3);

        Meter commits = new();
        const int Commits = 2000;
        for (int i = 0; i < Commits; i++) catalog.Commit([File(random.Below(files))]);
        Report.Line("catalog-commit", commits, ("ms", commits.Seconds * 1000 / Commits), ("cpu_us", commits.CpuSeconds * 1e6 / Commits));

        List<int> sizes = [];
        Meter proofs = new();
        for (int i = 0; i < 1000; i++) sizes.Add(catalog.Prove(Path(i % 2 == 0 ? random.Below(files) : files + i))!.Proof.Encode().Length);
        Report.Line("catalog-proof", proofs, ("mean_bytes", sizes.Average()), ("max_bytes", sizes.Max()), ("us", proofs.Seconds * 1000));

        Meter finds = new();
        for (int i = 0; i < 10_000; i++)
            if (catalog.Find(Path(random.Below(files))) is null) throw new InvalidOperationException("a file is gone");
        Report.Line("catalog-find", finds, ("us", finds.Seconds * 100));

        Meter listing = new();
        int listed = catalog.List(recursive: true).Count();
        Report.Line("catalog-list", listing, ("entries", listed), ("us_each", listing.Seconds * 1e6 / listed));

        Meter past = new();
        listed = 0;
        foreach (Head head in catalog.ListAt(null, TimeProvider.System.GetUtcNow())) listed += head.Entry is null ? 0 : 1;
        Report.Line("catalog-list-at", past, ("entries", listed), ("us_each", past.Seconds * 1e6 / listed));

        RootUpdates(bench, catalog);
        Report.Line("catalog-end", opening, ("managed_mib", GC.GetTotalMemory(forceFullCollection: true) / 1048576.0));
        return 0;
    }

    /// <summary>The leaves alone; the catalog is of no use afterwards: one replaced at a time, logged and not synced, and then all of it worked out again.</summary>
    static void RootUpdates(Bench bench, VaultCatalog catalog)
    {
        SketchKey key = new(bench.Keys.Current.Sketch.Span);
        LeafSet set = LeafSet.Open(bench.Meta, bench.Keys.Vault, key, catalog.Sequence);
        if (set.WasRebuilt) throw new InvalidOperationException("the leaves should be current");
        List<Leaf> victims = [.. set.Leaves(new LeafPrefix(1UL << 63, 1)).Where((_, i) => i % 97 == 0).Take(10_000)];
        ulong sequence = catalog.Sequence;
        Batch batch = new();
        Meter updates = new();
        foreach (Leaf leaf in victims)
        {
            batch.Clear();
            set.Apply(set.Change(batch, ++sequence, [leaf], [new Leaf(leaf.Position, Hash32.Of(leaf.Digest.ToArray()))]));
            bench.Meta.Commit(batch, Durability.Logged);
        }
        Report.Line("catalog-root-update", updates, ("us", updates.Seconds * 1e6 / victims.Count), ("cpu_us", updates.CpuSeconds * 1e6 / victims.Count));
        Meter rebuild = new();
        LeafSet rebuilt = LeafSet.Open(bench.Meta, bench.Keys.Vault, key, sequence + 1);
        Report.Line("catalog-rebuild", rebuild, ("leaves", rebuilt.Count), ("same_root", rebuilt.Root == set.Root ? "yes" : "no"));
    }

    static VaultPath Path(int i) => VaultPath.Parse($"album {i / FilesPerFolder / 100:000}/roll {i / FilesPerFolder % 100:00}/picture {i:0000000}.jpg")!;

    static Edit File(int i)
    {
        Hash32 root = Hash32.Of(BitConverter.GetBytes(i));
        return new Edit.Put(
            new Entry(Path(i)) { Mode = 0x1A4, ModifiedNs = 1_700_000_000_000_000_000 + i }, new FileRef(new BlockId(root), new ContentKey(root), 3_000_000 + i), RecordKind.File);
    }
}
