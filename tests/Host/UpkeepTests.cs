using System.Security.Cryptography;
using Vault.Blocks;
using Vault.Catalog;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>The commands that look after a store, run as a user would, on a store with one file that is needed and one that isn't.</summary>
public sealed class UpkeepTests : IDisposable
{
    readonly string home = Directory.CreateTempSubdirectory("vault-upkeep-").FullName;

    string Data => Path.Combine(home, "data");

    public void Dispose() => Directory.Delete(home, recursive: true);

    [Fact]
    public async Task A_store_is_verified_explained_collected_and_copied()
    {
        FileRef needed = await FillAsync();
        await ShowsAsync($$"""
            $ vault verify --data {home}/data
            * blocks, * bytes read; 0 damaged, 0 missing

            $ vault explain {{needed.Root}} --data {home}/data
            {{needed.Root}} in vault *: * bytes, an inner block of level 1
              head {{needed.Root}}

            $ vault explain {{new string('0', 64)}} --data {home}/data
            2> vault: error: no vault on this machine has or needs the block *
            ? 1

            $ vault gc --data {home}/data
            0 blocks (0 bytes) deleted, * bytes returned to the file system
            * blocks not needed now, waiting for the hold time to pass
            ...

            $ vault gc --hold-hours 0 --json --data {home}/data
            {"deleted":*,"deletedBytes":*,"waiting":0,"bytesReturned":*,"bytesHeld":*,"hidden":0,"pinsInDoubt":false}

            $ vault backup {home}/copy --data {home}/data
            copied to {home}/copy, without keys; after vault key import FILE --data {home}/copy it is read as this one is

            $ vault backup {home}/copy --data {home}/data
            2> vault: error: {home}/copy exists already
            2> hint: name a folder that doesn't exist yet
            ? 1

            $ vault verify --json --data {home}/copy
            {"blocks":*,"bytes":*,"bad":[],"missing":[],"vaults":[]}

            $ vault doctor --data {home}/data
            store: {home}/data
            both databases opened without trouble
            blocks: * bytes in * files; meta: * bytes in * files
            * blocks, * bytes read; 0 damaged, 0 missing
            """);
    }

    [Fact]
    public async Task A_damaged_block_is_named_and_the_exit_code_says_so()
    {
        await FillAsync();
        StoredBlocks.Damage(Data, length => length / 2);
        await ShowsAsync("""
            $ vault verify --data {home}/data
            * blocks, * bytes read; 1 damaged, 0 missing
              damaged bafkrei*
            ? 1

            $ vault verify --json --data {home}/data
            {"blocks":*,"bytes":*,"bad":["bafkrei*"],"missing":[],"vaults":[]}
            ? 1
            """);
    }

    [Fact]
    public async Task A_database_that_refuses_to_open_is_moved_aside_and_what_is_whole_is_salvaged()
    {
        await FillAsync();
        File.WriteAllText(Path.Combine(Data, StoreDatabases.BlocksFolder, "CURRENT"), "nonsense\n");
        await ShowsAsync("""
            $ vault doctor --data {home}/data
            store: {home}/data
            mended on *: it may have forgotten something it knew
            blocks: * bytes in * files; meta: * bytes in * files
            * blocks, * bytes read; 0 damaged, 0 missing
            2> vault: the database {home}/data/blocks would not open: it was moved to {home}/data/blocks.damaged-*; * blocks (* bytes) were salvaged, 0 were damaged, 0 are lost
            """);
    }

    [Fact]
    public async Task A_store_in_use_names_who_uses_it()
    {
        await FillAsync();
        using DataFolder mine = DataFolder.Take(Data, "a test", TimeProvider.System);
        await ShowsAsync($$"""
            $ vault verify --data {home}/data
            2> vault: error: the store is in use by process {{Environment.ProcessId}} (a test), since *
            2> hint: stop that one first, or choose another folder with --data
            ? 1
            """);
    }

