using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Bench;

/// <summary>A store with one vault whose secrets are the same each time, so that a second process finds its files.</summary>
sealed class BenchStore : IDisposable
{
    readonly StoreMemory memory = new(16 << 20);
    readonly RocksDatabase blocks, meta;
    readonly SegmentFiles segments;

    public BenchStore(string folder)
    {
        Folder = folder;
        Directory.CreateDirectory(folder);
        Task<RocksDatabase> opening = Task.Run(() => RocksDatabase.Open(StoreDatabases.Blocks(folder, memory))); // a new one mostly waits for the disk
        meta = RocksDatabase.Open(StoreDatabases.Meta(folder, memory));
        blocks = opening.GetAwaiter().GetResult();
        Blocks = new BlockStore(blocks, meta, TimeProvider.System, DiskSpace.Of(folder), segments = SegmentFiles.Of(folder));
        Keys = VaultKeys.Create(RandomSource.Seeded(1));
    }

    public string Folder { get; }
    public BlockStore Blocks { get; }
    public VaultKeys Keys { get; }
    public VaultTag Tag => Keys.Vault.Tag;
    public IDatabase Meta => meta;

    public void Dispose()
    {
        Keys.Dispose();
        Blocks.Dispose();
        segments.Dispose();
        blocks.Dispose();
        meta.Dispose();
        memory.Dispose();
    }
}
