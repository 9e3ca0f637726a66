using Vault.Primitives;
using Xunit;

namespace Vault.Store.Tests;

public sealed class RocksDatabaseTests : IDisposable
{
    static readonly Family Main = new("main");
    readonly string folder = Directory.CreateTempSubdirectory("vault-store-").FullName;
    readonly StoreMemory memory = new(8 << 20);

    RocksDatabase Open(params Family[] families) => RocksDatabase.Open(new DatabaseOptions { Path = Path.Combine(folder, "db"), Families = families, Memory = memory });

    [Fact]
    public void What_was_committed_is_there_after_opening_again()
    {
        using (RocksDatabase database = Open(Main))
            database.Commit(new Batch().Put(Main, "k"u8.ToArray(), "v"u8.ToArray()), Durability.Synced);
        using RocksDatabase again = Open(Main);
        Assert.Equal("v"u8.ToArray(), again.Get(Main, "k"u8));
        using StoredValue? found = again.Find(Main, "k"u8);
        Assert.Equal("v"u8.ToArray(), found!.Span.ToArray());
        Assert.Null(again.Opening.LogCutShort);
        using (ICursor cursor = again.Range(Main, default, default))
        {
            Assert.True(cursor.MoveNext());
            Assert.Equal("k"u8.ToArray(), cursor.Key.ToArray());
            Assert.False(cursor.MoveNext());
        }
        again.Commit(new Batch().Delete(Main, "k"u8.ToArray()), Durability.Unlogged);
        again.Flush();
        again.Compact(Main, default, default);
        Assert.Equal(1, again.Figures().Versions);
    }

    public void Dispose()
    {
        memory.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
