// Tests of Blocks, folder by folder as in src. Most run on databases in memory (Rig.InMemory); Storage/BlockStoreContract.cs runs
// on every database there is. Storage/WriteSessionTests.cs cuts the power between any two writes; FuzzTests.cs holds all decoders.

using System.Security.Cryptography;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;

namespace Vault.Blocks.Tests;

/// <summary>A clock that stands until someone moves it.</summary>
sealed class StandingClock : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
    public override long GetTimestamp() => Now.Ticks;
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Pass(TimeSpan time) => Now += time;
}

/// <summary>A folder of its own for one test, gone afterwards.</summary>
sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("vault-blocks-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>A block store, one vault's secrets, and a writer with chunks so small that short contents make deep trees.</summary>
sealed class Rig : IDisposable
{
    public static VaultTag Vault { get; } = new("our vault's tag."u8);
    public static VaultTag OtherVault { get; } = new("another one's..."u8);
    public static ChunkSizes Small { get; } = new(16, 64, 256);

    readonly IDisposable? files;

    public Rig(IDatabase blocks, IDatabase meta, StandingClock? clock = null, IDisposable? files = null)
    {
        this.files = files;
        Blocks = blocks;
        Meta = meta;
        Clock = clock ?? new StandingClock();
        Store = new BlockStore(blocks, meta, Clock);
        Epoch = NewEpoch();
        Writer = new FileWriter(Epoch, Small);
    }

    public IDatabase Blocks { get; }
    public IDatabase Meta { get; }
    public StandingClock Clock { get; }
    public BlockStore Store { get; }
    public SecretEpoch Epoch { get; }
    public FileWriter Writer { get; }

    public static SecretEpoch NewEpoch() => new(0, Enumerable.Repeat((byte)0x22, 32).ToArray(), Enumerable.Repeat((byte)0x33, 32).ToArray());

    public static MemoryDatabase NewBlocks() => new(StoreKeys.Blocks);
    public static MemoryDatabase NewMeta() => new([.. StoreKeys.MetaFamilies]);

    public static Rig InMemory() => new(NewBlocks(), NewMeta());

    /// <summary>Stores and pins a file.</summary>
    public async Task<FileRef> AddAsync(byte[] content, VaultTag? vault = null, PinReason reason = PinReason.Head)
    {
        using WriteSession session = Store.BeginWrite(vault ?? Vault);
        FileRef file = await Writer.WriteAsync(new MemoryStream(content), session);
        await session.FlushAsync();
        Pin(file.Root, vault, reason);
        return file;
    }

    public void Pin(BlockId root, VaultTag? vault = null, PinReason reason = PinReason.Head)
    {
        Batch batch = new();
        Store.Pins.Add(batch, vault ?? Vault, root, reason);
        Meta.Commit(batch, Durability.Synced);
    }

    public void Unpin(BlockId root, VaultTag? vault = null, PinReason reason = PinReason.Head)
    {
        Batch batch = new();
        Pins.Remove(batch, vault ?? Vault, root, reason);
        Meta.Commit(batch, Durability.Synced);
    }

    public async Task<byte[]> ReadAsync(FileRef file, VaultTag? vault = null)
    {
        await using FileReader reader = new(Store, vault ?? Vault, file);
        MemoryStream content = new();
        await reader.CopyToAsync(content);
        return content.ToArray();
    }

    public CollectionReport Collect(TimeSpan? hold = null) => new Collection(Store, RandomSource.Seeded(1)).Run(Vault, hold ?? Collection.DefaultHold);

    /// <summary>Overwrites the stored bytes behind the store's back.</summary>
    public void Spoil(BlockId id, byte[]? bytes = null, VaultTag? vault = null) =>
        Blocks.Commit(new Batch().Put(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.BytesOf, vault ?? Vault, id), bytes ?? new byte[100]), Durability.Synced);

    public IReadOnlyList<BlockId> Stored(VaultTag? vault = null) => [.. Store.List(vault ?? Vault).Select(entry => entry.Id)];

    public void Dispose()
    {
        Writer.Dispose();
        Epoch.Dispose();
        Store.Dispose();
        Blocks.Dispose();
        Meta.Dispose();
        files?.Dispose();
    }
}

static class Some
{
    /// <summary>Content that doesn't compress, the same for the same number.</summary>
    public static byte[] Noise(int length, ulong number = 1) => RandomSource.Seeded(number).Bytes(length);

    /// <summary>A sealed leaf that holds this content.</summary>
    public static byte[] Leaf(ReadOnlySpan<byte> content, out ContentKey key, byte flag = SealedBody.Plain)
    {
        byte[] block = new byte[BlockHeader.Size + SealedBody.Overhead + content.Length];
        new BlockHeader(0, 0).Write(block);
        block[BlockHeader.Size] = flag;
        content.CopyTo(block.AsSpan(BlockHeader.Size + SealedBody.FlagSize));
        using SecretEpoch epoch = Rig.NewEpoch();
        key = SealedBody.Seal(epoch.Convergence.Span, block);
        return block;
    }

    public static Block Leaf(string content) =>
        Block.TryParse(Leaf(System.Text.Encoding.UTF8.GetBytes(content), out _), out Block block) ? block : throw new InvalidOperationException("A leaf in the wrong form.");

    public static Block Leaf(byte[] content) =>
        Block.TryParse(Leaf(content, out _), out Block block) ? block : throw new InvalidOperationException("A leaf in the wrong form.");

    /// <summary>The bytes that the vectors are made of: SHA-256 of label and counter, end to end.</summary>
    public static byte[] Counted(string label, int length)
    {
        byte[] input = [.. System.Text.Encoding.ASCII.GetBytes(label), 0, 0, 0, 0, 0, 0, 0, 0], output = new byte[length + 32];
        for (int i = 0; i * 32 < length; i++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(input.AsSpan(^8), i);
            SHA256.HashData(input, output.AsSpan(i * 32));
        }
        return output[..length];
    }
}
