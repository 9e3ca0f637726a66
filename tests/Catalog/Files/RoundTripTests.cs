using System.Runtime.Versioning;
using System.Text;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

[SupportedOSPlatform("linux")]
public sealed class RoundTripTests : IDisposable
{
    readonly FilesRig rig = new();

    public void Dispose() => rig.Dispose();

    [Fact]
    public async Task A_tree_comes_back_as_it_was()
    {
        Seed seed = Seed.FromEnvironment();
        RandomSource random = seed.Source();
        for (int i = 0; i < LongRun.Cases(4, 60); i++)
        {
            string tree = rig.Folder[$"tree{i}"], back = rig.Folder[$"back{i}"];
            Tree.Make(tree, random, 80);
            ImportReport added = await rig.AddAsync(tree, $"t{i}");
            Assert.Equal(0, added.SkippedCount);
            ExportReport got = await rig.GetAsync($"t{i}", back);
            Assert.Empty(got.Skipped);
            string[] was = [.. Tree.Describe(tree)], now = [.. Tree.Describe(back)];
            Assert.True(was.SequenceEqual(now), $"differs; {seed}\nlost: {string.Join('\n', was.Except(now))}\nmade: {string.Join('\n', now.Except(was))}\nfirst: {was.Zip(now).FirstOrDefault(pair => pair.First != pair.Second)}");
            Assert.Equal((added.Files, added.Bytes, added.Folders, added.Symlinks), (got.Files, got.Bytes, got.Folders, got.Symlinks));
        }
    }

    [Fact]
    public async Task Adding_again_reads_no_file_and_changes_no_root()
    {
        Tree.Make(rig.Folder["tree"], RandomSource.Seeded(3), 80);
        ImportReport first = await rig.AddAsync(rig.Folder["tree"], "t");
        Hash32 root = rig.Node.Catalog.Root;
        ImportReport second = await rig.AddAsync(rig.Folder["tree"], "t");
        Assert.Equal(root, rig.Node.Catalog.Root);
        Assert.Equal(0, second.Blocks); // nothing passed through a writer
        Assert.Equal((first.Files, first.Bytes, first.Folders, first.Symlinks), (second.Files, second.Bytes, second.Folders, second.Symlinks));
        Assert.Equal(second.Files + second.Folders + second.Symlinks, second.Unchanged);
    }

    [Fact]
    public async Task Adding_again_replaces_what_changed_and_removes_nothing()
    {
        Write("tree/same", "same");
        Write("tree/changes", "one");
        Write("tree/goes", "goes");
        await rig.AddAsync(rig.Folder["tree"], "t");
        Write("tree/changes", "two");
        File.Delete(rig.Folder["tree/goes"]);
        await rig.AddAsync(rig.Folder["tree"], "t");
        await rig.GetAsync("t", rig.Folder["back"]);
        Assert.Equal("two", File.ReadAllText(rig.Folder["back/changes"]));
        Assert.Equal("goes", File.ReadAllText(rig.Folder["back/goes"]));
        Assert.Equal(2, rig.Node.Catalog.History(Node.Path("t/changes")).Count);
        Assert.Single(rig.Node.Catalog.History(Node.Path("t/same")));
    }

    [Fact]
    public async Task A_file_removed_from_the_vault_comes_back_when_it_is_added_again_unchanged()
    {
        Write("tree/file", "content");
        await rig.AddAsync(rig.Folder["tree"], "t");
        rig.Node.Catalog.Commit([new Edit.Remove(Node.Path("t/file"))]);
        await rig.AddAsync(rig.Folder["tree"], "t");
        Assert.NotNull(rig.Node.Catalog.Find(Node.Path("t/file")));
    }

    [Fact]
    public async Task The_same_content_under_a_new_time_is_a_new_version_and_no_new_block()
    {
        Write("tree/file", "content");
        await rig.AddAsync(rig.Folder["tree"], "t");
        File.SetLastWriteTimeUtc(rig.Folder["tree/file"], new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        ImportReport again = await rig.AddAsync(rig.Folder["tree"], "t");
        Assert.Equal((1, 0), (again.Blocks, again.NewBlocks));
        Assert.Equal(2, rig.Node.Catalog.History(Node.Path("t/file")).Count);
    }

    [Fact]
    public async Task One_file_becomes_the_path_and_comes_back_as_the_file_that_was_named()
    {
        Write("file", "content");
        await rig.AddAsync(rig.Folder["file"], "docs/letter.txt");
        ExportReport got = await rig.GetAsync("docs/letter.txt", rig.Folder["new/out.txt"]);
        Assert.Equal(1, got.Files);
        Assert.Equal("content", File.ReadAllText(rig.Folder["new/out.txt"]));
        ConfigException refused = await Assert.ThrowsAsync<ConfigException>(() => rig.GetAsync("docs/letter.txt", rig.Folder["new"]));
        Assert.Contains("is a folder", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ConfigException>(() => rig.GetAsync("docs/other.txt", rig.Folder["out"]));
    }

    [Fact]
    public async Task A_stream_becomes_a_file()
    {
        byte[] content = RandomSource.Seeded(5).Bytes(3_000_000);
        using FolderImport import = new(rig.Node.Catalog, rig.Ports);
        ImportReport added = await import.AddAsync(new MemoryStream(content), Node.Path("dump"));
        Assert.Equal((1, 3_000_000L), (added.Files, added.Bytes));
        await rig.GetAsync("dump", rig.Folder["out"]);
        Assert.Equal(content, File.ReadAllBytes(rig.Folder["out"]));
    }

    [Fact]
    public async Task A_file_is_got_as_it_was_at_a_time()
    {
        Write("tree/file", "one");
        await rig.AddAsync(rig.Folder["tree"], "t");
        DateTimeOffset then = rig.Rig.Time.Now;
        rig.Rig.Time.Pass(TimeSpan.FromHours(1));
        Write("tree/file", "two!");
        Write("tree/later", "later");
        await rig.AddAsync(rig.Folder["tree"], "t");
        await rig.GetAsync("t", rig.Folder["then"], new ExportOptions(At: then));
        Assert.Equal("one", File.ReadAllText(rig.Folder["then/file"]));
        Assert.False(File.Exists(rig.Folder["then/later"]));
        await rig.GetAsync("t/file", rig.Folder["one"], new ExportOptions(At: then));
        Assert.Equal("one", File.ReadAllText(rig.Folder["one"]));
    }

    [Fact]
    public async Task Large_and_sparse_files_come_back()
    {
        byte[] content = RandomSource.Seeded(6).Bytes(9_000_000);
        Directory.CreateDirectory(rig.Folder["tree"]);
        File.WriteAllBytes(rig.Folder["tree/large"], content);
        using (FileStream sparse = File.Create(rig.Folder["tree/sparse"]))
        {
            sparse.SetLength(200 << 20);
            sparse.Position = 100 << 20;
            sparse.Write("in the middle"u8);
        }
        await rig.AddAsync(rig.Folder["tree"], "t");
        await rig.GetAsync("t", rig.Folder["back"]);
        Assert.Equal(Tree.Describe(rig.Folder["tree"]), Tree.Describe(rig.Folder["back"]));
    }

    void Write(string name, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(rig.Folder[name])!);
        File.WriteAllBytes(rig.Folder[name], Encoding.UTF8.GetBytes(content));
    }
}
