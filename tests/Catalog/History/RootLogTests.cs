using Vault.Primitives;
using Vault.Store;
using Xunit;

namespace Vault.Catalog.Tests;

public sealed class RootLogTests : IDisposable
{
    readonly CatalogRig rig = new();

    [Fact]
    public void Every_root_that_was_had_can_be_found_with_its_time()
    {
        Node node = rig.NewFounder();
        List<(Hash32 Root, DateTimeOffset Time)> had = [];
        for (int i = 0; i < 20; i++)
        {
            rig.Time.Pass(TimeSpan.FromMinutes(1));
            had.Add((node.Put($"{i}").Root, rig.Time.Now));
        }
        node.Reopen();
        foreach ((Hash32 root, DateTimeOffset time) in had) Assert.Equal(time, node.Catalog.FindRoot(root)!.Time);
        Assert.Equal(had.Select(root => root.Root), node.Catalog.Roots().TakeLast(20).Select(root => root.Root));
        Assert.Null(node.Catalog.FindRoot(Hash32.Of("never had"u8)));
    }

    [Fact]
    public void A_root_that_comes_back_is_found_as_of_the_last_time_and_the_oldest_go()
    {
        using MemoryDatabase database = new(CatalogFamilies.Notes);
        RootLog log = new(database, rig.Vault.Tag);
        Hash32 often = Hash32.Of("often"u8);
        ulong sequence = 0;
        void Put(Hash32 root)
        {
            Batch batch = new();
            log.Put(batch, ++sequence, root, DateTimeOffset.UnixEpoch.AddSeconds(sequence));
            database.Commit(batch, Durability.Synced);
        }
        Put(often);
        Put(Hash32.Of("other"u8));
        sequence = RootLog.MaxCount - 1;
        Put(often);
        Assert.Equal(sequence, log.Find(often)!.Sequence);
        for (int i = 0; i < 5; i++) Put(Hash32.Of(BitConverter.GetBytes(i)));
        Assert.Null(log.Find(Hash32.Of("other"u8)));
        Assert.Equal((ulong)RootLog.MaxCount, log.Find(often)!.Sequence);
        Assert.Equal(6, log.Between(0, ulong.MaxValue).Count());
    }

    public void Dispose() => rig.Dispose();
}
