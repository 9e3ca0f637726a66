using Vault.Identity;
using Vault.Store;

namespace Vault.Blocks;

/// <summary>
/// Copies of blocks on their way into one batch, in the order of their keys: the database's memtable inserts a key next to the
/// last one in a fraction of the time that a random place takes.
/// </summary>
sealed class SortedBlocks
{
    readonly List<(BlockId Id, BlockHeader Header, byte[] Bytes)> blocks = [];

    /// <summary>Bytes of the blocks so far.</summary>
    public long Bytes { get; private set; }

    public void Add(Block block)
    {
        blocks.Add((block.Id, block.Header, block.Bytes.ToArray()));
        Bytes += block.Bytes.Length;
    }

    public Batch ToBatch(VaultTag vault)
    {
        blocks.Sort(static (a, b) => a.Id.CompareTo(b.Id));
        Batch batch = new();
        foreach ((BlockId id, _, byte[] bytes) in blocks) batch.Put(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.BytesOf, vault, id), bytes);
        foreach ((BlockId id, BlockHeader header, byte[] bytes) in blocks)
            batch.Put(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.InfoOf, vault, id), new BlockInfo(bytes.Length, header.Level).Encode());
        return batch;
    }
}
