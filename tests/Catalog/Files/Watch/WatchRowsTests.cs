using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

/// <summary>What is remembered of a path comes back as it was noted.</summary>
public sealed class WatchRowsTests
{
    [Fact]
    public void What_a_name_stood_for_and_what_it_was_about_to_become_come_back()
    {
        using CatalogRig rig = new();
        Node node = rig.NewFounder();
        CatalogPorts ports = node.Ports();
        using WatchRows rows = new(ports.Meta, ports.Keys, ports.Random);
        Hash16 watch = new(rig.Random.Bytes(Hash16.Size));
        DeviceId device = new(rig.Random.Bytes(DeviceId.Size));
        VersionVector seen = VersionVector.Of(new VersionEntry(device, new HybridTime(7)));
        Look file = new(RecordKind.File, new BlockId(Hash32.Of("one"u8)), 0x1A4, null), link = new(RecordKind.Symlink, null, 0, "elsewhere"), folder = new(RecordKind.Folder, null, 0x1ED, null);
        VaultPath path = Node.Path("d/a");
        Turn?[] turns = [null, new Turn(null, VersionVector.Empty), new Turn(file, seen), new Turn(link, VersionVector.Empty), new Turn(folder, seen)];
        BaseEntry[] entries = [.. turns.SelectMany((turn, i) => new Look[] { file, link, folder }.Select(look =>
            new BaseEntry(new Based(Node.Path($"d/a{i}{look.Kind}"), look, i % 2 == 0 ? seen : VersionVector.Empty, turn), new FileStat(FileKind.File, 0x1A4, i, 2, 3, 4, 5), i % 2 == 0, i % 3 == 0)))];

        Batch batch = new();
        rows.Put(batch, watch, path, [], entries);
        ports.Meta.Commit(batch, Durability.Logged);

        Assert.Equal(entries, rows.Find(watch, path));
        Assert.Equal(path, rows.OwnerOf(watch, entries[^1].Name));
        Assert.Equal(entries, Assert.Single(rows.In(watch, path.Parent)).Entries);
    }
}
