using System.Buffers;
using System.IO.Pipelines;
using Vault.Blocks;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Swarm.Tests.Exchange;

/// <summary>Fetching and serving over streams, with stores in memory. Real time passes only where something is waited for that comes.</summary>
public sealed class BlockFetchTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>A fetch and what it fetches from; counts what it is given.</summary>
    sealed class Scene(VaultRig receiver) : IAsyncDisposable
    {
        readonly List<Task> tasks = [];
        readonly List<(Task Task, Cable Cable)> sources = [];

        public BlockFetch Fetch { get; } = new(receiver.Store, VaultRig.Vault, TimeProvider.System);

        /// <summary>An honest source; the task is the fetch's side of it.</summary>
        public (Task Task, Cable Cable, BlockServing Serving) Serve(VaultRig sender)
        {
            BlockServing serving = new(sender.Store, VaultRig.Vault);
            (Task task, Cable cable) = Attach(pipe => serving.RunAsync(pipe, default));
            return (task, cable, serving);
        }

        /// <summary>A source that does as the test says.</summary>
        public (Task Task, Cable Cable) Attach(Func<IDuplexPipe, Task> manner)
        {
            Cable cable = new();
            tasks.Add(Answer());
            Task task = Fetch.RunAsync(cable.Near, default);
            sources.Add((task, cable));
            return (task, cable);

            async Task Answer()
            {
                await Task.Yield();
                try
                {
                    await manner(cable.Far);
                }
                catch (Exception e) when (e is OperationCanceledException or InvalidOperationException)
                {
                    // The test is over, or the cable was cut.
                }
            }
        }

        public async Task CompleteAsync()
        {
            using CancellationTokenSource patience = new(Patience);
            TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Fetch.Landed += (_, _) => changed.TrySetResult();
            while (!Fetch.IsComplete)
            {
                await Task.WhenAny(changed.Task, Task.Delay(20, patience.Token));
                if (changed.Task.IsCompleted) changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
                patience.Token.ThrowIfCancellationRequested();
            }
        }

        public async ValueTask DisposeAsync()
        {
            foreach ((Task task, Cable cable) in sources)
            {
                cable.Cut();
                await task.ContinueWith(static done => _ = done.Exception, TaskScheduler.Default);
            }
            await Fetch.DisposeAsync();
            await Task.WhenAll(tasks);
        }
    }

    [Fact]
    public async Task A_vault_s_files_come_whole_and_every_block_once()
    {
        using VaultRig sender = new(), receiver = new();
        for (int i = 0; i < 30; i++) receiver.Pin((await sender.AddAsync(i * 700, (ulong)i)).Root);
        await using Scene scene = new(receiver);
        (_, _, BlockServing serving) = scene.Serve(sender);
        scene.Fetch.Search();
        await scene.CompleteAsync();
        Assert.Equal(sender.Stored, receiver.Stored);
        Assert.Empty(receiver.Store.Missing(VaultRig.Vault));
        Assert.Equal(sender.Stored.Count, serving.Blocks);
        Assert.Equal((sender.Stored.Count, serving.Bytes), ((int)scene.Fetch.Progress.Blocks, scene.Fetch.Progress.Bytes));
    }

    [Fact]
    public async Task What_was_durable_before_an_interruption_isn_t_sent_again()
    {
        using VaultRig sender = new(), receiver = new();
        FileRef file = await sender.AddAsync(400_000, 1);
        receiver.Pin(file.Root);
        long before;
        await using (Scene first = new(receiver))
        {
            (Task task, Cable cable, _) = first.Serve(sender);
            first.Fetch.Landed += (_, _) => cable.Cut();
            first.Fetch.Search();
            await Assert.ThrowsAnyAsync<Exception>(() => task.WaitAsync(Patience));
        }
        before = receiver.Stored.Count;
        Assert.InRange(before, 1, sender.Stored.Count);
        await using Scene second = new(receiver);
        (_, _, BlockServing serving) = second.Serve(sender);
        second.Fetch.Search();
        await second.CompleteAsync();
        Assert.Equal(sender.Stored, receiver.Stored);
        Assert.Equal(sender.Stored.Count - before, serving.Blocks);
    }

    [Fact]
    public async Task Several_sources_that_have_a_part_each_make_a_whole()
    {
        using VaultRig all = new(), receiver = new();
        VaultRig[] parts = [new(), new(), new()];
        for (int i = 0; i < 60; i++)
        {
            receiver.Pin((await all.AddAsync(3000, (ulong)i)).Root);
            await parts[i % 3].AddAsync(3000, (ulong)i);
        }
        await using (Scene scene = new(receiver))
        {
            foreach (VaultRig part in parts) scene.Serve(part);
            scene.Fetch.Search();
            await scene.CompleteAsync();
        }
        Assert.Equal(all.Stored, receiver.Stored);
        foreach (VaultRig part in parts) part.Dispose();
    }

    /// <summary>Answers every question with what the function makes of it.</summary>
    static async Task AnswerAsync(IDuplexPipe pipe, Action<PipeWriter, uint, BlockId> answer)
    {
        uint number = 0;
        while (true)
        {
            ReadResult result = await pipe.Input.ReadAsync();
            ReadOnlySequence<byte> rest = result.Buffer;
            while (ExchangeCodec.TryReadAsk(ref rest, out _, out BlockId[] ids))
                foreach (BlockId id in ids) answer(pipe.Output, number++, id);
            pipe.Input.AdvanceTo(rest.Start, rest.End);
            if (result.IsCompleted || (await pipe.Output.FlushAsync()).IsCompleted) return;
        }
    }

    static void Give(PipeWriter output, uint number, ReadOnlySpan<byte> bytes)
    {
        ExchangeCodec.WriteGive(output, number, bytes.Length);
        output.Write(bytes);
    }

    public static TheoryData<string> Breaches => ["wrong bytes", "another block", "noise", "an answer nobody asked for", "an answer twice", "an end inside a block", "a block without end"];

    [Theory]
    [MemberData(nameof(Breaches))]
    public async Task A_source_that_breaks_the_rules_is_parted_with_and_another_brings_everything(string breach)
    {
        using VaultRig sender = new(), receiver = new(), other = new();
        for (int i = 0; i < 10; i++) receiver.Pin((await sender.AddAsync(5000, (ulong)i)).Root);
        BlockId foreign = await other.AddBlockAsync(40, 99);
        await using Scene scene = new(receiver);
        (Task bad, _) = scene.Attach(pipe => AnswerAsync(pipe, (output, number, id) =>
        {
            using StoredBlock block = sender.Store.Read(VaultRig.Vault, id)!, stranger = other.Store.Read(VaultRig.Vault, foreign)!;
            byte[] bytes = block.Bytes.ToArray();
            switch (breach)
            {
                case "wrong bytes":
                    bytes[^1] ^= 1;
                    Give(output, number, bytes);
                    break;
                case "another block": Give(output, number, stranger.Bytes); break;
                case "noise": output.Write(RandomSource.Seeded(number).Bytes(1000)); break;
                case "an answer nobody asked for": Give(output, number + 1_000_000, bytes); break;
                case "an answer twice":
                    Give(output, number, bytes);
                    Give(output, number, bytes);
                    break;
                case "an end inside a block":
                    ExchangeCodec.WriteGive(output, number, bytes.Length);
                    output.Write(bytes.AsSpan(1));
                    output.Complete();
                    break;
                case "a block without end": ExchangeCodec.WriteGive(output, number, int.MaxValue); break;
            }
        }));
        scene.Fetch.Search();
        await Assert.ThrowsAsync<ProtocolException>(() => bad.WaitAsync(Patience));
        Assert.All(receiver.Stored, id => Assert.Contains(id, sender.Stored));
        scene.Serve(sender);
        await scene.CompleteAsync();
        Assert.Equal(sender.Stored, receiver.Stored);
    }

    [Fact]
    public async Task Damage_that_nobody_knew_of_shows_at_the_other_side_and_then_counts_as_not_here()
    {
        using VaultRig sender = new(), whole = new(), receiver = new();
        for (int i = 0; i < 10; i++)
        {
            receiver.Pin((await sender.AddAsync(5000, (ulong)i)).Root);
            await whole.AddAsync(5000, (ulong)i);
        }
        BlockId[] leaves = [.. sender.Store.List(VaultRig.Vault).Where(entry => entry.Info.Level == 0).Select(entry => entry.Id)], damaged = [leaves[3], leaves[70], leaves[^5]];
        foreach (BlockId id in damaged) Damage(sender, id);
        await using Scene scene = new(receiver);
        (Task first, Cable cable, _) = scene.Serve(sender);
        scene.Fetch.Search();
        await Assert.ThrowsAsync<ProtocolException>(() => first.WaitAsync(Patience));
        cable.Cut(); // as a stream is reset that has failed
        await Until.TrueAsync(() => sender.Store.Damaged(VaultRig.Vault).Any(), Patience);

        (Task second, _, _) = scene.Serve(sender);
        await Until.TrueAsync(() => receiver.Stored.Count == sender.Stored.Count && sender.Stored.Count == whole.Stored.Count - damaged.Length, Patience);
        Assert.False(second.IsCompleted);
        Assert.Equal(damaged.Order(), sender.Store.Damaged(VaultRig.Vault).Select(one => one.Id).Order());
        scene.Serve(whole);
        await scene.CompleteAsync();
        Assert.Equal(whole.Stored, receiver.Stored);
    }

    /// <summary>Turns a byte of a block where it lies.</summary>
    static void Damage(VaultRig rig, BlockId id)
    {
        using StoredBlock block = rig.Store.Read(VaultRig.Vault, id)!;
        byte[] bytes = block.Bytes.ToArray(), key = [];
        using (ICursor cursor = rig.Blocks.Range(StoreKeys.Blocks, [0], [0xff]))
            while (cursor.MoveNext())
                if (cursor.Value.SequenceEqual(bytes)) key = cursor.Key.ToArray();
        bytes[^1] ^= 1;
        rig.Blocks.Commit(new Batch().Put(StoreKeys.Blocks, key, bytes), Durability.Synced);
    }

    [Fact]
    public async Task Who_asks_for_more_than_it_may_at_once_is_parted_with()
    {
        using VaultRig sender = new();
        Cable cable = new();
        Task serving = new BlockServing(sender.Store, VaultRig.Vault).RunAsync(cable.Near, default);
        BlockId[] ids = [.. Enumerable.Range(0, ExchangeLimits.IdsInAsk).Select(i => new BlockId(RandomSource.Seeded((ulong)i).Bytes(32)))];
        await Assert.ThrowsAsync<ProtocolException>(async () =>
        {
            for (int i = 0; i < 10_000 && !serving.IsCompleted; i++) // it reads none of the answers, so they stop
            {
                ExchangeCodec.WriteAsk(cable.Far.Output, Lane.Bulk, ids);
                await Task.WhenAny(cable.Far.Output.FlushAsync().AsTask(), serving);
            }
            await serving.WaitAsync(Patience);
        });
    }

    [Fact]
    public async Task Who_can_t_take_in_what_landed_is_told_again_and_the_next_afterwards()
    {
        using VaultRig sender = new(), receiver = new();
        FileRef first = await sender.AddAsync(3000, 1), second = await sender.AddAsync(3000, 2);
        receiver.Pin(first.Root);
        await using Scene scene = new(receiver);
        bool room = false;
        List<BlockId> heard = [];
        scene.Fetch.Landed += (ids, _) =>
        {
            if (!Volatile.Read(ref room)) throw new StoreException("no room for a note, as planned");
            lock (heard) heard.AddRange(ids);
        };
        scene.Serve(sender);
        scene.Fetch.Search();
        await Until.TrueAsync(() => scene.Fetch.Progress.Fault is not null, Patience);
        receiver.Pin(second.Root);
        scene.Fetch.Search();
        await Until.TrueAsync(() => receiver.Store.Contains(VaultRig.Vault, second.Root), Patience); // the next round lands meanwhile
        Assert.NotNull(scene.Fetch.Progress.Fault); // and doesn't hide that somebody wasn't told
        Volatile.Write(ref room, true);
        await Until.TrueAsync(() => receiver.Stored.Count == sender.Stored.Count && Heard() == receiver.Stored.Count, Patience);
        Assert.Equal(sender.Stored.Order(), heard.Order());
        await Until.TrueAsync(() => scene.Fetch.Progress.Fault is null, Patience);

        int Heard()
        {
            lock (heard) return heard.Count;
        }
    }

    [Fact]
    public async Task A_disk_that_takes_nothing_stops_the_sender_and_goes_on_when_there_is_room()
    {
        FaultyDatabase? disk = null;
        using VaultRig sender = new(sizes: ChunkSizes.Default), receiver = new(blocks => disk = new FaultyDatabase(blocks, new FaultPlan { FullFrom = 3 }));
        for (int i = 0; i < 40; i++) receiver.Pin((await sender.AddAsync(600_000, (ulong)i)).Root);
        await using Scene scene = new(receiver);
        (Task task, _, BlockServing serving) = scene.Serve(sender);
        scene.Fetch.Search();
        await Until.TrueAsync(() => scene.Fetch.Progress.Fault is not null, Patience);
        Assert.False(task.IsCompleted);
        disk!.MakeRoom();
        await scene.CompleteAsync();
        Assert.Equal(sender.Stored, receiver.Stored);
        Assert.Null(scene.Fetch.Progress.Fault);
        Assert.False(task.IsCompleted);
    }

    [Fact]
    public async Task A_file_that_somebody_waits_for_is_fetched_without_a_pin_and_one_that_nobody_has_is_said_to_be_nowhere()
    {
        using VaultRig sender = new(), receiver = new(), other = new();
        FileRef file = await sender.AddAsync(50_000, 1), nowhere = await other.AddAsync(50_000, 2);
        await using Scene scene = new(receiver);
        Assert.False(await scene.Fetch.FetchAsync(file.Root, default)); // nobody is there
        scene.Serve(sender);
        Assert.True(await scene.Fetch.FetchAsync(file.Root, default).WaitAsync(Patience));
        Assert.Equal(sender.Stored, receiver.Stored);
        Assert.False(await scene.Fetch.FetchAsync(nowhere.Root, default).WaitAsync(Patience));
        Assert.True(await scene.Fetch.FetchAsync(file.Root, default).WaitAsync(Patience));
    }
}
