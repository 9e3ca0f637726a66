using System.Buffers.Binary;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Store.Tests;

public sealed class RocksDatabaseTests : IDisposable
{
    static readonly Family Main = new("main"), Other = new("other");
    readonly TestFolder folder = new();
    readonly StoreMemory memory = new(8 << 20);

    RocksDatabase Open(string name = "db", BlobOptions? blobs = null, params Family[] families) => Open(name, blobs, 0, families);

    RocksDatabase Open(string name, BlobOptions? blobs, int prefix, params Family[] families) => RocksDatabase.Open(new DatabaseOptions
    {
        Path = folder[name], Families = families.Length == 0 ? [Main] : families, Memory = memory, WriteBufferBytes = 1 << 20, Blobs = blobs, PrefixBytes = prefix,
    });

    static byte[] Key(int n)
    {
        byte[] key = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(key, n);
        return key;
    }

    static int Count(RocksDatabase database, Family? family = null)
    {
        using ICursor cursor = database.Range(family ?? Main, default, default);
        int n = 0;
        while (cursor.MoveNext()) n++;
        return n;
    }

    [Fact]
    public void Filters_are_asked_only_about_a_range_of_one_prefix() => Seed.Check(20_000, random =>
    {
        // Few values, so that ranges end just behind a prefix, and the carry of 0xFF is met.
        byte[] Some() => [.. Enumerable.Range(0, random.Below(4)).Select(_ => (byte)(0xFE + random.Below(4)))]; // FE, FF, 0, 1
        byte[] from = Some(), to = Some();
        int length = 1 + random.Below(2);
        if (!RocksCursor.HaveOnePrefix(from, to, length)) return;
        byte[] prefix = from[..length], key = Some();
        Assert.True(key.AsSpan().SequenceCompareTo(from) < 0 || key.AsSpan().SequenceCompareTo(to) >= 0 || key.AsSpan().StartsWith(prefix));
    });

    [Theory]
    [InlineData("0102", "0103", 2, true)]
    [InlineData("0102", "0102FF", 2, true)]
    [InlineData("01FF", "02", 2, true)]
    [InlineData("01FF", "0200", 2, false)] // 02 lies in it
    [InlineData("01FF", "0201", 2, false)]
    [InlineData("0102", "0104", 2, false)]
    [InlineData("01", "02", 2, false)]
    [InlineData("FFFF", "", 2, false)]
    public void A_range_of_one_prefix_is_told(string from, string to, int length, bool one) =>
        Assert.Equal(one, RocksCursor.HaveOnePrefix(Convert.FromHexString(from), Convert.FromHexString(to), length));

    [Fact]
    public void It_does_what_the_database_in_memory_does() => Seed.Check(LongRun.Cases(8, 2000), random =>
    {
        string name = Convert.ToHexString(random.Bytes(8));
        RocksDatabase rocks = Open(name, new BlobOptions(64), random.Below(3), Main, Other);
        using MemoryDatabase model = new(Main, Other);
        for (int step = 0; step < 60; step++)
        {
            Batch batch = RandomBatch(random);
            Durability durability = random.Below(2) == 0 ? Durability.Logged : Durability.Synced;
            rocks.Commit(batch, durability);
            model.Commit(batch, durability);
            Family family = random.Below(2) == 0 ? Main : Other;
            byte[] from = random.BytesUpTo(2), to = random.Below(2) == 0 || from.Length == 0 ? random.BytesUpTo(2) : [(byte)(from[0] + random.Below(2)), .. random.BytesUpTo(1)];
            bool reverse = random.Below(2) == 0;
            Assert.Equal(Entries(model, family, from, to, reverse), Entries(rocks, family, from, to, reverse));
            switch (random.Below(20))
            {
                case 0: rocks.Flush(); break;
                case 1: rocks.Compact(family, from, to); break;
                case 2:
                    rocks.Dispose();
                    rocks = Open(name, new BlobOptions(64), random.Below(3), Main, Other); // what was written under another prefix stays readable
                    break;
            }
        }
        rocks.Dispose();
    });

    static Batch RandomBatch(RandomSource random)
    {
        Batch batch = new();
        for (int n = random.Below(6); n >= 0; n--)
        {
            Family family = random.Below(2) == 0 ? Main : Other;
            switch (random.Below(8))
            {
                case 0: batch.DeleteRange(family, random.BytesUpTo(2), random.BytesUpTo(2)); break;
                case 1 or 2: batch.Delete(family, random.BytesUpTo(2)); break;
                default: batch.Put(family, random.BytesUpTo(2), random.BytesUpTo(200)); break;
            }
        }
        return batch;
    }

    static List<string> Entries(IDatabase database, Family family, byte[] from, byte[] to, bool reverse)
    {
        using ICursor cursor = database.Range(family, from, to, null, reverse);
        List<string> entries = [];
        while (cursor.MoveNext()) entries.Add($"{Convert.ToHexString(cursor.Key)}={Convert.ToHexString(cursor.Value)}");
        return entries;
    }

