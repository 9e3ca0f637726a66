using System.Diagnostics;
using Vault.Blocks;
using Vault.Tests.Player;
using Xunit;

namespace Vault.Survival.Tests;

/// <summary>What a player has said before it was struck, and whether the store that is left keeps it.</summary>
sealed class Promises(ulong seed)
{
    static readonly TimeSpan longestOpening = TimeSpan.FromSeconds(10); // tenths of a second, on a machine that does nothing else

    readonly Dictionary<int, FileRef> durable = [];
    readonly HashSet<int> unpinned = [], backups = [];
    int worked; // times that the store was worked on: each adds other files

    public Promises(ulong seed, IEnumerable<string> lines) : this(seed)
    {
        foreach (string line in lines) Add(Fact.Parse(line));
    }

    public IReadOnlyDictionary<int, FileRef> Durable => durable;

    public IReadOnlySet<int> Backups => backups;

    public void Add(Fact fact)
    {
        switch (fact.Kind)
        {
            case FactKind.Durable: durable[fact.Number] = fact.File!.Value; break;
            case FactKind.Unpinning: durable.Remove(fact.Number); break;
            case FactKind.Unpinned: unpinned.Add(fact.Number); break;
            case FactKind.BackedUp: backups.Add(fact.Number); break;
        }
    }

    /// <summary>Looks at everything, then works on with the store and looks again.</summary>
    /// <param name="logMayBeCut">
    /// Whether a log may be reported as damaged: what wasn't synced can have holes in it after a power cut, and then nobody can
    /// tell that from damage.
    /// </param>
    public async Task RequireKeptAsync(string folder, string because, bool logMayBeCut = false)
    {
        long began = Stopwatch.GetTimestamp();
        using (World world = new(folder))
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < longestOpening, $"opening took {Stopwatch.GetElapsedTime(began)}: {because}");
            int cut = logMayBeCut ? new[] { world.Opened.Meta, world.Opened.BlocksDatabase }.Count(database => database.Opening.LogCutShort != null) : 0;
            Assert.True(world.Opened.Findings.Count == cut, $"a kill or a power cut is taken for damage: {string.Join("; ", world.Opened.Findings)}: {because}");
            await RequireWholeAsync(world, because);
            await RequireWorksOnAsync(world, because);
        }
        using World again = new(folder);
        await RequireWholeAsync(again, $"opened once more, {because}");
    }

    /// <summary>Nothing that was promised is missing, nothing is there by half.</summary>
    public async Task RequireWholeAsync(World world, string because)
    {
        ILookup<int, BlockId> pinned = world.Pinned().ToLookup(pin => pin.Number, pin => pin.Root);
        foreach ((int number, FileRef file) in durable)
        {
            Assert.True(pinned[number].Contains(file.Root), $"the pin of file {number} is lost: {because}");
            byte[] content = await world.ReadAsync(file);
            Assert.True(content.AsSpan().SequenceEqual(Content.Of(seed, number, (int)file.Size)), $"file {number} reads back as something else: {because}");
        }
        Assert.True(!unpinned.Any(pinned.Contains), $"an unpinned file is pinned again: {because}");
        Assert.True(!world.Store.Missing(World.Vault).Any(), $"a referenced block is absent: {because}");
        ScrubReport scrub = await world.ScrubAsync();
        Assert.True(scrub.Damaged == 0 && !world.Store.Damaged(World.Vault).Any(), $"{scrub.Damaged} blocks are damaged: {because}");
    }

    // Not wedged: it takes files in, lets files go, gives space back, and garbage of the interrupted work is really garbage.
    public async Task RequireWorksOnAsync(World world, string because)
    {
        world.Collect(seed);
        Mix more = new(world, seed, Add) { First = 100_000 * ++worked };
        await more.PlayAsync(12);
        world.Collect(seed + 1);
        await world.ReturnSpaceAsync();
        await RequireWholeAsync(world, $"after working on, {because}");
        Assert.True(world.Collect(seed + 2) is { Hidden: 0, Condemned: 0, Waiting: 0 }, $"a collection finds what it can't decide: {because}");
    }
}
