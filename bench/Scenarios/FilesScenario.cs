using System.Collections.Concurrent;
using System.Text;
using Vault.Blocks;
using Vault.Store;

namespace Vault.Bench;

/// <summary>Trees of files in and out, with a plain list of names and references in place of a catalog.</summary>
static class FilesScenario
{
    const string List = "files.list";

    /// <summary>Files that become durable together: one flush and one pin commit for all of them.</summary>
    const int FilesPerCommit = 512;
    const long BytesPerCommit = 256 << 20;

    public static async Task<int> WriteAsync(string storeFolder, string source)
    {
        using BenchStore store = new(storeFolder);
        using FileWriter writer = new(store.Keys.Current);
        string[] paths = Directory.GetFiles(source, "*", SearchOption.AllDirectories);
        Array.Sort(paths, StringComparer.Ordinal);
        ConcurrentBag<(string Path, FileRef File)> done = [];
        long newBlocks = 0, newBytes = 0;
        foreach (string[] group in Groups(paths))
        {
            using WriteSession session = store.Blocks.BeginWrite(store.Tag);
            Batch pins = new();
            await Parallel.ForEachAsync(group, async (path, stop) =>
            {
                await using FileStream content = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
                FileRef file = await writer.WriteAsync(content, session, stop: stop);
                done.Add((Path.GetRelativePath(source, path), file));
                lock (pins) store.Blocks.Pins.Add(pins, store.Tag, file.Root, PinReason.Head, Encoding.UTF8.GetBytes(path).AsSpan(0, Math.Min(path.Length, Pins.MaxOwner)));
            });
            await session.FlushAsync();
            store.Meta.Commit(pins, Durability.Synced);
            newBlocks += session.NewBlocks;
            newBytes += session.NewBytes;
        }
        byte[] reference = new byte[FileRef.EncodedSize];
        await File.WriteAllLinesAsync(Path.Combine(storeFolder, List), done.OrderBy(d => d.Path, StringComparer.Ordinal).Select(d =>
        {
            d.File.Write(reference);
            return Convert.ToHexStringLower(reference) + " " + d.Path;
        }));
        Console.WriteLine($"{{\"files\":{done.Count},\"newBlocks\":{newBlocks},\"newBytes\":{newBytes}}}");
        return 0;
    }

    public static async Task<int> ReadAsync(string storeFolder, string target)
    {
        using BenchStore store = new(storeFolder);
        string[] lines = await File.ReadAllLinesAsync(Path.Combine(storeFolder, List));
        await Parallel.ForEachAsync(lines, async (line, stop) =>
        {
            int space = line.IndexOf(' ');
            FileRef file = FileRef.Read(Convert.FromHexString(line[..space]))!.Value;
            string path = Path.Combine(target, line[(space + 1)..]);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using FileReader content = new(store.Blocks, store.Tag, file);
            await using FileStream output = new(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            await content.CopyToAsync(output, stop);
        });
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
