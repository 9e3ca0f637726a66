using System.Text;
using Vault.Blocks;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

/// <summary>What the program does to files in a watched folder, and what it leaves alone.</summary>
public sealed class FolderHandsTests : IDisposable
{
    readonly CatalogRig rig = new();
    readonly Node node;
    readonly TestFolder folder = new();
    readonly WatchedTree tree;
    readonly SmallFileReader small;
    readonly FolderHands hands;

    public FolderHandsTests()
    {
        node = rig.NewFounder();
        Assert.Equal(0, FolderHandle.Open(Encoding.UTF8.GetBytes(folder.Path), out FolderHandle? root));
        Hash16 id = new(new byte[16]);
        using (root) Assert.Equal(0, WatchMarker.Write(root!, id, "test"));
        tree = WatchedTree.TryOpen(folder.Path, id, _ => null, [], acceptsMounts: false, out _)!;
        small = new SmallFileReader(node.Store, node.Keys.Vault.Tag);
        hands = new FolderHands(tree, node.Store, node.Keys.Vault.Tag, small, rig.Random);
    }

    public void Dispose()
    {
        small.Dispose();
        tree.Dispose();
        folder.Dispose();
        rig.Dispose();
    }

    async Task<(Handled, FileStat)> PlaceAsync(string name, string text, BaseEntry? over = null)
    {
        Edit.Put put = await node.StoreFileAsync(name, Encoding.UTF8.GetBytes(text));
        return await hands.PlaceAsync(Node.Path(name), put.Entry with { ModifiedNs = 1_600_000_000_000_000_000 }, RecordKind.File, put.File, over, default);
    }

    BaseEntry Entry(string name, FileStat stat) => new(new Based(Node.Path(name), new Look(RecordKind.File, null, 0x1A4, null), VersionVector.Empty), stat, true, false);

    FileStat StatOf(string name)
    {
        Assert.Equal(0, tree.Root.Stat(Encoding.UTF8.GetBytes(name), out FileStat stat));
        return stat;
    }

    [Fact]
    public async Task A_file_is_placed_whole_with_its_mode_and_time_and_replaced_whole()
    {
        (Handled handled, FileStat stat) = await PlaceAsync("a/b.txt", "one");
        Assert.Equal(Handled.Done, handled);
        Assert.Equal(("one", 0x1A4u), (File.ReadAllText(folder["a/b.txt"]), stat.Mode));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1_600_000_000).UtcDateTime, File.GetLastWriteTimeUtc(folder["a/b.txt"]));
        Assert.Equal(Handled.Done, (await PlaceAsync("a/b.txt", "two", Entry("a/b.txt", stat))).Item1);
        Assert.Equal("two", File.ReadAllText(folder["a/b.txt"]));
        Assert.Equal(["b.txt"], Directory.EnumerateFileSystemEntries(folder["a"]).Select(Path.GetFileName));
    }

    [Fact]
    public async Task What_the_user_has_written_since_is_neither_replaced_nor_removed()
    {
        (_, FileStat stat) = await PlaceAsync("a", "one");
        File.WriteAllText(folder["a"], "mine");
        Assert.Equal(Handled.Changed, (await PlaceAsync("a", "two", Entry("a", stat))).Item1);
        Assert.Equal(Handled.Changed, hands.Clear(Entry("a", stat)));
        Assert.Equal(Handled.Changed, (await PlaceAsync("a", "two")).Item1);
        Assert.Equal("mine", File.ReadAllText(folder["a"]));
        Assert.Equal([".vault-watch", "a"], Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task What_is_as_it_was_is_removed()
    {
        (_, FileStat stat) = await PlaceAsync("a", "one");
        Assert.Equal(Handled.Done, hands.Clear(Entry("a", stat)));
        Assert.False(File.Exists(folder["a"]));
        Assert.Equal(Handled.Done, hands.Clear(Entry("a", stat))); // the user was quicker
    }

    [Fact]
    public async Task Nothing_is_written_through_a_symlink_or_where_a_file_stands_in_the_way()
    {
        Directory.CreateDirectory(folder["outside"]);
        File.CreateSymbolicLink(folder["link"], folder["outside"]);
        Assert.Equal(Handled.Blocked, (await PlaceAsync("link/a", "one")).Item1);
        File.WriteAllText(folder["file"], "mine");
        Assert.Equal(Handled.Blocked, (await PlaceAsync("file/a", "one")).Item1);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder["outside"]));
    }

    [Fact]
    public void A_folder_with_something_in_it_stays()
    {
        Directory.CreateDirectory(folder["d"]);
        File.WriteAllText(folder["d/mine"], "");
        Assert.Equal(Handled.Blocked, hands.Clear(new BaseEntry(new Based(Node.Path("d"), new Look(RecordKind.Folder, null, 0x1ED, null), VersionVector.Empty), StatOf("d"), true, false)));
        File.Delete(folder["d/mine"]);
        Assert.Equal(Handled.Done, hands.Clear(new BaseEntry(new Based(Node.Path("d"), new Look(RecordKind.Folder, null, 0x1ED, null), VersionVector.Empty), StatOf("d"), true, false)));
    }

    [Fact]
    public async Task What_a_killed_process_left_is_thrown_away_only_if_the_vault_has_it()
    {
        using FileWriter writer = new(node.Keys.Current);
        using ImportJournal journal = new(node.Store, node.Keys.Vault.Tag, node.Keys.Current, rig.Random);
        FileIntake intake = new(writer, journal, new TransferMeter(null, rig.Time), rig.Time);
        Edit.Put known = await node.StoreFileAsync("a.txt", "known"u8.ToArray());
        node.Catalog.Commit([known]);
        File.WriteAllText(folder[".vault-swap-0123456789abcdef-a.txt"], "known");
        File.WriteAllText(folder[".vault-swap-0123456789abcdee-b.txt"], "somebody's only copy");
        File.WriteAllText(folder[".vault-new-0123456789abcdef"], "half of someth");
        using WriteSession session = node.Store.BeginWrite(node.Keys.Vault.Tag);
        foreach (string name in Directory.EnumerateFiles(folder.Path).Select(path => Path.GetFileName(path)).Where(name => name != ".vault-watch").ToList())
            Assert.True(await LeftBehind.TendAsync(tree.Root, Encoding.UTF8.GetBytes(name), intake, session, node.Catalog.Parts, default));
        Assert.Equal([".vault-watch", "b (kept).txt"], Directory.EnumerateFiles(folder.Path).Select(Path.GetFileName).Order());
        Assert.Equal("somebody's only copy", File.ReadAllText(folder["b (kept).txt"]));
    }

    [Fact]
    public void A_folder_without_its_marker_or_with_another_one_isnt_opened()
    {
        Assert.Null(WatchedTree.TryOpen(folder.Path, new Hash16([.. Enumerable.Repeat((byte)1, 16)]), _ => null, [], acceptsMounts: false, out string why));
        Assert.Equal("it is another folder than the one that was watched", why);
        File.Delete(folder[WatchMarker.Name]);
        Assert.Null(WatchedTree.TryOpen(folder.Path, new Hash16(new byte[16]), _ => null, [], acceptsMounts: false, out why));
        Assert.Contains("is gone", why);
        Assert.Null(WatchedTree.TryOpen(folder["nowhere"], new Hash16(new byte[16]), _ => null, [], acceptsMounts: false, out why));
        Assert.Contains("isn't there", why);
    }
}