    [Theory]
    [InlineData(StoreDatabases.MetaFolder)]
    [InlineData(StoreDatabases.BlocksFolder)]
    public async Task A_store_of_a_newer_version_is_refused_by_every_command_and_stays_as_it_is(string which)
    {
        await ShowsAsync("$ vault create photos --data {home}/data >/dev/null 2>&1");
        MarkNewer(Path.Combine(Data, which));
        string[] before = [.. Files()];
        foreach (string command in (string[])["status", "verify", "doctor", "doctor --accept", "gc", "ls photos", "add photos {home}/data/owner", "root photos", "backup {home}/copy", "daemon run --no-mdns --api 127.0.0.1:0 --listen /ip4/127.0.0.1/tcp/0"])
            await ShowsAsync($$"""
                $ vault {{command}} --data {home}/data
                2> vault: error: the store was written by a newer version (vault 9.0, format 99); this one understands up to format *
                2> hint: use that version, or a newer one; nothing was changed
                ? 1
                """);
        Assert.Equal(before, Files());
    }

    [Fact]
    public async Task Keys_of_a_newer_version_are_refused_and_stay_as_they_are()
    {
        await ShowsAsync("$ vault create photos --data {home}/data >/dev/null 2>&1");
        string file = Path.Combine(Data, Home.KeysFolder, "vaults.key");
        byte[] newer = File.ReadAllBytes(file);
        newer[8] = 9; // the version
        SHA256.HashData(newer.AsSpan(0, newer.Length - 32), newer.AsSpan(newer.Length - 32));
        File.WriteAllBytes(file, newer);
        foreach (string command in (string[])["list", "status", "create other", "key export {home}/recovery --passphrase-file {home}/data/owner"])
            await ShowsAsync($$"""
                $ vault {{command}} --data {home}/data
                2> vault: error: {home}/data/keys/vaults.key was written by a newer version
                2> hint: upgrade vault
                ? 1
                """);
        Assert.Equal(newer, File.ReadAllBytes(file));
    }

    // As a later version would: another number, and things that this one has never heard of.
    static void MarkNewer(string path)
    {
        using StoreMemory memory = new();
        Family future = new("future");
        DatabaseOptions options = Path.GetFileName(path) == StoreDatabases.MetaFolder
            ? StoreDatabases.Meta(Path.GetDirectoryName(path)!, memory, [.. CatalogFamilies.All, future])
            : StoreDatabases.Blocks(Path.GetDirectoryName(path)!, memory);
        using RocksDatabase database = RocksDatabase.Open(options);
        byte[] marker = [99, 0, 0, 0, 0, 0, 0, 0, .. "vault 9.0"u8];
        Batch batch = new Batch().Put(options.Families[0], (byte[])[0, 0, .. "schema"u8], marker);
        if (options.Families.Contains(future)) batch.Put(future, "key"u8.ToArray(), "value"u8.ToArray());
        database.Commit(batch, Durability.Synced);
    }

    // Nothing moved aside, mended or made; what lies in the databases RocksDB renews whenever it opens them.
    IEnumerable<string> Files() => Directory.EnumerateFileSystemEntries(Data, "*", SearchOption.AllDirectories).Where(path => Path.GetExtension(path) is ".seg" || Directory.Exists(path)).Order(StringComparer.Ordinal);

    // Two files of several blocks, both durable; only the first has a pin.
    async Task<FileRef> FillAsync()
    {
        using DataFolder folder = DataFolder.Take(Data, "a test", TimeProvider.System);
        using StoreMemory memory = new();
        using OpenedStore opened = OpenedStore.Open(folder, memory, TimeProvider.System);
        using VaultKeys keys = VaultKeys.Create(RandomSource.Seeded(1));
        using FileWriter writer = new(keys.Current);
        using WriteSession session = opened.Store.BeginWrite(keys.Vault.Tag);
        byte[] content = new byte[3 << 20];
        RandomSource random = RandomSource.Seeded(2);
        random.Fill(content);
        FileRef needed = await writer.WriteAsync(new MemoryStream(content), session);
        random.Fill(content);
        await writer.WriteAsync(new MemoryStream(content), session);
        await session.FlushAsync();
        Batch pins = new();
        opened.Store.Pins.Add(pins, keys.Vault.Tag, needed.Root, PinReason.Head);
        opened.Meta.Commit(pins, Durability.Synced);
        return needed;
    }

    Task ShowsAsync(string transcript) => Transcript.ShowsAsync(transcript, home);
}
