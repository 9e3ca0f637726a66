using System.Collections.Concurrent;
using System.Text;
using Vault.Blocks;
using Vault.Store;

namespace Vault.Bench;

/// <summary>A tree of files as it lies in a store: where each is, and what was not there before.</summary>
sealed record StoredTree(IReadOnlyList<(string Path, FileRef File)> Files, long Blocks, long NewBlocks, long NewBytes);

/// <summary>Trees of files in and out, with a plain list of names and references in place of a catalog.</summary>
static class FilesScenario
{
    const string List = "files.list";

    /// <summary>Files that become durable together: one flush and one pin commit for all of them.</summary>
    const int FilesPerCommit = 512;
    const long BytesPerCommit = 256 << 20;

    public static async Task<int> WriteAsync(string storeFolder, string source)
    {
        Meter meter = new();
        using BenchStore store = new(storeFolder);
        using FileWriter writer = new(store.Keys.Current);
        StoredTree tree = await WriteTreeAsync(store, writer, source);
        byte[] reference = new byte[FileRef.EncodedSize];
        await File.WriteAllLinesAsync(Path.Combine(storeFolder, List), tree.Files.OrderBy(file => file.Path, StringComparer.Ordinal).Select(stored =>
        {
            stored.File.Write(reference);
            return Convert.ToHexStringLower(reference) + " " + stored.Path;
        }));
        Report.Line("write", meter, ("files", tree.Files.Count), ("new_blocks", tree.NewBlocks), ("new_bytes", tree.NewBytes));
        return 0;
    }

    public static async Task<StoredTree> WriteTreeAsync(BenchStore store, FileWriter writer, string source)
    {
        string[] paths = Directory.GetFiles(source, "*", SearchOption.AllDirectories);
        Array.Sort(paths, StringComparer.Ordinal);
        ConcurrentBag<(string Path, FileRef File)> done = [];
        long blocks = 0, newBlocks = 0, newBytes = 0;
        foreach (string[] group in Groups(paths))
        {
            using WriteSession session = store.Blocks.BeginWrite(store.Tag);
            Batch pins = new();
            await Parallel.ForEachAsync(group, async (path, stop) =>
            {
                await using FileStream content = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
                FileRef file = await writer.WriteAsync(content, session, stop: stop);
                string name = Path.GetRelativePath(source, path);
                byte[] owner = Encoding.UTF8.GetBytes(name);
                done.Add((name, file));
                lock (pins) store.Blocks.Pins.Add(pins, store.Tag, file.Root, PinReason.Head, owner.AsSpan(0, Math.Min(owner.Length, Pins.MaxOwner)));
            });
            await session.FlushAsync();
            store.Meta.Commit(pins, Durability.Synced);
            blocks += session.AllBlocks;
            newBlocks += session.NewBlocks;
            newBytes += session.NewBytes;
        }
        return new StoredTree([.. done], blocks, newBlocks, newBytes);
    }

    public static async Task<int> ReadAsync(string storeFolder, string target)
    {
        Meter meter = new();
        using BenchStore store = new(storeFolder);
        string[] lines = await File.ReadAllLinesAsync(Path.Combine(storeFolder, List));
        await Parallel.ForEachAsync(lines, async (line, stop) =>
        {
            int space = line.IndexOf(' ');
            FileRef file = FileRef.Read(Convert.FromHexString(line[..space]))!.Value;
            string path = Path.Combine(target, line[(space + 1)..]);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using FileReader content = new(store.Blocks, store.Tag, file);
            await using FileStream output = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0); // Create truncates, after which ext4 writes all of a file back at its close
            await content.CopyToAsync(output, stop);
        });
        Report.Line("read", meter, ("files", lines.Length));
        return 0;
    }

    static IEnumerable<string[]> Groups(string[] paths)
    {
        List<string> group = [];
        long bytes = 0;
        foreach (string path in paths)
        {
            group.Add(path);
            bytes += new FileInfo(path).Length;
            if (group.Count < FilesPerCommit && bytes < BytesPerCommit) continue;
            yield return [.. group];
            group.Clear();
            bytes = 0;
        }
        if (group.Count > 0) yield return [.. group];
    }
}
