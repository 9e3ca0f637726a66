using System.Buffers.Binary;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Tests.Player;

/// <summary>A data folder, opened as the program opens it, with one vault whose secrets everyone here knows.</summary>
public sealed class World : IDisposable
{
    static readonly byte[] tag = [.. Enumerable.Range(1, VaultTag.Size).Select(i => (byte)i)];

    readonly DataFolder folder;

    public World(string path)
    {
        folder = DataFolder.Take(path, "player", TimeProvider.System);
        try
        {
            Opened = OpenedStore.Open(folder, Memory, TimeProvider.System);
        }
        catch
        {
            folder.Dispose();
            Memory.Dispose();
            throw;
        }
        Writer = new FileWriter(Epoch);
    }

    public static VaultTag Vault { get; } = new(tag);

    public static SecretEpoch Secrets() => SecretEpoch.Create(1, RandomSource.Seeded(1));

    public StoreMemory Memory { get; } = new(8 << 20);
    public SecretEpoch Epoch { get; } = Secrets();
    public OpenedStore Opened { get; }
    public BlockStore Store => Opened.Store;
    public FileWriter Writer { get; }
    public string BlocksFolder => Path.Combine(folder.FullPath, StoreDatabases.BlocksFolder);

    /// <summary>Stores and pins files that become durable together.</summary>
    /// <param name="early">Called when nothing is durable yet.</param>
    public async Task<IReadOnlyList<FileRef>> AddAsync(IEnumerable<(int Number, byte[] Content)> files, Action<int, FileRef>? early = null)
    {
        List<FileRef> added = [];
        using WriteSession session = Store.BeginWrite(Vault);
        Batch pins = new();
        foreach ((int number, byte[] content) in files)
        {
            FileRef file = await Writer.WriteAsync(new MemoryStream(content), session);
            early?.Invoke(number, file);
            added.Add(file);
            Store.Pins.Add(pins, Vault, file.Root, PinReason.Head, Owner(number));
        }
        await session.FlushAsync();
        Opened.Meta.Commit(pins, Durability.Synced);
        return added;
    }

    public void Unpin(IEnumerable<(int Number, FileRef File)> files, Durability durability)
    {
        Batch batch = new();
        foreach ((int number, FileRef file) in files) Pins.Remove(batch, Vault, file.Root, PinReason.Head, Owner(number));
        Opened.Meta.Commit(batch, durability);
    }

    /// <summary>Pins a file under another number and lets go of the first, in one step.</summary>
    public void PinAgain(int number, int old, FileRef file)
    {
        Batch batch = new();
        Store.Pins.Add(batch, Vault, file.Root, PinReason.Head, Owner(number));
        Pins.Remove(batch, Vault, file.Root, PinReason.Head, Owner(old));
        Opened.Meta.Commit(batch, Durability.Logged);
    }

    public async Task<byte[]> ReadAsync(FileRef file)
    {
        await using FileReader reader = new(Store, Vault, file);
        using MemoryStream content = new();
        await reader.CopyToAsync(content);
        return content.ToArray();
    }

    public CollectionReport Collect(ulong seed) => new Collection(Store, RandomSource.Seeded(seed)).Run(Vault, TimeSpan.Zero);

    public Task<SpaceReport> ReturnSpaceAsync() => new SpaceReturn(Store, BlocksFolder).RunAsync();

    public Task<ScrubReport> ScrubAsync() => new Scrub(Store).RunAsync(Vault);

    /// <summary>The numbers of the files that are pinned, with their roots.</summary>
    public IReadOnlyList<(int Number, BlockId Root)> Pinned() =>
        [.. Store.Pins.Of(Vault).Select(pin => (BinaryPrimitives.ReadInt32BigEndian(pin.Owner.Span), pin.Root))];

    public void Dispose()
    {
        Writer.Dispose();
        Epoch.Dispose();
        Opened.Dispose();
        Memory.Dispose();
        folder.Dispose();
    }

    static byte[] Owner(int number)
    {
        byte[] owner = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(owner, number);
        return owner;
    }
}
