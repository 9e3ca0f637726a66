using System.Buffers.Binary;
using System.Globalization;
using System.Text.RegularExpressions;
using Vault.Blocks;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Faults;
using Vault.Tests.Player;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Survival.Tests;

/// <summary>
/// One file of a database truncated, zeroed or flipped in places: the store always opens again, at the second attempt at the latest
/// without faults, never gives wrong bytes, says what is missing, and is whole again when someone brings the files once more.
/// </summary>
public sealed class DamageTests : IClassFixture<DamageTests.Healthy>, IDisposable
{
    const ulong WorldSeed = 7;

    readonly TestFolder folder = new();
    readonly Healthy healthy;

    public DamageTests(Healthy healthy) => this.healthy = healthy;

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(StoreDatabases.BlocksFolder, DatabaseFile.Table)]
    [InlineData(StoreDatabases.BlocksFolder, DatabaseFile.Blob)]
    [InlineData(StoreDatabases.BlocksFolder, DatabaseFile.Log)]
    [InlineData(StoreDatabases.BlocksFolder, DatabaseFile.Manifest)]
    [InlineData(StoreDatabases.BlocksFolder, DatabaseFile.Current)]
    [InlineData(StoreDatabases.BlocksFolder, DatabaseFile.Options)]
    [InlineData(SegmentFiles.FolderName, DatabaseFile.Segment)]
    [InlineData(StoreDatabases.MetaFolder, DatabaseFile.Table)]
    [InlineData(StoreDatabases.MetaFolder, DatabaseFile.Log)]
    [InlineData(StoreDatabases.MetaFolder, DatabaseFile.Manifest)]
    [InlineData(StoreDatabases.MetaFolder, DatabaseFile.Current)]
    [InlineData(StoreDatabases.MetaFolder, DatabaseFile.Options)]
    public async Task Damage_is_noticed_named_and_mended(string database, DatabaseFile kind)
    {
        foreach (ulong seed in Seeds.Of(3, 45))
        {
            FolderExtensions.Copy(healthy.Path, folder["data"]);
            string? done = Corruption.Apply(folder[$"data/{database}"], kind, (Damage)(seed % 3), seed);
            Assert.True(done != null, $"the healthy store has no such file: {database} {kind}");
            await RequireMendedAsync(kind != DatabaseFile.Log || IsNoticeableInLog(System.IO.Path.Combine(healthy.Path, database), done), $"{database}/{done} (VAULT_SEED={seed} replays)");
            folder.Clear();
        }
    }

    /// <summary>A log that ends early, or whose very last commit is bad, looks like one whose writing a power cut ended: that alone can't be noticed.</summary>
    static bool IsNoticeableInLog(string database, string done)
    {
        Match flipped = Regex.Match(done, @"^(\S+) .*flipped .* at (\d+)");
        return flipped.Success && long.Parse(flipped.Groups[2].Value, CultureInfo.InvariantCulture) < LastCommit(System.IO.Path.Combine(database, flipped.Groups[1].Value));
    }

    /// <summary>Where it begins in a healthy log: blocks of 32 KiB, records with a length at 4 and a type at 6, 1 or 2 for the first of a commit.</summary>
    static long LastCommit(string log)
    {
        const int block = 32 << 10, header = 7;
        byte[] bytes = File.ReadAllBytes(log);
        long last = 0;
        for (int at = 0; at + header <= bytes.Length;)
        {
            if (at % block > block - header)
            {
                at += block - at % block;
                continue;
            }
            if (bytes[at + 6] is 1 or 2) last = at;
            at += header + BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at + 4));
        }
        return last;
    }

    [Theory]
    [InlineData(StoreDatabases.BlocksFolder, "CURRENT")]
    [InlineData(StoreDatabases.BlocksFolder, "MANIFEST-*")]
    [InlineData(StoreDatabases.BlocksFolder, "*.sst")]
    [InlineData(StoreDatabases.BlocksFolder, "*.blob")]
    [InlineData(SegmentFiles.FolderName, "*.seg")]
    [InlineData(StoreDatabases.MetaFolder, "CURRENT")]
    [InlineData(StoreDatabases.MetaFolder, "MANIFEST-*")]
    [InlineData(StoreDatabases.MetaFolder, "*.sst")]
    public async Task A_lost_file_is_noticed_and_mended(string database, string pattern)
    {
        foreach (ulong seed in Seeds.Of(1, 8))
        {
            FolderExtensions.Copy(healthy.Path, folder["data"]);
            string[] files = [.. Directory.EnumerateFiles(folder[$"data/{database}"], pattern).Order(StringComparer.Ordinal)];
            string lost = files[RandomSource.Seeded(seed).Below(files.Length)];
            File.Delete(lost);
            int unreadable = await RequireMendedAsync(noticeable: true, $"{database}/{Path.GetFileName(lost)} is gone (VAULT_SEED={seed} replays)");
            if (pattern is "CURRENT" or "MANIFEST-*") Assert.Equal(0, unreadable); // what it led to is still there
            folder.Clear();
        }
    }

    /// <summary>Returns how many files or pins are lost.</summary>
    async Task<int> RequireMendedAsync(bool noticeable, string because)
    {
        List<string> told = [];
        using (World first = Open(told, because))
            await LookAsync(first, told, because, faultsAllowed: true);

        int unreadable;
        using (World second = Open(told, because))
            unreadable = await LookAsync(second, told, because, faultsAllowed: false);
        Assert.True(unreadable == 0 || told.Count > 0 || !noticeable, $"{unreadable} files or pins are gone without a word: {because}");

        List<string> more = [];
        using (World third = Open(more, because))
        {
            Assert.True(more.Count == 0, $"it is mended again at each opening: {more.FirstOrDefault()}: {because}");
            await HealAsync(third, because);
        }
        return unreadable;
    }

    static World Open(string path, List<string> told, string because)
    {
        try
        {
            World world = new(path);
            told.AddRange(world.Opened.Findings);
            return world;
        }
        catch (VaultException fault)
        {
            throw new InvalidOperationException($"the store doesn't open any more: {fault.Message}: {because}", fault);
        }
    }

    World Open(List<string> told, string because) => Open(folder["data"], told, because);

    /// <summary>Reads whatever can be read; returns how many files or pins can't.</summary>
    async Task<int> LookAsync(World world, List<string> told, string because, bool faultsAllowed)
    {
        int unreadable = 0;
        try
        {
            foreach ((int number, FileRef file) in healthy.Files)
                if (!await IsReadableAsync(world, number, file, because)) unreadable++;
            await world.ScrubAsync();
            told.AddRange(world.Store.Damaged(World.Vault).Select(damaged => $"{damaged.Id}: {damaged.Damage}"));
            told.AddRange(world.Store.Missing(World.Vault).Select(missing => $"{missing} is missing"));
            unreadable += Math.Max(0, healthy.Files.Count - world.Pinned().Count);
            world.Collect(1);
            await world.ReturnSpaceAsync(); // compaction reads what nobody has asked for
        }
        catch (VaultException fault) when (faultsAllowed)
        {
            told.Add(fault.Message);
        }
        return unreadable;
    }

    static async Task<bool> IsReadableAsync(World world, int number, FileRef file, string because)
    {
        try
        {
            byte[] content = await world.ReadAsync(file);
            Assert.True(content.AsSpan().SequenceEqual(Content.Of(WorldSeed, number, (int)file.Size)), $"file {number} reads back as something else: {because}");
            return true;
        }
        catch (CorruptDataException)
        {
            return false;
        }
    }

    async Task HealAsync(World world, string because)
    {
        Promises promises = new(WorldSeed, []);
        foreach ((int number, FileRef file) in healthy.Files)
        {
            IReadOnlyList<FileRef> added = await world.AddAsync([(number, Content.Of(WorldSeed, number, (int)file.Size))]);
            Assert.Equal(file, added[0]);
            promises.Add(new Fact(FactKind.Durable, number, file));
        }
        await promises.RequireWholeAsync(world, $"after bringing everything again, {because}");
        world.Collect(2);
        await world.ReturnSpaceAsync();
        await promises.RequireWholeAsync(world, $"after healing and a collection, {because}");
    }

    /// <summary>A store with everything in it: tables, blob files, a log with content, in both databases. Made once.</summary>
    public sealed class Healthy : IAsyncLifetime, IDisposable
    {
        readonly TestFolder folder = new();

        public string Path => folder["data"];
        public IReadOnlyList<(int Number, FileRef File)> Files { get; private set; } = [];

        public async Task InitializeAsync()
        {
            List<(int, FileRef)> files = [];
            for (int i = 0; i < 4; i++) // each opening makes tables of the log before
                using (World world = new(Path))
                {
                    Mix mix = new(world, WorldSeed, _ => { }) { First = 1000 * i };
                    await mix.PlayAsync(12);
                    files.AddRange(mix.Kept);
                    (int, byte[])[] small = [.. Enumerable.Range(1000 * i + 900, 5).Select(number => (number, Content.Of(WorldSeed, number, 3000)))];
                    files.AddRange(small.Zip(await world.AddAsync(small), (file, added) => (file.Item1, added)));
                }
            Files = files;
        }

        public Task DisposeAsync() => Task.CompletedTask;

        public void Dispose() => folder.Dispose();
    }
}
