using Vault.Identity;
using Vault.Store;

namespace Vault.Blocks;

/// <summary>The way of large sessions to the disk, past the database's log: written as they come, durable by a flush.</summary>
interface IBulk
{
    /// <summary>When it returns, the blocks can be found. If it throws, or a flush does, all that came since the last flush that returned may be gone.</summary>
    void Write(VaultTag vault, IReadOnlyList<NewBlock> blocks);

    /// <summary>When it returns, whatever was written before the call would survive a power cut.</summary>
    void Flush();

    /// <summary>When it returns, all that was flushed is in the database, for whoever lists it.</summary>
    void Index();

    /// <summary>What is known of a block that was written and isn't in the database yet.</summary>
    BlockInfo? Find(VaultTag vault, BlockId id);

    /// <summary>Forgets what is on its way into a vault, and lets nothing of it arrive during or after <paramref name="parting"/>.</summary>
    void Forget(VaultTag vault, Action parting);
}

/// <summary>For a store without a folder: into the database, without its log.</summary>
sealed class DatabaseBulk(IDatabase database) : IBulk
{
    public void Write(VaultTag vault, IReadOnlyList<NewBlock> blocks) => database.Commit(BlockStore.BatchOf(vault, blocks), Durability.Unlogged);

    public void Flush() => database.Flush();

    public void Index() { }

    public BlockInfo? Find(VaultTag vault, BlockId id) => null;

    public void Forget(VaultTag vault, Action parting) => parting();
}
