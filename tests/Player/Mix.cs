using Vault.Blocks;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Tests.Player;

/// <summary>
/// A seeded mix of what a store goes through: files of all sizes come and go, collections run beside writers, space is given
/// back, blocks are scrubbed and backed up. What is true is said when it is, and no earlier.
/// </summary>
public sealed class Mix(World world, ulong seed, Action<Fact> say)
{
    const int MostLarge = 2; // of 5 MiB and more each, and every byte of a run is recorded

    readonly RandomSource random = RandomSource.Seeded(seed);
    readonly List<(int Number, FileRef File)> kept = [];
    int next, large, backups;

    /// <summary>The number of the first file; those of two mixes in one world mustn't meet.</summary>
    public int First { init => next = value; }

    /// <summary>Where backups go; null makes none.</summary>
    public string? BackupFolder { get; init; }

    /// <summary>Breaks the promise on purpose: says that files are durable before anything was flushed.</summary>
    public bool SaysTooEarly { get; init; }

    public IReadOnlyList<(int Number, FileRef File)> Kept => kept;

    public static byte[] ContentOf(ulong seed, int number, long size) => Content.Of(seed, number, (int)size);

    public async Task PlayAsync(int steps)
    {
        for (int i = 0; i < steps; i++) await StepAsync();
    }

    Task StepAsync() => random.Below(20) switch
    {
        < 6 => AddAsync(1 + random.Below(12), 20_000),
        < 9 => AddAsync(1, 900_000),
        < 11 when large < MostLarge => AddLargeAsync(),
        < 14 => UnpinAsync(1 + random.Below(8)),
        < 17 => Task.Run(() => world.Collect(random.NextUInt64())),
        < 18 => CollectBesideWriterAsync(),
        < 19 => random.Below(2) == 0 ? world.ReturnSpaceAsync() : world.ScrubAsync(),
        _ => BackUpAsync(),
    };

    Task AddLargeAsync()
    {
        large++;
        return AddAsync(1, 1 << 20, 5 << 20); // beyond what goes through the log
    }

    async Task AddAsync(int count, int spread, int least = 0)
    {
        (int Number, byte[] Content)[] files = [.. Enumerable.Range(0, count).Select(_ => (next, Content.Of(seed, next++, least + random.Below(spread))))];
        Action<int, FileRef>? early = SaysTooEarly ? (number, file) => say(new Fact(FactKind.Durable, number, file)) : null;
        IReadOnlyList<FileRef> added = await world.AddAsync(files, early);
        foreach (((int number, _), FileRef file) in files.Zip(added))
        {
            kept.Add((number, file));
            if (!SaysTooEarly) say(new Fact(FactKind.Durable, number, file));
        }
    }

    Task UnpinAsync(int count)
    {
        List<(int Number, FileRef File)> going = [];
        for (int i = 0; i < count && kept.Count > 0; i++)
        {
            int at = random.Below(kept.Count);
            going.Add(kept[at]);
            kept.RemoveAt(at);
        }
        Durability durability = random.Below(2) == 0 ? Durability.Synced : Durability.Logged;
        foreach ((int number, _) in going) say(new Fact(FactKind.Unpinning, number));
        world.Unpin(going, durability);
        if (durability == Durability.Synced)
            foreach ((int number, _) in going) say(new Fact(FactKind.Unpinned, number));
        return Task.CompletedTask;
    }

    async Task CollectBesideWriterAsync()
    {
        ulong chance = random.NextUInt64();
        Task collection = Task.Run(() => world.Collect(chance));
        await AddAsync(1 + random.Below(30), 6_000);
        await AddAsync(1, 400_000);
        await collection;
    }

    Task BackUpAsync()
    {
        if (BackupFolder is null || backups > 1) return Task.CompletedTask;
        Backup.Run(world.Store, Path.Combine(BackupFolder, $"{backups}"));
        say(new Fact(FactKind.BackedUp, backups++));
        return Task.CompletedTask;
    }
}
