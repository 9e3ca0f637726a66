using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using Vault.Blocks;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

/// <summary>Trees that can't be added as they are, vaults that would like to write elsewhere, files that change under our hands.</summary>
[SupportedOSPlatform("linux")]
public sealed class FilesHostileTests : IDisposable
{
    readonly FilesRig rig = new();

    public void Dispose() => rig.Dispose();

    [Fact]
    public async Task What_no_vault_can_hold_is_skipped_with_its_reason_and_the_rest_is_added()
    {
        Write("tree/good", "good");
        Write("tree/back\\slash", "x");
        FolderWalkTests.Shell($"cd '{rig.Folder["tree"]}' && mkfifo pipe && touch \"$(printf 'bad\\377name')\" \"$(printf 'line\\nbreak')\" && mkdir \"$(printf 'dir\\377')\" && touch \"$(printf 'dir\\377/inside')\"");
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(rig.Folder["tree/socket"]));

        ImportReport added = await rig.AddAsync(rig.Folder["tree"], "t");

        Assert.Equal(1, added.Files);
        string tree = rig.Folder["tree"];
        Assert.Equal(
            [
                ($"{tree}/back\\slash", SkipReason.BadName), ($"{tree}/bad\\xffname", SkipReason.BadName), ($"{tree}/dir\\xff", SkipReason.BadName),
                ($"{tree}/line\\x0abreak", SkipReason.BadName), ($"{tree}/pipe", SkipReason.Special), ($"{tree}/socket", SkipReason.Special),
            ],
            added.Skipped.Select(skipped => (skipped.Path, skipped.Reason)).Distinct());
        FolderWalkTests.Shell($"rm -r '{tree}'"); // the base class library can't
    }

    [Fact]
    public async Task Names_go_in_in_one_form_and_of_two_that_become_one_the_second_is_reported()
    {
        Write("tree/e\u0301", "apart");
        Write("tree/a\u0308", "apart");
        Write("tree/\u00e4", "whole");
        ImportReport added = await rig.AddAsync(rig.Folder["tree"], "t");
        Assert.Equal(SkipReason.SameName, Assert.Single(added.Skipped).Reason);
        Assert.NotNull(rig.Node.Catalog.Find(Node.Path("t/\u00e9")));
        Assert.Equal(5, rig.Node.Catalog.Find(Node.Path("t/\u00e4"))!.Size);
    }

    [Fact]
    public async Task The_programs_own_folder_is_left_out()
    {
        Write("tree/data/secret", "x");
        Write("tree/file", "x");
        ImportReport added = await rig.AddAsync(rig.Folder["tree"], "t", new ImportOptions(Own: [rig.Folder["tree/data"]]));
        Assert.Equal((1, SkipReason.Own), (added.Files, Assert.Single(added.Skipped).Reason));
        Assert.Null(rig.Node.Catalog.Find(Node.Path("t/data")));
    }

    [Fact]
    public async Task A_file_that_changes_while_it_is_read_is_read_again()
    {
        Write("tree/file", new string('a', 600_000));
        bool changed = false;
        using FolderImport import = new(rig.Node.Catalog, rig.Ports);
        ImportReport added = await import.AddAsync([new ImportSource(rig.Folder["tree"], Node.Path("t"))], progress: new Heard(_ =>
        {
            if (changed) return;
            changed = true;
            File.WriteAllText(rig.Folder["tree/file"], new string('b', 700_000));
        }));
        Assert.True(changed);
        Assert.Empty(added.Skipped);
        await rig.GetAsync("t", rig.Folder["back"]);
        Assert.Equal(new string('b', 700_000), File.ReadAllText(rig.Folder["back/file"]));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(19, true)]
    [InlineData(21, false)]
    public void A_file_changed_within_the_clocks_last_tick_may_change_without_a_trace(long millisecondsAgo, bool may)
    {
        const long now = 1_800_000_000_123_456_789;
        Assert.Equal(may, new FileStat(FileKind.File, 0, 0, 0, now - millisecondsAgo * 1_000_000, 0, 0).MayStillChange(now));
        Assert.True(new FileStat(FileKind.File, 0, 0, 0, 1_799_999_999_000_000_000, 0, 0).MayStillChange(now)); // whole seconds
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_is_written_through_a_symlink_that_an_entry_placed(bool then)
    {
        Directory.CreateDirectory(rig.Folder["outside"]);
        FileRef file = await StoreAsync("evil");
        rig.Node.Catalog.Commit([
            new Edit.Put(new Entry(Node.Path("t/a")) { Target = rig.Folder["outside"] }, null, RecordKind.Symlink),
            new Edit.Put(new Entry(Node.Path("t/a/evil")) { Mode = 0x1A4, Size = 4 }, file, RecordKind.File),
        ]);
        await rig.GetAsync("t", rig.Folder["back"], new ExportOptions(Force: true, At: then ? rig.Rig.Time.Now : null));
        await rig.GetAsync("t", rig.Folder["back"], new ExportOptions(Force: true, At: then ? rig.Rig.Time.Now : null));
        Assert.Empty(Directory.GetFileSystemEntries(rig.Folder["outside"]));
    }

    [Fact]
    public async Task Nothing_is_written_through_a_symlink_that_stands_in_the_target()
    {
        Write("tree/sub/file", "content");
        Write("tree/link", "content");
        await rig.AddAsync(rig.Folder["tree"], "t");
        Write("outside/link", "untouched");
        Directory.CreateDirectory(rig.Folder["back"]);
        File.CreateSymbolicLink(rig.Folder["back/sub"], rig.Folder["outside"]);
        File.CreateSymbolicLink(rig.Folder["back/link"], rig.Folder["outside/link"]);
        ExportReport got = await rig.GetAsync("t", rig.Folder["back"], new ExportOptions(Force: true));
        Assert.Equal(["t/sub", "t/sub/file"], got.Skipped.Select(skipped => skipped.Path));
        Assert.All(got.Skipped, skipped => Assert.Equal(SkipReason.InTheWay, skipped.Reason));
        Assert.Equal([rig.Folder["outside/link"]], Directory.GetFileSystemEntries(rig.Folder["outside"]));
        Assert.Equal("untouched", File.ReadAllText(rig.Folder["outside/link"]));
        Assert.Equal("content", File.ReadAllText(rig.Folder["back/link"])); // the link itself was replaced
        Assert.Null(new FileInfo(rig.Folder["back/link"]).LinkTarget);
    }

    [Fact]
    public async Task A_changed_file_is_kept_without_force_and_the_others_come()
    {
        Write("tree/a", "aaa");
        Write("tree/b", "bbb");
        Write("tree/c", "ccc");
        await rig.AddAsync(rig.Folder["tree"], "t");
        await rig.GetAsync("t", rig.Folder["back"]);
        Write("back/a", "mine");
        File.Delete(rig.Folder["back/b"]);
        File.SetLastWriteTimeUtc(rig.Folder["back/c"], new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc)); // the same content: no reason to refuse
        ExportReport got = await rig.GetAsync("t", rig.Folder["back"]);
        Assert.Equal(("t/a", SkipReason.WouldOverwrite), (Assert.Single(got.Skipped).Path, got.Skipped[0].Reason));
        Assert.Equal(("mine", "bbb"), (File.ReadAllText(rig.Folder["back/a"]), File.ReadAllText(rig.Folder["back/b"])));
        Assert.Empty((await rig.GetAsync("t", rig.Folder["back"], new ExportOptions(Force: true))).Skipped);
        Assert.Equal(Tree.Describe(rig.Folder["tree"]).Skip(1), Tree.Describe(rig.Folder["back"]).Skip(1)); // the folder itself is the user's, and keeps its time
        Assert.Equal(3, (await rig.GetAsync("t", rig.Folder["back"])).Unchanged);
    }

    [Fact]
    public async Task Nobodys_file_runs_as_its_owner()
    {
        FileRef file = await StoreAsync("#!/bin/sh");
        rig.Node.Catalog.Commit([new Edit.Put(new Entry(Node.Path("t/x")) { Mode = 0xFED, Size = 9 }, file, RecordKind.File)]); // 07755
        await rig.GetAsync("t", rig.Folder["back"]);
        Assert.Equal((UnixFileMode)0x1ED, File.GetUnixFileMode(rig.Folder["back/x"]));
    }

    [Fact]
    public async Task A_file_whose_block_is_gone_is_reported_and_the_others_come()
    {
        Write("tree/a", "aaa");
        Write("tree/b", "bbb");
        await rig.AddAsync(rig.Folder["tree"], "t");
        BlockId gone = rig.Node.Catalog.Find(Node.Path("t/a"))!.Root!.Value;
        rig.Node.Blocks.Commit(new Batch().Delete(StoreKeys.Blocks, (byte[])[(byte)'i', .. rig.Node.Keys.Vault.Tag.ToArray(), .. gone.Hash.ToArray()]), Durability.Synced);
        ExportReport got = await rig.GetAsync("t", rig.Folder["back"]);
        Assert.Equal(("t/a", SkipReason.Missing), (Assert.Single(got.Skipped).Path, got.Skipped[0].Reason));
        Assert.Equal([rig.Folder["back/b"]], Directory.GetFileSystemEntries(rig.Folder["back"]));
    }

    [Fact]
    public async Task What_a_killed_get_had_in_hand_is_taken_away_by_the_next()
    {
        Write("tree/a", "aaa");
        await rig.AddAsync(rig.Folder["tree"], "t");
        Write("back/.vault-get-2147483647-0123456789abcdef-7", "half");
        await rig.GetAsync("t", rig.Folder["back"]);
        Assert.Equal([rig.Folder["back/a"]], Directory.GetFileSystemEntries(rig.Folder["back"]));
    }

    async Task<FileRef> StoreAsync(string content)
    {
        using FileWriter writer = new(rig.Node.Keys.Current);
        WriteSession session = rig.Rig.Own(rig.Node.Store.BeginWrite(rig.Node.Keys.Vault.Tag));
        FileRef file = await writer.WriteAsync(new MemoryStream(Encoding.UTF8.GetBytes(content)), session);
        await session.FlushAsync();
        return file;
    }

    void Write(string name, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(rig.Folder[name])!);
        File.WriteAllText(rig.Folder[name], content);
    }

    sealed class Heard(Action<TransferProgress> told) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value) => told(value);
    }
}
