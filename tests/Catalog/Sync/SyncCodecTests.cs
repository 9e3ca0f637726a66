using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

public sealed class SyncCodecTests
{
    [Fact]
    public void Every_message_comes_back_as_it_was() => Seed.Check(LongRun.Cases(2000, 50_000), random =>
    {
        byte[] bytes = SyncCodec.Encode(RandomMessage.Of(random, new MemorySet(random.Leaves(random.Below(20)))));
        SyncMessage? read = SyncCodec.Decode(bytes);
        Assert.NotNull(read);
        Assert.Equal(bytes, SyncCodec.Encode(read));
    });

    [Fact]
    public void Whatever_can_be_read_has_no_other_form() => Seed.Check(LongRun.Cases(100_000, 1_000_000), random =>
    {
        byte[] bytes;
        if (random.Below(2) == 0)
        {
            bytes = random.BytesUpTo(200);
            if (bytes.Length > 0) bytes[0] = (byte)random.Below(12);
        }
        else
        {
            bytes = SyncCodec.Encode(RandomMessage.Of(random, new MemorySet()));
            for (int i = random.Below(4); i >= 0; i--) bytes[random.Below(Math.Min(bytes.Length, 80))] = (byte)random.NextUInt64();
            if (random.Below(4) == 0) bytes = bytes[..random.Below(bytes.Length + 1)];
            if (random.Below(8) == 0) bytes = [.. bytes, (byte)random.NextUInt64()];
        }
        if (SyncCodec.Decode(bytes) is { } read) Assert.Equal(bytes, SyncCodec.Encode(read));
    });

    [Fact]
    public void Cells_come_back_as_they_were() => Seed.Check(10_000, random =>
    {
        byte[] bytes = random.Bytes(Cell.Size), written = new byte[Cell.Size];
        Cell.Read(bytes).CopyTo(written);
        Assert.Equal(bytes, written);
    });

    [Fact]
    public void The_largest_answers_stay_below_the_limit_of_a_message()
    {
        RandomSource random = RandomSource.Seeded(1);
        TreeNode hashes = new TreeNode.Hashes([.. Enumerable.Range(0, 16).Select(_ => random.NextHash())]);
        TreeNode listed = new TreeNode.Leaves([.. random.Leaves(SyncLimits.ListedLeaves).Order()]), deep = new TreeNode.Leaves([.. random.Leaves(SyncLimits.LeavesPerAnswer).Order()]);
        foreach ((TreeNode node, int count) in new[] { (hashes, SyncLimits.PrefixesPerMessage), (listed, SyncLimits.PrefixesPerMessage), (deep, SyncLimits.DeepPrefixesPerMessage) })
            Assert.NotNull(SyncCodec.Decode(SyncCodec.Encode(new SyncMessage.Nodes(true, [.. Enumerable.Repeat(node, count)]))));
        Assert.InRange(SyncLimits.RecordsTarget + SyncLimits.Record + 2 * SyncLimits.RecordsTarget, 0, SyncLimits.Message);
    }
}
