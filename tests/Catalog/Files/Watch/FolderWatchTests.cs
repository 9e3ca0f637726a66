using System.Text;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

/// <summary>One watched folder on a real disk, with the catalog in memory: names, and what stands in the way.</summary>
public sealed class FolderWatchTests : IAsyncDisposable
{
    static readonly TimeSpan liveness = TimeSpan.FromMinutes(1);

    readonly CatalogRig rig = new();
    readonly TestFolder folder = new();
    readonly Node node;
    readonly List<WatchNews> news = [];
    readonly CancellationTokenSource stopping = new();
    FolderWatch? watch;
    Task running = Task.CompletedTask;

    public FolderWatchTests() => node = rig.NewFounder();

    string Here => folder["here"];

    FolderWatch Begin(Node? on = null)
    {
        Node at = on ?? node;
        watch = FolderWatches.Begin(at.Catalog, at.Ports(), Here, "test", Brake.UsualMost, [], (_, heard) =>
        {
            lock (news) news.Add(heard);
        });
        running = watch.RunAsync(stopping.Token);
        return watch;
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await running.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        watch?.Dispose();
        rig.Dispose();
        folder.Dispose();
        stopping.Dispose();
    }

    static async Task UntilAsync(Func<bool> holds)
    {
        using CancellationTokenSource patience = new(liveness);
        while (!holds()) await Task.Delay(20, patience.Token);
    }

    void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(Here, name))!);
        File.WriteAllText(Path.Combine(Here, name), text);
    }

    IEnumerable<string> Told(string kind)
    {
        lock (news) return [.. news.Where(one => one.Kind == kind).Select(one => one.Text)];
    }

    [Fact]
    public async Task Names_that_no_vault_can_hold_are_told_once_and_left_alone()
    {
        Write("back\\slash", "1");
        Write("new\nline", "2");
        Write("good", "3");
        Begin();
        await UntilAsync(() => node.Find("good") != null);
        await UntilAsync(() => watch!.Status.Problems.Count == 2);
        Write("good too", "4");
        await UntilAsync(() => node.Find("good too") != null);
        Assert.Equal(2, Told("watch-problem").Count());
        Assert.Equal(4, Directory.EnumerateFiles(Here).Count(path => Path.GetFileName(path) != WatchMarker.Name));
        File.Move(Path.Combine(Here, "back\\slash"), Path.Combine(Here, "forward"));
        await UntilAsync(() => node.Find("forward") != null);
    }

    [Fact]
    public async Task A_name_in_another_form_of_Unicode_becomes_the_one_that_vaults_use()
    {
        Begin();
        Write("e\u0301te\u0301", "summer");
        await UntilAsync(() => node.Find("\u00e9t\u00e9") != null && File.Exists(Path.Combine(Here, "\u00e9t\u00e9")));
        Assert.Equal(["\u00e9t\u00e9"], node.Names());
    }

    [Fact]
    public async Task What_editors_leave_for_a_moment_isnt_taken_along_and_what_they_save_is()
    {
        Begin();
        foreach (string name in (string[])[".a.txt.swp", "4913", "a.txt~", ".~lock.a.odt#", "film.mkv.part", ".vault-new-x"]) Write(name, "passing");
        Write("a.txt", "one");
        File.Move(Path.Combine(Here, "a.txt"), Path.Combine(Here, "a.txt~"), overwrite: true); // as vim saves
        Write("a.txt", "two");
        await UntilAsync(() => node.Find("a.txt") is { Size: 3 } found && node.Store.Pins.On(node.Keys.Vault.Tag, found.Root!.Value).Any());
        Write("last", "");
        await UntilAsync(() => node.Find("last") != null);
        Assert.Equal(["a.txt", "last"], node.Names());
        Assert.DoesNotContain(node.Catalog.History(Node.Path("a.txt")), past => past.Version.IsTombstone);
    }

    [Fact]
    public async Task A_symlink_out_of_the_folder_is_kept_as_a_link_and_not_followed()
    {
        Directory.CreateDirectory(folder["outside"]);
        File.WriteAllText(folder["outside/secret"], "not ours");
        Begin();
        Directory.CreateSymbolicLink(Path.Combine(Here, "link"), folder["outside"]);
        await UntilAsync(() => node.Find("link") is { Kind: RecordKind.Symlink });
        Assert.Null(node.Find("link/secret"));
    }

    [Fact]
    public async Task A_device_that_may_only_read_gets_changes_and_says_that_its_own_stay()
    {
        Node reader = rig.NewMember(node, Role.Reader);
        node.Catalog.Commit([await node.StoreFileAsync("from another", "text"u8.ToArray())]);
        await reader.StoreFileAsync("from another", "text"u8.ToArray()); // as if its blocks had been fetched
        Begin(reader);
        Write("own", "stays");
        await UntilAsync(() => watch!.Status.Problems.Any(problem => problem.Path == "own"));
        reader.MergeFrom(node);
        reader.Catalog.Arrived();
        await UntilAsync(() => File.Exists(Path.Combine(Here, "from another")));
        Assert.Null(reader.Find("own"));
    }

    [Fact]
    public async Task A_stale_copy_of_a_version_that_lost_isnt_taken_for_a_new_file()
    {
        Node other = rig.NewMember(node, Role.Writer);
        node.Catalog.Commit([await node.StoreFileAsync("plan", "here"u8.ToArray())]);
        other.Catalog.Commit([await other.StoreFileAsync("plan", "there"u8.ToArray())]);
        node.MergeFrom(other);
        (VaultPath name, Head head) = VaultSide.Of(node.Catalog, Node.Path("plan")).Visible[1];
        node.Catalog.Commit([new Edit.Resolve(Node.Path("plan"), VaultSide.Of(node.Catalog, Node.Path("plan")).Visible[0].Head.Record.Leaf)]);
        Write(name.Text, head.Entry!.Size == 4 ? "here" : "there");
        Write("mark", "");
        Begin();
        await UntilAsync(() => node.Find("mark") != null && watch!.Status.State != WatchState.Starting);
        Assert.Equal(["mark", "plan"], node.Names());
        await UntilAsync(() => !File.Exists(Path.Combine(Here, name.Text)));
    }

    [Fact]
    public void What_lies_on_a_disk_that_was_unmounted_below_isnt_there_to_be_told()
    {
        Directory.CreateDirectory(Path.Combine(Here, "disk"));
        Assert.Equal(0, FolderHandle.Open(Encoding.UTF8.GetBytes(Here), out FolderHandle? root));
        Hash16 id = new(new byte[16]);
        using (root) Assert.Equal(0, WatchMarker.Write(root!, id, "test"));
        BaseEntry mounted = new(new Based(Node.Path("disk"), new Look(RecordKind.Folder, null, 0x1ED, null), VersionVector.Empty), default, true, IsMount: true);
        using WatchedTree tree = WatchedTree.TryOpen(Here, id, path => path.Text == "disk" ? mounted : null, [], acceptsMounts: false, out _)!;
        Assert.Equal(WatchedTree.OtherDisk, tree.Hold(Node.Path("disk"), make: false, out _, out _));
        Directory.Delete(Path.Combine(Here, "disk"));
        Assert.Equal(WatchedTree.OtherDisk, tree.Hold(Node.Path("disk"), make: true, out _, out _));
        using WatchedTree accepting = WatchedTree.TryOpen(Here, id, path => path.Text == "disk" ? mounted : null, [], acceptsMounts: true, out _)!;
        Assert.Equal(Errno.Absent, accepting.Hold(Node.Path("disk"), make: false, out _, out _));
    }
}
