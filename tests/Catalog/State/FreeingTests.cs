using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

/// <summary>Content that a device has decided to hold no longer.</summary>
public sealed class FreeingTests
{
    [Fact]
    public async Task Freed_content_is_no_longer_expected_here_until_it_is_kept_again()
    {
        using CatalogRig rig = new();
        Node node = rig.NewFounder();
        Edit.Put put = await node.StoreFileAsync("film", RandomSource.Seeded(1).Bytes(2_000_000));
        node.Catalog.Commit([put]);
        BlockId root = put.File!.Value.Root;
        Hash32 before = node.Catalog.Root;

        node.Catalog.Free([root]);
        Assert.True(node.Catalog.IsFreed(root));
        Assert.Equal(before, node.Catalog.Root); // nobody else's affair
        Assert.Equal(0, node.Catalog.Arrived());
        Assert.Equal((0, 0), node.Catalog.Wanted());
        using (Release release = new(node.Store, rig.Vault.Tag, RandomSource.Seeded(1)))
            release.Drop([.. node.Store.Tree(rig.Vault.Tag, root).Where(block => block.Level == 0).Select(block => block.Id)]);
        Assert.Empty(node.Store.Missing(rig.Vault.Tag));

        node.Reopen();
        Assert.True(node.Catalog.IsFreed(root));
        Assert.True(node.Catalog.Keep([root]));
        Assert.Equal((1, 2_000_000), node.Catalog.Wanted());
        Assert.NotEmpty(node.Store.Missing(rig.Vault.Tag));
        await node.StoreFileAsync("film", RandomSource.Seeded(1).Bytes(2_000_000));
        Assert.Equal(1, node.Catalog.Arrived([root]));
        Assert.Contains(node.Store.Pins.On(rig.Vault.Tag, root), pin => pin.Reason == PinReason.Head);
    }

    [Fact]
    public async Task What_was_freed_and_not_dropped_is_kept_as_before()
    {
        using CatalogRig rig = new();
        Node node = rig.NewFounder();
        Edit.Put put = await node.StoreFileAsync("film", RandomSource.Seeded(1).Bytes(500_000));
        node.Catalog.Commit([put]);
        node.Catalog.Free([put.File!.Value.Root]);
        Assert.False(node.Catalog.Keep([put.File.Value.Root]));
        Assert.Equal([PinReason.Head], node.Store.Pins.On(rig.Vault.Tag, put.File.Value.Root).Select(pin => pin.Reason));
    }
}
