using Vault.Blocks;

namespace Vault.Bench;

/// <summary>
/// What one choice of chunk sizes costs and saves: three trees into a fresh store, one after the other. One choice per process,
/// so that none inherits another's warm code.
/// </summary>
static class SizesScenario
{
    /// <summary>In the proportions of the default: from a third to 16 thirds, or as far as a leaf goes.</summary>
    static ChunkSizes Around(int normal) => new(normal / 3, normal, Math.Min(normal / 3 * 16, Limits.MaxLeafContent));

    public static async Task<int> RunAsync(string folder, int normalKiB, string big, string edited, string mixed)
    {
        ChunkSizes sizes = Around(normalKiB << 10);
        using BenchStore store = new(folder);
        using FileWriter writer = new(store.Keys.Current, sizes);
        long before = 0;
        foreach ((string name, string source) in ((string, string)[])[("big", big), ("edited", edited), ("mixed", mixed)])
        {
            Meter meter = new();
            StoredTree tree = await FilesScenario.WriteTreeAsync(store, writer, source);
            long content = tree.Files.Sum(file => file.File.Size), onDisk = BytesBelow(folder);
            Report.Line("sizes", meter, ("tree", name), ("normal", sizes.Normal), ("min", sizes.Min), ("max", sizes.Max), ("content_bytes", content),
                ("blocks", tree.Blocks), ("new_blocks", tree.NewBlocks), ("new_bytes", tree.NewBytes), ("store_bytes", onDisk - before));
            before = onDisk;
        }
        return 0;
    }

    static long BytesBelow(string folder) => new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
}
