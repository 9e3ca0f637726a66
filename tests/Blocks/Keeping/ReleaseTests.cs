using Vault.Primitives;
using Vault.Store;
using Xunit;

namespace Vault.Blocks.Tests;

public sealed class ReleaseTests : IDisposable
{
    readonly Rig rig = Rig.InMemory();

    public void Dispose() => rig.Dispose();

    async Task<FileRef> FreedAsync(byte[] content)
    {
        FileRef file = await rig.AddAsync(content, reason: PinReason.Wanted);
        rig.Pin(file.Root, reason: PinReason.Assigned);
        return file;
    }

    BlockId[] LeavesOf(FileRef file) => [.. rig.Store.Tree(Rig.Vault, file.Root).Where(block => block.Level == 0).Select(block => block.Id).Distinct()];

    [Fact]
    public async Task What_was_freed_goes_and_isnt_missing_and_what_is_left_of_it_is_kept()
    {
        FileRef file = await FreedAsync(Some.Noise(10_000));
        BlockId[] leaves = LeavesOf(file);
        using (Release release = new(rig.Store, Rig.Vault, RandomSource.Seeded(1))) Assert.Equal(leaves[1..], release.Drop(leaves[1..]));
        Assert.Empty(rig.Store.Missing(Rig.Vault));
        Assert.Equal(leaves[1..].ToHashSet(), rig.Store.Needed(Rig.Vault).Where(block => block.Info is null).Select(block => block.Id).ToHashSet());
        Assert.All(rig.Store.Needed(Rig.Vault), block => Assert.True(block.IsFreed));
        int stored = rig.Stored().Count;
        rig.Collect(TimeSpan.Zero);
        Assert.Equal(stored, rig.Stored().Count);
        Assert.Contains(leaves[0], rig.Stored());
        rig.Unpin(file.Root, reason: PinReason.Assigned);
        Assert.Equal(leaves.Length - 1, rig.Store.Missing(Rig.Vault).Distinct().Count());
    }

    [Fact]
    public async Task What_anything_else_needs_stays()
    {
        byte[] content = Some.Noise(10_000);
        FileRef freed = await FreedAsync(content), other = await rig.AddAsync(content[..5_000]);
        BlockId[] leaves = LeavesOf(freed);
        Batch promise = new();
        rig.Store.Pins.Add(promise, Rig.Vault, leaves[^1], PinReason.Lock, "somebody else..."u8);
        rig.Meta.Commit(promise, Durability.Synced);
        using (WriteSession writing = rig.Store.BeginWrite(Rig.Vault))
        {
            await rig.Writer.WriteAsync(new MemoryStream(Some.Noise(100, 5)), writing);
            using Release release = new(rig.Store, Rig.Vault, RandomSource.Seeded(1));
            IReadOnlyList<BlockId> dropped = release.Drop(leaves);
            Assert.NotEmpty(dropped);
            Assert.DoesNotContain(leaves[^1], dropped);
            Assert.Empty(dropped.Intersect(LeavesOf(other)));
        }
        Assert.Equal(content[..5_000], await rig.ReadAsync(other));
    }

    [Fact]
    public async Task What_is_pinned_after_it_began_stays_and_collections_wait()
    {
        byte[] content = Some.Noise(10_000);
        FileRef freed = await FreedAsync(content);
        BlockId[] leaves = LeavesOf(freed);
        using (Release release = new(rig.Store, Rig.Vault, RandomSource.Seeded(1)))
        {
            rig.Pin(freed.Root, reason: PinReason.History);
            Assert.Throws<InvalidOperationException>(() => rig.Collect());
            Assert.Empty(release.Drop(leaves));
        }
        Assert.Equal(content, await rig.ReadAsync(freed));
        rig.Collect();
    }
}
