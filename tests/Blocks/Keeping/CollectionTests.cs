using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Blocks.Tests;

public sealed class CollectionTests : IDisposable
{
    readonly Rig rig = Rig.InMemory();

    public void Dispose() => rig.Dispose();

    [Fact]
    public async Task What_is_pinned_again_in_time_stays_and_waits_anew_afterwards()
    {
        FileRef file = await rig.AddAsync(Some.Noise(10_000));
        rig.Unpin(file.Root);
        long blocks = rig.Collect().Condemned;
        rig.Clock.Pass(TimeSpan.FromHours(20));
        rig.Pin(file.Root);
        rig.Clock.Pass(TimeSpan.FromHours(20));
        Assert.Equal(blocks, rig.Collect().Needed);
        rig.Unpin(file.Root);
        Assert.Equal(blocks, rig.Collect().Condemned);
        Assert.Equal(Some.Noise(10_000), await rig.ReadAsync(file));
    }

    [Fact]
    public async Task Without_a_hold_time_one_collection_is_enough()
    {
        FileRef file = await rig.AddAsync(Some.Noise(10_000));
        rig.Unpin(file.Root);
        CollectionReport report = rig.Collect(TimeSpan.Zero);
        Assert.Equal((0, 0), (report.Needed, report.Condemned));
        Assert.True(report.Deleted > 0 && report.DeletedBytes > 10_000);
        Assert.Empty(rig.Stored());
        Assert.Equal(0, rig.Collect(TimeSpan.Zero).Deleted);
    }

    [Fact]
    public async Task A_pin_with_an_end_counts_until_then()
    {
        FileRef file = await rig.AddAsync("leased"u8.ToArray());
        rig.Unpin(file.Root);
        Batch batch = new();
        rig.Store.Pins.Add(batch, Rig.Vault, file.Root, PinReason.Lease, until: rig.Clock.Now.AddHours(1));
        rig.Meta.Commit(batch, Durability.Synced);
        rig.Clock.Pass(TimeSpan.FromMinutes(59));
        Assert.Equal(0, rig.Collect(TimeSpan.Zero).Deleted);
        rig.Clock.Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(1, rig.Collect(TimeSpan.Zero).Deleted);
    }

    [Fact]
    public async Task What_passed_through_an_open_session_stays_known_blocks_included()
    {
        FileRef known = await rig.AddAsync(Some.Noise(5000));
        rig.Unpin(known.Root);
        using (WriteSession session = rig.Store.BeginWrite(Rig.Vault))
        {
            Assert.Equal(known, await rig.Writer.WriteAsync(new MemoryStream(Some.Noise(5000)), session));
            await rig.Writer.WriteAsync(new MemoryStream(Some.Noise(5000, 2)), session);
            await session.FlushAsync();
            Assert.Equal(0, rig.Collect(TimeSpan.Zero).Deleted);
        }
        Assert.True(rig.Collect(TimeSpan.Zero).Deleted > 0);
        Assert.Empty(rig.Stored());
    }

    [Fact]
    public async Task A_damaged_inner_block_hides_what_lies_below_and_nothing_is_deleted()
    {
        FileRef file = await rig.AddAsync(Some.Noise(50_000)), gone = await rig.AddAsync(Some.Noise(5000, 2));
        rig.Unpin(gone.Root);
        BlockId inner = file.Root;
        byte[] whole;
        using (StoredBlock? block = rig.Store.Read(Rig.Vault, inner)) whole = block!.Bytes.ToArray();
        rig.Spoil(inner);
        int all = rig.Stored().Count;
        CollectionReport report = rig.Collect(TimeSpan.Zero);
        Assert.Equal((1, 0, 0), (report.Hidden, report.Deleted, report.Condemned));
        Assert.Equal(all - 1, rig.Stored().Count);

        Assert.True(Block.TryParse(whole, out Block again));
        using (WriteSession session = rig.Store.BeginWrite(Rig.Vault))
        {
            await session.AddAsync(again);
            await session.FlushAsync();
        }
        Assert.True(rig.Collect(TimeSpan.Zero).Deleted > 0);
        Assert.Equal(Some.Noise(50_000), await rig.ReadAsync(file));
    }

