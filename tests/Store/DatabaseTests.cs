using Vault.Tests.Support;
using Xunit;

namespace Vault.Store.Tests;

public sealed class RocksDatabaseContract : DatabaseContract
{
    readonly TestFolder folder = new();
    readonly StoreMemory memory = new(8 << 20);

    RocksDatabase Open(string name, Family[] families) => RocksDatabase.Open(new DatabaseOptions
    {
        Path = folder[name], Families = families, Memory = memory, WriteBufferBytes = 4 << 20, Blobs = new BlobOptions(),
    });

    protected override IDatabase Create(params Family[] families) => Open("db", families);

    protected override IDatabase Reopen(IDatabase database, params Family[] families)
    {
        database.Dispose();
        return Open("db", families);
    }

    protected override IDatabase Kill(IDatabase database, params Family[] families)
    {
        folder.Copy("db", "killed");
        return Open("killed", families);
    }

    public override void Dispose()
    {
        base.Dispose();
        memory.Dispose();
        folder.Dispose();
    }
}

public sealed class MemoryDatabaseContract : DatabaseContract
{
    protected override IDatabase Create(params Family[] families) => new MemoryDatabase(families);
    protected override IDatabase Reopen(IDatabase database, params Family[] families) => ((MemoryDatabase)database).Kill();
    protected override IDatabase Kill(IDatabase database, params Family[] families) => ((MemoryDatabase)database).Kill();
}

public sealed class FaultyDatabaseContract : DatabaseContract
{
    MemoryDatabase? inner;

    protected override IDatabase Create(params Family[] families) => new FaultyDatabase(inner = new MemoryDatabase(families));
    protected override IDatabase Reopen(IDatabase database, params Family[] families) => new FaultyDatabase(inner!.Kill());
    protected override IDatabase Kill(IDatabase database, params Family[] families) => new FaultyDatabase(inner!.Kill());
}

public sealed class MemoryDatabaseTests
{
    static readonly Family Main = new("main");

    [Fact]
    public void A_power_cut_keeps_what_was_flushed_and_the_log_up_to_its_last_sync()
    {
        using MemoryDatabase database = new(Main);
        Put("flushed", Durability.Unlogged);
        database.Flush();
        Put("logged before the sync", Durability.Logged);
        Put("unlogged", Durability.Unlogged);
        Put("synced", Durability.Synced);
        Put("logged after the sync", Durability.Logged);
        Assert.Equal(["flushed", "logged before the sync", "synced"], Keys(database.PowerCut()));
        Assert.Equal(["flushed", "logged after the sync", "logged before the sync", "synced"], Keys(database.Kill()));

        void Put(string key, Durability durability) => database.Commit(new Batch().Put(Main, System.Text.Encoding.ASCII.GetBytes(key), default), durability);
    }

    static List<string> Keys(MemoryDatabase database)
    {
        using ICursor cursor = database.Range(Main, default, default);
        List<string> keys = [];
        while (cursor.MoveNext()) keys.Add(System.Text.Encoding.ASCII.GetString(cursor.Key));
        return keys;
    }
}
