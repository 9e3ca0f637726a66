using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;

namespace Vault.Swarm.Tests;

/// <summary>One device's block store in memory, with a writer whose chunks are so small that short contents make deep trees.</summary>
sealed class VaultRig : IDisposable
{
    readonly FileWriter writer;
    readonly SecretEpoch epoch = new(0, Enumerable.Repeat((byte)0x22, 32).ToArray(), Enumerable.Repeat((byte)0x33, 32).ToArray());

    public VaultRig(Func<IDatabase, IDatabase>? blocks = null, ChunkSizes? sizes = null)
    {
        Blocks = blocks is null ? new MemoryDatabase(StoreKeys.Blocks) : blocks(new MemoryDatabase(StoreKeys.Blocks));
        Meta = new MemoryDatabase([.. StoreKeys.MetaFamilies]);
        Store = new BlockStore(Blocks, Meta, TimeProvider.System);
        writer = new FileWriter(epoch, sizes ?? new ChunkSizes(16, 64, 256));
    }

    public static VaultTag Vault { get; } = new("our vault's tag."u8);

    public IDatabase Blocks { get; }
    public IDatabase Meta { get; }
    public BlockStore Store { get; }

    public IReadOnlyList<BlockId> Stored => [.. Store.List(Vault).Select(entry => entry.Id)];

    /// <summary>Stores and pins a file of noise.</summary>
    public async Task<FileRef> AddAsync(int length, ulong number, bool pin = true)
    {
        using WriteSession session = Store.BeginWrite(Vault);
        FileRef file = await writer.WriteAsync(new MemoryStream(RandomSource.Seeded(number).Bytes(length)), session);
        await session.FlushAsync();
        if (pin) Pin(file.Root, PinReason.Head);
        return file;
    }

    public void Pin(BlockId root, PinReason reason = PinReason.Wanted)
    {
        Batch batch = new();
        Store.Pins.Add(batch, Vault, root, reason);
        Meta.Commit(batch, Durability.Synced);
    }

    /// <summary>A block that nothing links to.</summary>
    public async Task<BlockId> AddBlockAsync(int length, ulong number) => (await AddAsync(length, number, pin: false)).Root;

    public void Dispose()
    {
        writer.Dispose();
        epoch.Dispose();
        Store.Dispose();
        Blocks.Dispose();
        Meta.Dispose();
    }
}
