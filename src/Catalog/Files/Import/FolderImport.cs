using Vault.Blocks;
using Vault.Identity;

namespace Vault.Catalog;

/// <summary>
/// Files and folders of this machine on their way into a vault. What is unchanged since it was last added isn't read; what is
/// read becomes durable in groups. Files that are gone from a folder stay in the vault: absence is never a deletion. Read next:
/// FolderWalk.cs, FileIntake.cs (a file is read), ImportRun.cs (it becomes durable).
/// </summary>
public sealed class FolderImport : IDisposable
{
    /// <summary>Looked at or read at once, while others wait for the disk.</summary>
    static int Workers => Environment.ProcessorCount + 1;

    readonly VaultCatalog catalog;
    readonly CatalogPorts ports;
    readonly StatCache stats;
    readonly FileWriter writer;
    readonly ImportJournal journal;

    /// <summary>For a device that can read the vault. Catalog and ports are borrowed.</summary>
    public FolderImport(VaultCatalog catalog, CatalogPorts ports)
    {
        this.catalog = catalog;
        this.ports = ports;
        SecretEpoch epoch = ports.Keys.Current;
        stats = new StatCache(ports.Meta, ports.Keys, ports.Time);
        writer = new FileWriter(epoch);
        journal = new ImportJournal(ports.Store, ports.Keys.Vault.Tag, epoch, ports.Random);
    }

    /// <summary>
    /// Adds files and folders. Everything reported as added is durable. Stopped or failed in the middle, what was added stays, and
    /// adding again goes on from there.
    /// </summary>
    public async Task<ImportReport> AddAsync(
        IReadOnlyList<ImportSource> sources, ImportOptions? options = null, IProgress<TransferProgress>? progress = null, CancellationToken stop = default)
    {
        List<(ImportSource Source, FolderHandle Folder, byte[]? Name)> opened = [];
        TransferMeter meter = new(progress, ports.Time);
        using ImportRun run = new(catalog, ports, stats, journal);
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(stop, run.Failed);
        Task counting = Task.CompletedTask;
        try
        {
            foreach (ImportSource source in sources)
            {
                (FolderHandle folder, byte[]? name) = source.Open();
                opened.Add((source, folder, name));
            }
            if (meter.IsWatched) counting = Task.Run(() => TreeCount.Count(sources, meter, ended.Token), CancellationToken.None);
            ImportWork work = new(catalog, ports, stats, new FileIntake(writer, journal, meter, ports.Time), run, meter, options ?? new ImportOptions());
            foreach ((ImportSource source, FolderHandle folder, byte[]? name) in opened) await work.AddAsync(source, folder, name, Workers, ended.Token);
            await run.FinishAsync();
            meter.Tell();
            return work.Report();
        }
        catch
        {
            await run.SettleAsync(); // its own failure is the first one, when it has one
            await run.ThrowFailureAsync();
            throw;
        }
        finally
        {
            await ended.CancelAsync();
            await counting;
            foreach ((_, FolderHandle folder, _) in opened) folder.Dispose();
        }
    }

    /// <summary>Adds all that a stream gives, as one file changed now.</summary>
    public async Task<ImportReport> AddAsync(
        Stream content, VaultPath target, ImportOptions? options = null, IProgress<TransferProgress>? progress = null, CancellationToken stop = default)
    {
        options ??= new ImportOptions();
        TransferMeter meter = new(progress, ports.Time);
        using WriteSession session = ports.Store.BeginWrite(ports.Keys.Vault.Tag);
        await using MeteredStream metered = new(content, meter);
        FileRef file = await writer.WriteAsync(metered, session, stop: stop);
        await session.FlushAsync();
        Entry entry = ImportWork.EntryOf(target, options) with { Mode = 0x1A4, ModifiedNs = Clock.Nanoseconds(ports.Time) }; // 0644
        catalog.Commit([new Edit.Put(entry, file, RecordKind.File)]);
        meter.Add(1, 0);
        meter.Tell();
        return new ImportReport
        {
            Files = 1, Bytes = file.Size, Folders = 0, Symlinks = 0, Unchanged = 0, SkippedCount = 0, Skipped = [],
            Blocks = session.AllBlocks, NewBlocks = session.NewBlocks, NewBytes = session.NewBytes,
        };
    }

    public void Dispose()
    {
        stats.Dispose();
        writer.Dispose();
        journal.Dispose();
    }
}
