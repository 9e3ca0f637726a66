using Vault.Primitives;
using Vault.Tests.Faults;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Store.Tests;

public sealed class FullDiskTests
{
    static readonly Family Main = new("main");

    // 64 commits of 60,000 bytes fill the write buffer in such a way that the log fails at its very first record, which is
    // where RocksDB 7.8.3 would go on with the broken log.
    [FactWhenMountable]
    public async Task A_full_disk_is_said_clearly_loses_nothing_and_is_over_when_there_is_room()
    {
        using LimitedDisk disk = new(16);
        using StoreMemory memory = new(1 << 20);
        DatabaseOptions options = Small(disk, memory);
        int stored;
        using (RocksDatabase database = RocksDatabase.Open(options))
        {
            stored = FillUp(database, disk, Durability.Synced);
            disk.Empty();
            await UntilItGoesOn(() => Put(database, stored, Durability.Synced));
            stored++;
            for (int n = 0; n < stored; n++) Assert.Equal(Value, database.Get(Main, KeyOf(n)));
        }
        using RocksDatabase again = RocksDatabase.Open(options);
        Assert.Null(again.Opening.LogCutShort);
        for (int n = 0; n < stored; n++) Assert.Equal(Value, again.Get(Main, KeyOf(n)));
    }

    [FactWhenMountable]
    public async Task What_skipped_the_log_when_the_disk_was_full_is_said_to_be_lost_and_can_be_written_again()
    {
        using LimitedDisk disk = new(16);
        using StoreMemory memory = new(1 << 20);
        DatabaseOptions options = Small(disk, memory);
        int stored;
        using (RocksDatabase database = RocksDatabase.Open(options))
        {
            Put(database, 999, Durability.Unlogged);
            database.Flush();
            stored = FillUp(database, disk, Durability.Unlogged);
            Assert.Throws<StoreException>(database.Flush);
            disk.Empty();
            await UntilItGoesOn(() => Put(database, stored, Durability.Unlogged));
            Assert.Throws<StoreException>(database.Flush); // once more, for those who don't know yet
            for (int n = 0; n <= stored; n++) Put(database, n, Durability.Unlogged);
            database.Flush();
        }
        using RocksDatabase again = RocksDatabase.Open(options);
        Assert.Equal(Value, again.Get(Main, KeyOf(999)));
        for (int n = 0; n <= stored; n++) Assert.Equal(Value, again.Get(Main, KeyOf(n)));
    }

    static DatabaseOptions Small(LimitedDisk disk, StoreMemory memory) => new()
    {
        Path = Path.Combine(disk.Path, "db"), Families = [Main], Memory = memory, WriteBufferBytes = 2 << 20, Blobs = new BlobOptions(),
    };

    /// <summary>Puts until the disk is full and says so; how many went in. They can be read all the same.</summary>
    static int FillUp(RocksDatabase database, LimitedDisk disk, Durability durability)
    {
        int stored = 0;
        for (; stored < 50; stored++) Put(database, stored, durability);
        disk.Fill();
        StoreException full = Assert.Throws<StoreException>(() =>
        {
            for (; stored < 998; stored++) Put(database, stored, durability);
        });
        Assert.Contains("the disk is full", full.Message);
        Assert.NotNull(full.Hint);
        Assert.Throws<StoreException>(() => Put(database, stored, durability));
        for (int n = 0; n < stored; n++) Assert.NotNull(database.Get(Main, KeyOf(n)));
        return stored;
    }

    static byte[] Value { get; } = RandomSource.Seeded(1).Bytes(60_000);

    static byte[] KeyOf(int n) => [(byte)n, (byte)(n >> 8)];

    static void Put(RocksDatabase database, int n, Durability durability) => database.Commit(new Batch().Put(Main, KeyOf(n), Value), durability);

    // RocksDB looks every five seconds whether there is room again, and tells nobody: the only way is to ask.
    static async Task UntilItGoesOn(Action action)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(50));
        for (int attempts = 0; await timer.WaitForNextTickAsync(); attempts++)
        {
            try
            {
                action();
                return;
            }
            catch (StoreException) when (attempts < 1000)
            {
            }
        }
    }
}
