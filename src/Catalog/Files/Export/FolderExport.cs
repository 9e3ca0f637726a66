using System.Text;
using Vault.Blocks;
using Vault.Primitives;

namespace Vault.Catalog;

/// <param name="Force">Replace files that are there and differ.</param>
/// <param name="At">As things were at that time; null for now.</param>
/// <param name="Conflicts">Also the versions that the user hasn't decided about, under their derived names.</param>
public sealed record ExportOptions(bool Force = false, DateTimeOffset? At = null, bool Conflicts = false);

/// <summary>What came of getting.</summary>
public sealed record ExportReport
{
    /// <summary>Files that are there now as in the vault, and the bytes in them.</summary>
    public required long Files { get; init; }
    public required long Bytes { get; init; }
    public required long Folders { get; init; }
    public required long Symlinks { get; init; }

    /// <summary>Files and symlinks that were there already.</summary>
    public required long Unchanged { get; init; }

    public required long SkippedCount { get; init; }

    /// <summary>The first ten thousand of them, by path in the vault.</summary>
    public required IReadOnlyList<Skipped> Skipped { get; init; }
}

/// <summary>
/// Files of a vault on their way to a folder of this machine. Each is written beside its place and moved there whole; nothing is
/// written through a symlink, whoever placed it, and nothing outside the folder. What is there already is left alone, and what
/// differs isn't replaced without force. Read next: TargetFolders.cs (where things go), FilePlacement.cs (one file).
/// </summary>
public sealed class FolderExport : IDisposable
{
    /// <summary>Files in work at once are read in the order in which their blocks lie in the store, not in that of their names.</summary>
    const int Window = 4096;

    static int Workers => Environment.ProcessorCount + 1;

    readonly VaultCatalog catalog;
    readonly CatalogPorts ports;
    readonly SmallFileReader small;

    /// <summary>For a device that can read the vault. Catalog and ports are borrowed.</summary>
    public FolderExport(VaultCatalog catalog, CatalogPorts ports)
    {
        this.catalog = catalog;
        this.ports = ports;
        small = new SmallFileReader(ports.Store, ports.Keys.Vault.Tag);
    }

    /// <summary>Makes <paramref name="output"/> the file at a path, or a folder with what lies in it; null stands for everything in the vault.</summary>
    public async Task<ExportReport> GetAsync(
        VaultPath? from, string output, ExportOptions? options = null, IProgress<TransferProgress>? progress = null, CancellationToken stop = default)
    {
        options ??= new ExportOptions();
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(output));
        TransferMeter meter = new(progress, ports.Time);
        ExportListing listing = new(catalog, from, options);
        SkipList skips = new();
        using TargetFolders folders = listing.Single is null ? TargetFolders.At(full, ports.Random) : TargetFolders.Above(full, ports.Random);
        FilePlacement placement = new(ports.Store, ports.Keys.Vault.Tag, small, folders, options.Force, meter, skips);
        if (listing.Single is { } single)
        {
            if (Directory.Exists(full) || Path.EndsInDirectorySeparator(output))
                throw new ConfigException($"{output} is a folder, and {from} is a file", $"name the file to make: -o {Path.Combine(output, from!.Name)}");
            meter.Expect(1, single.Size);
            await placement.PlaceAsync(single with { Below = Path.GetFileName(full) }, stop);
        }
        else
        {
            if (meter.IsWatched) Expect(listing, meter);
            foreach (ExportItem[] window in listing.Items().Chunk(Window)) await PlaceAsync(window, placement, folders, stop);
            folders.Finish();
        }
        meter.Tell();
        return new ExportReport
        {
            Files = placement.Files, Bytes = placement.Bytes, Folders = folders.Count, Symlinks = placement.Symlinks, Unchanged = placement.Unchanged,
            SkippedCount = skips.Count, Skipped = skips.Named,
        };
    }

    /// <summary>The contents of all files that <see cref="GetAsync"/> would make, where their records can be read.</summary>
    public IEnumerable<FileRef> Contents(VaultPath? from, ExportOptions? options = null)
    {
        ExportListing listing = new(catalog, from, options ?? new ExportOptions());
        foreach (ExportItem item in listing.Single is { } single ? [single] : listing.Items())
            if (item.Kind == RecordKind.File && item.Read() is { Entry: { } entry } head && entry.File(head.Record) is { } file) yield return file;
    }

    static async Task PlaceAsync(ExportItem[] window, FilePlacement placement, TargetFolders folders, CancellationToken stop)
    {
        foreach (ExportItem item in window)
            if (item.Kind == RecordKind.Folder && folders.Make(item) is { } refusal) placement.Skip(item, refusal.Reason, refusal.Detail);
        ExportItem[] rest = [.. window.Where(item => item.Kind != RecordKind.Folder).OrderBy(item => item.Root?.Hash ?? default)];
        int next = -1;
        using CancellationTokenSource failed = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => Task.Run(WorkAsync, CancellationToken.None)));

        async Task WorkAsync()
        {
            try
            {
                for (int at = Interlocked.Increment(ref next); at < rest.Length; at = Interlocked.Increment(ref next))
                {
                    failed.Token.ThrowIfCancellationRequested();
                    await placement.PlaceAsync(rest[at], failed.Token);
                }
            }
            catch
            {
                await failed.CancelAsync(); // a full disk is full for all
                throw;
            }
        }
    }

    static void Expect(ExportListing listing, TransferMeter meter)
    {
        long files = 0, bytes = 0;
        foreach (ExportItem item in listing.Items())
        {
            if (item.Kind != RecordKind.File) continue;
            files++;
            bytes += item.Size;
        }
        meter.Expect(files, bytes);
    }

    public void Dispose() => small.Dispose();
}