    [Fact]
    public async Task A_tree_that_is_only_wanted_may_be_absent_without_hiding_anything()
    {
        rig.Pin(Some.Leaf("far away").Id, reason: PinReason.Wanted);
        FileRef gone = await rig.AddAsync("unneeded"u8.ToArray());
        rig.Unpin(gone.Root);
        CollectionReport report = rig.Collect(TimeSpan.Zero);
        Assert.Equal((0, 1), (report.Hidden, report.Deleted));
    }

    [Fact]
    public async Task A_damaged_block_that_nobody_needs_is_let_go_and_one_stored_anew_has_its_hold_time()
    {
        FileRef damaged = await rig.AddAsync("damaged"u8.ToArray()), healed = await rig.AddAsync("healed"u8.ToArray());
        foreach (FileRef file in (FileRef[])[damaged, healed])
        {
            rig.Spoil(file.Root);
            Assert.Null(rig.Store.Read(Rig.Vault, file.Root));
        }
        await rig.AddAsync("healed"u8.ToArray());
        rig.Unpin(damaged.Root);
        rig.Unpin(healed.Root);
        Assert.Equal(1, rig.Collect().Condemned);
        Assert.Equal([healed.Root], rig.Stored());
        Assert.Empty(rig.Store.Quarantine.Of(Rig.Vault));
        Assert.Null(rig.Blocks.Get(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.BytesOf, Rig.Vault, damaged.Root)));
        rig.Clock.Pass(Collection.DefaultHold);
        Assert.Equal(1, rig.Collect().Deleted);
    }

    [Fact]
    public void Two_collections_of_one_vault_at_once_are_a_mistake()
    {
        using Leases.Cycle cycle = rig.Store.Leases.StartCycle(Rig.Vault, new Marks(0, 1));
        Assert.Throws<InvalidOperationException>(() => rig.Collect());
    }

    /// <summary>
    /// Files come and go while a collection runs: at each of its writes another step is taken. In the end all that is pinned reads
    /// back, and a collection in peace leaves exactly that.
    /// </summary>
    [Fact]
    public void A_collection_beside_writers_loses_nothing_that_is_pinned() => Seed.Check(LongRun.Cases(30, 2000), random => RunBesideWritersAsync(random).GetAwaiter().GetResult());

    static async Task RunBesideWritersAsync(RandomSource random)
    {
        WatchedDatabase blocks = new(Rig.NewBlocks()), meta = new(Rig.NewMeta());
        using Rig rig = new(blocks, meta);
        Dictionary<int, FileRef> pinned = [];
        void Step()
        {
            int number = random.Below(8);
            if (pinned.Remove(number, out FileRef file)) rig.Unpin(file.Root);
            else pinned.Add(number, rig.AddAsync(Some.Noise(3000, (ulong)number)).GetAwaiter().GetResult());
        }
        for (int i = 0; i < 6; i++) Step();
        bool busy = false;
        // Dates are written outside the barrier, deletions inside it: only in the former may a writer come in between.
        meta.After = _ =>
        {
            if (busy) return;
            busy = true;
            for (int i = random.Below(3); i > 0; i--) Step();
            busy = false;
        };
        for (int i = 0; i < 4; i++)
        {
            rig.Collect(random.Below(2) == 0 ? TimeSpan.Zero : TimeSpan.FromHours(1));
            rig.Clock.Pass(TimeSpan.FromMinutes(45));
        }
        meta.After = null;
        foreach ((int number, FileRef file) in pinned) Assert.Equal(Some.Noise(3000, (ulong)number), await rig.ReadAsync(file));
        rig.Collect(TimeSpan.Zero);
        HashSet<BlockId> reached = [.. new Reachability(rig.Store, Rig.Vault).WalkAll(rig.Clock.Now).Select(each => each.Id)];
        Assert.Equal(reached.Order(), rig.Stored());
    }

    [Fact]
    public async Task A_root_pinned_in_the_last_moment_of_a_collection_is_walked()
    {
        // The tree is unneeded when marking ends. Then somebody who holds its root, but not all of it, pins it again.
        WatchedDatabase meta = new(Rig.NewMeta());
        using Rig late = new(Rig.NewBlocks(), meta);
        FileRef file = await late.AddAsync(Some.Noise(20_000));
        late.Unpin(file.Root);
        meta.After = write =>
        {
            if (write.Commit != null) return; // the flush between marking and sweeping
            meta.After = null;
            late.Pin(file.Root);
        };
        Assert.Equal(0, late.Collect(TimeSpan.Zero).Deleted);
        Assert.Equal(Some.Noise(20_000), await late.ReadAsync(file));
    }

    [Fact]
    public async Task A_tree_wanted_in_the_last_moment_may_be_on_its_way_and_nothing_else_waits_for_it()
    {
        WatchedDatabase meta = new(Rig.NewMeta());
        using Rig late = new(Rig.NewBlocks(), meta);
        FileRef partly = await late.AddAsync(Some.Noise(20_000)), unneeded = await late.AddAsync("unneeded"u8.ToArray());
        BlockId lacking = late.Store.List(Rig.Vault).First(entry => entry.Info.Level == 0 && entry.Id != unneeded.Root).Id;
        late.Blocks.Commit(new Batch().Delete(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.InfoOf, Rig.Vault, lacking)), Durability.Synced);
        IReadOnlyList<BlockId> before = late.Stored();
        foreach (FileRef file in (FileRef[])[partly, unneeded]) late.Unpin(file.Root);
        meta.After = write =>
        {
            if (write.Commit != null) return; // the flush between marking and sweeping
            meta.After = null;
            late.Pin(partly.Root, reason: PinReason.Wanted);
            late.Pin(Some.Leaf("far away").Id, reason: PinReason.Wanted);
        };
        CollectionReport report = late.Collect(TimeSpan.Zero);
        Assert.Equal((0, 1), (report.Hidden, report.Deleted));
        Assert.Equal(before.Where(id => id != unneeded.Root), late.Stored());
    }

    [Fact]
    public async Task A_collection_ended_at_any_write_has_lost_nothing()
    {
        for (int n = 1; ; n++)
        {
            MemoryDatabase blocksDisk = Rig.NewBlocks(), metaDisk = Rig.NewMeta();
            WatchedDatabase blocks = new(blocksDisk), meta = new(metaDisk);
            using Rig cut = new(blocks, meta);
            FileRef kept = await cut.AddAsync(Some.Noise(10_000)), gone = await cut.AddAsync(Some.Noise(30_000, 2));
            cut.Unpin(gone.Root);
            int left = n;
            blocks.Before = meta.Before = _ =>
            {
                if (--left == 0) throw new StoreException("the power fails");
            };
            bool ended = false;
            try
            {
                cut.Collect(TimeSpan.Zero);
                ended = true;
            }
            catch (StoreException)
            {
                // what was there then is looked at below
            }
            using Rig after = new(blocksDisk.PowerCut(), metaDisk.PowerCut());
            Assert.Equal(Some.Noise(10_000), await after.ReadAsync(kept));
            after.Collect(TimeSpan.Zero);
            Assert.Equal(Some.Noise(10_000), await after.ReadAsync(kept));
            Assert.False(after.Store.Contains(Rig.Vault, gone.Root));
            if (ended) break;
        }
    }

    [Fact]
    public async Task A_block_is_explained()
    {
        byte[] content = Some.Noise(10_000);
        FileRef file = await rig.AddAsync(content);
        BlockId leaf = rig.Store.List(Rig.Vault).First(entry => entry.Info.Level == 0).Id;
        rig.Pin(file.Root, reason: PinReason.History);
        Explanation why = Explanation.Of(rig.Store, Rig.Vault, leaf);
        Assert.Equal([PinReason.Head, PinReason.History], why.Pins.Select(pin => pin.Reason));
        Assert.All(why.Pins, pin => Assert.Equal(file.Root, pin.Root));
        Assert.True(why is { Info.Level: 0, Damage: null, Condemned: null, Importing: false });

        rig.Unpin(file.Root);
        rig.Unpin(file.Root, reason: PinReason.History);
        rig.Collect();
        why = Explanation.Of(rig.Store, Rig.Vault, leaf);
        Assert.Empty(why.Pins);
        Assert.Equal(rig.Clock.Now, why.Condemned);

        using ImportJournal journal = new(rig.Store, Rig.Vault, rig.Epoch, RandomSource.Seeded(1));
        journal.Finish([(journal.Stamp("source"u8), file)]);
        Assert.True(Explanation.Of(rig.Store, Rig.Vault, leaf).Importing);
        rig.Spoil(leaf);
        Assert.Null(rig.Store.Read(Rig.Vault, leaf));
        Assert.NotNull(Explanation.Of(rig.Store, Rig.Vault, leaf).Damage);
        Assert.Null(Explanation.Of(rig.Store, Rig.OtherVault, leaf).Info);
    }
}
