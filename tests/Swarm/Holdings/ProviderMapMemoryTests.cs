using Vault.Primitives;
using Xunit;

namespace Vault.Swarm.Tests;

/// <summary>What the map takes of memory: alone, because what others give back meanwhile would count as well.</summary>
[Collection(Alone)]
public sealed class ProviderMapMemoryTests
{
    const string Alone = "the size of the heap";

    [CollectionDefinition(Alone, DisableParallelization = true)]
    public sealed class ByItself;

    static readonly SketchKey key = new(new byte[16]);

    [Fact]
    public void A_million_blocks_and_fifty_devices_take_less_than_32_MB()
    {
        RandomSource random = RandomSource.Seeded(1);
        HeldId[] ids = [.. Enumerable.Range(0, 1_000_000).Select(_ => new HeldId(random.NextUInt64()))];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        ProviderMap map = new(key, random);
        HeldColumn[] peers = [.. Enumerable.Range(0, 50).Select(_ => map.AddColumn())];
        foreach (HeldId id in ids) map.Add(map.Needed, id);
        foreach (HeldColumn peer in peers)
            for (int i = 0; i < ids.Length; i += 7) map.Add(peer, ids[i]);
        long taken = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(map);
        GC.KeepAlive(peers);
        Assert.InRange(taken, 1 << 20, 32 << 20);
    }
}
