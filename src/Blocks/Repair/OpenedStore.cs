using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Blocks;

/// <summary>
/// The two databases of a data folder, opened, the segments beside them, and the block store over all. A database that refuses to open is moved aside,
/// never deleted: <c>blocks/</c> is rebuilt from every whole block that can be found, <c>meta/</c> repaired from a copy. What
/// was found and done is said in <see cref="Findings"/>.
/// </summary>
public sealed class OpenedStore : IDisposable
{
    readonly List<string> findings = [];
    readonly SegmentFiles segments;

    OpenedStore(DataFolder folder, StoreMemory memory, TimeProvider time, IEnumerable<Family> families)
    {
        DatabaseOptions blocks = StoreDatabases.Blocks(folder.FullPath, memory), meta = StoreDatabases.Meta(folder.FullPath, memory, families);
        BlocksFolder = blocks.Path;
        segments = SegmentFiles.Of(folder.FullPath);
        bool indexIsGone = segments.Numbers().Any() && !(Directory.Exists(blocks.Path) && Directory.EnumerateFileSystemEntries(blocks.Path).Any());
        Meta = Open(meta, StoreDatabases.MetaSchema, time, () =>
        {
            RepairReport report = Repair.MoveAsideAndRepair(meta.Path, time, copy => NoteRepair(meta with { Path = copy }, time));
            findings.Add($"the database {meta.Path} would not open: it was moved to {report.Aside} and repaired; {report.Missing} was beyond repair");
        });
        try
        {
            if (findings.Count > 0) MendingNotes.OfMeta(Meta, time);
            BlocksDatabase = OpenBlocks();
            if (BlocksDatabase.Opening.LogCutShort != null || indexIsGone) MendingNotes.OfBlocks(Meta, time); // before anything is written: the next opening finds nothing of it
            SegmentIndexing.Report indexed;
            try
            {
                indexed = SegmentIndexing.Run(segments, BlocksDatabase);
            }
            catch (CorruptDataException)
            {
                BlocksDatabase.Dispose();
                BlocksDatabase = OpenBlocks(); // which finds the note of the damage, and mends it
                indexed = SegmentIndexing.Run(segments, BlocksDatabase);
            }
            if (indexIsGone) findings.Add($"the database {blocks.Path} was gone: {indexed.Blocks} blocks ({indexed.Bytes} bytes) were found in {segments.FullPath}, {indexed.Damaged} were damaged; those of small commits are lost");
            Store = new BlockStore(BlocksDatabase, Meta, time, DiskSpace.Of(folder.FullPath), segments);
        }
        catch
        {
            BlocksDatabase?.Dispose();
            Meta.Dispose();
            segments.Dispose();
            throw;
        }

        RocksDatabase OpenBlocks() => Open(blocks, StoreDatabases.BlocksSchema, time, () =>
        {
            MendingNotes.OfBlocks(Meta, time); // before anything is replaced: an interruption must not hide it
            Quarantine quarantine = new(Meta, time);
            findings.Add(Describe(blocks.Path, Salvage.Run(blocks, segments, time, (vault, id, info) => quarantine.Add(vault, id, info.Level, "lost when the database was rebuilt"))));
        });
    }

    /// <param name="families">What other parts keep in <c>meta/</c> beside the pins.</param>
    public static OpenedStore Open(DataFolder folder, StoreMemory memory, TimeProvider time, params IEnumerable<Family> families) =>
        new(folder, memory, time, families);

    public BlockStore Store { get; }
    public string BlocksFolder { get; }
    public RocksDatabase BlocksDatabase { get; }
    public RocksDatabase Meta { get; }

    /// <summary>What had to be mended at this opening, in sentences for the user. Empty when all was well.</summary>
    public IReadOnlyList<string> Findings => findings;

    /// <summary>Since when this store may have forgotten something it knew; null when it never had to be mended. It may then take from others, and not tell them what to forget.</summary>
    public string? MendedSince => MendingNotes.Since(Meta);

    /// <summary>What the blocks and their index take: the database and the segments.</summary>
    public (long Bytes, int Files) BlocksOnDisk()
    {
        DatabaseFigures database = BlocksDatabase.Figures();
        return (database.FileBytes + segments.BytesOnDisk(), database.Files + segments.Numbers().Count());
    }

    /// <summary>After a reconciliation with others has brought back what was lost, or its owner goes on with what is here.</summary>
    public void AcceptMending() => MendingNotes.Accept(Meta);

    public void Dispose()
    {
        Store.Dispose();
        BlocksDatabase.Dispose();
        Meta.Dispose();
        segments.Dispose();
    }

    RocksDatabase Open(DatabaseOptions options, Schema schema, TimeProvider time, Action mend)
    {
        Repair.FinishReplacing(options.Path);
        RocksDatabase database;
        try
        {
            database = OpenAndApply(options, schema, time);
        }
        catch (CorruptDataException)
        {
            mend();
            database = OpenAndApply(options, schema, time);
        }
        if (database.Opening.LogCutShort is { } damage)
            findings.Add($"the log of the database {options.Path} was damaged; what was written last may be lost ({damage})");
        return database;
    }

    static RocksDatabase OpenAndApply(DatabaseOptions options, Schema schema, TimeProvider time)
    {
        RocksDatabase database = RocksDatabase.Open(options);
        try
        {
            schema.Apply(database, time);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    // Into the copy, before it takes the place of the damaged one: nobody may see it without the note.
    static void NoteRepair(DatabaseOptions copy, TimeProvider time)
    {
        using RocksDatabase repaired = RocksDatabase.Open(copy);
        StoreDatabases.MetaSchema.Assume(repaired);
        MendingNotes.OfMeta(repaired, time);
    }

    static string Describe(string path, SalvageReport report)
    {
        string lost = report.Lost is { } count ? $"{count} are lost" : "how many are lost is unknown, because the index was damaged too";
        return $"the database {path} would not open: it was moved to {report.Aside}; {report.Salvaged} blocks ({report.SalvagedBytes} bytes) were salvaged, {report.Damaged} were damaged, {lost}";
    }
}
