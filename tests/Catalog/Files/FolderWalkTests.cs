using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class FolderWalkTests : IDisposable
{
    readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_walk_finds_what_a_naive_walk_finds_in_the_order_of_bytes() => Seed.Check(LongRun.Cases(20, 500), random =>
    {
        string root = folder[$"tree{random.NextUInt64():x}"];
        Tree.Make(root, random, 60);
        Assert.Equal(Naive(root, ""), Walked(root));
    });

    [Fact]
    public void Names_are_the_bytes_they_are()
    {
        byte[] odd = [.. "caf"u8, 0xE9, (byte)'\n', 0xFF];
        Shell($"cd '{folder.Path}' && touch \"$(printf 'caf\\351\\n\\377x')\"");
        using FolderWalk walk = Begin(folder.Path);
        using WalkedEntry entry = walk.Next()!.Value;
        Assert.Equal([.. odd, (byte)'x'], entry.Name);
        Assert.EndsWith("/caf\\xe9\\x0a\\xffx", PathForPeople.Of(entry.Path), StringComparison.Ordinal);
        Assert.Equal(0, entry.Folder.Handle.Stat(entry.Name, out FileStat stat));
        Assert.Equal(FileKind.File, stat.Kind);
        Shell($"rm '{folder.Path}'/caf*"); // the base class library can't
    }

    [Fact]
    public void A_symlink_to_a_folder_is_an_entry_and_is_not_followed()
    {
        Directory.CreateDirectory(folder["real"]);
        File.WriteAllText(folder["real/file"], "x");
        File.CreateSymbolicLink(folder["link"], "real");
        File.CreateSymbolicLink(folder["loop"], ".");
        Assert.Equal(["link:Symlink", "loop:Symlink", "real:Folder", "real/file:File"], Walked(folder.Path));
    }

    [Fact]
    public void Sockets_pipes_and_devices_are_seen_as_what_they_are()
    {
        Shell($"mkfifo '{folder["pipe"]}'");
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(folder["socket"]));
        Assert.Equal(["pipe:Pipe", "socket:Socket"], Walked(folder.Path));
    }

    [Fact]
    public void A_tree_deeper_than_a_path_can_be_is_walked_to_there_and_reported()
    {
        string deep = folder.Path;
        for (int i = 0; i < FolderWalk.MaxDepth + 3; i++) deep += "/d";
        Directory.CreateDirectory(deep);
        List<string> reported = [];
        using FolderWalk walk = Begin(folder.Path, (path, _) => reported.Add(PathForPeople.Of(path)));
        int found = 0;
        while (walk.Next() is { } entry)
        {
            found++;
            entry.Dispose();
        }
        Assert.Equal(FolderWalk.MaxDepth + 1, found);
        Assert.Single(reported);
    }

    [Fact]
    public void A_folder_that_was_swapped_for_a_symlink_is_not_entered()
    {
        Directory.CreateDirectory(folder["secret"]);
        File.WriteAllText(folder["secret/inside"], "x");
        Directory.CreateDirectory(folder["tree/a"]);
        Directory.CreateDirectory(folder["tree/b"]);
        List<string> errors = [];
        using FolderWalk walk = Begin(folder["tree"], (_, error) => errors.Add(error));
        using WalkedEntry a = walk.Next()!.Value;
        Directory.Delete(folder["tree/b"]);
        File.CreateSymbolicLink(folder["tree/b"], folder["secret"]);
        using WalkedEntry b = walk.Next()!.Value;
        Assert.Null(walk.Next());
        Assert.Single(errors);
    }

    static FolderWalk Begin(string path, Action<byte[], string>? unreadable = null)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(path);
        Assert.Equal(0, FolderHandle.Open(bytes, out FolderHandle? handle));
        return new FolderWalk(handle!, bytes, "", _ => "", unreadable ?? ((where, why) => Assert.Fail($"{PathForPeople.Of(where)}: {why}")));
    }

    static List<string> Walked(string path)
    {
        using FolderWalk walk = Begin(path);
        List<string> found = [];
        while (walk.Next() is { } entry)
            using (entry) found.Add($"{Encoding.UTF8.GetString(entry.Below)}:{entry.Kind}");
        return found;
    }

    static IEnumerable<string> Naive(string root, string below)
    {
        foreach (FileSystemInfo entry in new DirectoryInfo(Path.Combine(root, below)).GetFileSystemInfos().OrderBy(entry => Encoding.UTF8.GetBytes(entry.Name), Bytes.Order))
        {
            string path = below.Length == 0 ? entry.Name : $"{below}/{entry.Name}";
            bool isFolder = entry.Attributes.HasFlag(FileAttributes.Directory), link = entry.LinkTarget != null;
            yield return $"{path}:{(link ? FileKind.Symlink : isFolder ? FileKind.Folder : FileKind.File)}";
            if (isFolder && !link)
                foreach (string deeper in Naive(root, path)) yield return deeper;
        }
    }

    internal static void Shell(string command)
    {
        ProcessStartInfo start = new("/bin/sh") { ArgumentList = { "-c", command } };
        using Process process = Process.Start(start)!;
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}

static class Bytes
{
    public static IComparer<byte[]> Order { get; } = Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b));
}