    [Fact]
    public void Cursors_and_snapshots_leave_nothing_behind()
    {
        using RocksDatabase database = Open();
        for (int n = 0; n < 10_000; n++)
        {
            database.Commit(new Batch().Put(Main, Key(n % 100), Key(n)), Durability.Unlogged);
            if (n % 4000 == 0) database.Flush(); // three files: a fourth would start a compaction, and that holds a version for a while
            using ISnapshot snapshot = database.Snapshot();
            using ICursor cursor = database.Range(Main, default, default, snapshot);
            Assert.True(cursor.MoveNext());
        }
        DatabaseFigures figures = database.Figures();
        Assert.Equal(1, figures.Versions);
        Assert.Equal(0, figures.Snapshots);
    }

    [Fact]
    public void Forgotten_cursors_and_snapshots_go_with_the_garbage()
    {
        using RocksDatabase database = Open();
        database.Commit(new Batch().Put(Main, Key(1), Key(1)), Durability.Unlogged);
        Forget(database);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        DatabaseFigures figures = database.Figures();
        Assert.Equal(1, figures.Versions);
        Assert.Equal(0, figures.Snapshots);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    static void Forget(RocksDatabase database)
    {
        for (int n = 0; n < 100; n++)
        {
            database.Commit(new Batch().Put(Main, Key(n), Key(n)), Durability.Unlogged);
            if (n % 40 == 0) database.Flush(); // three files, as above
            database.Range(Main, default, default, database.Snapshot()).MoveNext();
        }
    }

    [Fact]
    public void Compacting_gives_back_blob_files_in_which_nothing_is_alive()
    {
        using RocksDatabase database = Open(blobs: new BlobOptions(1024, 1 << 20));
        byte[] value = RandomSource.Seeded(1).Bytes(100_000);
        for (int n = 0; n < 100; n++) database.Commit(new Batch().Put(Main, Key(n), value), Durability.Unlogged);
        database.Flush();
        long before = database.Figures().FileBytes;
        database.Commit(new Batch().DeleteRange(Main, Key(0), Key(90)), Durability.Synced);
        database.Compact(Main, default, default);
        long after = database.Figures().FileBytes;
        Assert.True(before > 9_000_000 && after < 3_000_000, $"{before} bytes before, {after} after");
        for (int n = 90; n < 100; n++) Assert.Equal(value, database.Get(Main, Key(n)));
    }

    [Fact]
    public void A_checkpoint_is_a_database_of_its_own()
    {
        using RocksDatabase database = Open(blobs: new BlobOptions(16));
        database.Commit(new Batch().Put(Main, Key(1), new byte[100]), Durability.Unlogged);
        database.Checkpoint(folder["copy"]);
        database.Commit(new Batch().Put(Main, Key(2), new byte[100]), Durability.Unlogged);
        using RocksDatabase copy = Open("copy", new BlobOptions(16));
        Assert.Equal(1, Count(copy));
        Assert.Throws<StoreException>(() => database.Checkpoint(folder["copy"]));
    }

    [Fact]
    public void Families_that_are_not_named_stay()
    {
        using (RocksDatabase database = Open(families: [Main, Other]))
            database.Commit(new Batch().Put(Other, Key(1), Key(1)), Durability.Synced);
        using (RocksDatabase one = Open()) one.Commit(new Batch().Put(Main, Key(2), Key(2)), Durability.Synced);
        using RocksDatabase both = Open(families: [Main, Other]);
        Assert.Equal(1, Count(both, Other));
        Assert.Equal(1, Count(both));
        both.Dispose();
        Assert.Throws<ArgumentException>(() => Open(families: [Other, Main]));
    }

    [Fact]
    public void A_database_that_is_open_is_not_opened_twice()
    {
        using RocksDatabase database = Open();
        Assert.Contains("in use", Assert.Throws<StoreException>(() => Open()).Message);
    }

    [Fact]
    public void The_cache_gives_back_what_nobody_uses_and_fills_again()
    {
        using RocksDatabase database = Open("one");
        for (int i = 0; i < 1000; i++) database.Commit(new Batch().Put(Main, Key(i), new byte[1000]), Durability.Unlogged);
        database.Flush();
        for (int i = 0; i < 1000; i++) Assert.NotNull(database.Get(Main, Key(i)));
        long full = memory.CachedBytes;
        memory.GiveBack();
        Assert.True(memory.CachedBytes < full / 2);
        for (int i = 0; i < 1000; i++) Assert.NotNull(database.Get(Main, Key(i)));
        Assert.InRange(memory.CachedBytes, full / 2, full * 2);
    }

    [Fact]
    public void The_cache_is_shared()
    {
        using RocksDatabase one = Open("one"), two = Open("two");
        foreach (RocksDatabase database in new[] { one, two })
        {
            database.Commit(new Batch().Put(Main, Key(1), new byte[1000]), Durability.Unlogged);
            database.Flush();
            long before = memory.CachedBytes;
            Assert.NotNull(database.Get(Main, Key(1)));
            Assert.True(memory.CachedBytes > before);
        }
    }

    public void Dispose()
    {
        memory.Dispose();
        folder.Dispose();
    }
}
