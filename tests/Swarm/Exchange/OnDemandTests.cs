using Vault.Blocks;
using Xunit;

namespace Vault.Swarm.Tests.Exchange;

/// <summary>A vault of which only what is asked for is fetched.</summary>
public sealed class OnDemandTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Pins_of_what_should_be_here_some_day_bring_nothing_and_a_tree_that_is_asked_for_comes_whole_and_alone()
    {
        using VaultRig sender = new(), receiver = new();
        FileRef asked = await sender.AddAsync(50_000, 1);
        int expected = sender.Stored.Count;
        receiver.Pin(asked.Root);
        for (int i = 2; i < 20; i++) receiver.Pin((await sender.AddAsync(5_000, (ulong)i)).Root);
        await using Between between = new(sender, receiver);
        between.Fetch.OnDemand = true;
        Assert.True(await between.Fetch.FetchAsync(asked.Root, default).WaitAsync(Patience));
        Assert.True(receiver.Store.IsWhole(VaultRig.Vault, asked.Root));
        Assert.Equal((expected, expected), (receiver.Stored.Count, (int)between.Serving.Blocks));

        between.Fetch.OnDemand = false; // from now on all of it is wanted, and what is here isn't fetched again
        using CancellationTokenSource patience = new(Patience);
        while (!between.Fetch.IsComplete) await Task.Delay(10, patience.Token);
        Assert.Equal(sender.Stored, receiver.Stored);
        Assert.Equal(sender.Stored.Count, between.Serving.Blocks);
    }

    [Fact]
    public async Task A_few_blocks_can_be_asked_for_without_what_lies_below_and_who_stops_waiting_leaves_nothing_behind()
    {
        using VaultRig sender = new(), receiver = new();
        FileRef file = await sender.AddAsync(50_000, 1);
        receiver.Pin(file.Root);
        await using (Between between = new(sender, receiver))
        {
            between.Fetch.OnDemand = true;
            Assert.True(await between.Fetch.FetchAsync([file.Root], default).WaitAsync(Patience));
            Assert.Equal([file.Root], receiver.Stored);
        }
        await using Between silent = new(sender: null, receiver);
        silent.Fetch.OnDemand = true;
        using CancellationTokenSource stop = new();
        Task<bool> waiting = silent.Fetch.FetchAsync(file.Root, stop.Token);
        using CancellationTokenSource patience = new(Patience);
        while (silent.Fetch.Progress.Wanted == 0) await Task.Delay(10, patience.Token);
        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(0, silent.Fetch.Progress.Wanted);
    }

    /// <summary>A fetch with one source: an honest one, or one that never answers.</summary>
    sealed class Between : IAsyncDisposable
    {
        readonly Cable cable = new();
        readonly Task asking, answering;

        public Between(VaultRig? sender, VaultRig receiver)
        {
            Fetch = new BlockFetch(receiver.Store, VaultRig.Vault, TimeProvider.System);
            Serving = new BlockServing((sender ?? receiver).Store, VaultRig.Vault);
            answering = sender is null ? Task.CompletedTask : Serving.RunAsync(cable.Far, default);
            asking = Fetch.RunAsync(cable.Near, default);
        }

        public BlockFetch Fetch { get; }
        public BlockServing Serving { get; }

        public async ValueTask DisposeAsync()
        {
            cable.Cut();
            foreach (Task task in (Task[])[asking, answering]) await task.ContinueWith(static done => _ = done.Exception, TaskScheduler.Default);
            await Fetch.DisposeAsync();
        }
    }
}
