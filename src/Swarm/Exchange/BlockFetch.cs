using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>How a vault's fetching stands.</summary>
/// <param name="Wanted">Blocks known to be wanted and not here yet; more may lie below them.</param>
/// <param name="Searching">Pins are being walked for what is missing: the number will grow.</param>
/// <param name="Blocks">Blocks that have come since the start, and their bytes.</param>
/// <param name="BytesPerSecond">From all sources together, lately.</param>
/// <param name="Fault">Why the store, or who is told of what landed, takes nothing at the moment; null when all do.</param>
/// <param name="Received">Bytes of blocks that have come over the wire since the start, durable or not yet.</param>
public sealed record FetchProgress(int Wanted, bool Searching, long Blocks, long Bytes, long Received, double BytesPerSecond, int Sources, string? Fault);

/// <summary>
/// Brings a vault's missing blocks from the peers that have them. What is missing, the pins say; below a block that comes lie
/// its links; whom to ask, the plan says. Every block is hashed before it is stored, goes through the store's one door, and
/// counts as here when it would survive a power cut. A stream is one source; one that misbehaves ends with a
/// <see cref="ProtocolException"/> and takes nothing along.
/// BlockFetch.Landing.cs is the way to the disk, BlockFetch.Searching.cs how it finds out what is missing.
/// </summary>
public sealed partial class BlockFetch : IAsyncDisposable
{
    readonly BlockStore store;
    readonly VaultTag vault;
    readonly TimeProvider time;
    readonly RateLimit? download;
    readonly long startedAt;
    readonly Lock gate = new();
    readonly FetchPlan plan = new();
    readonly Dictionary<int, Source> sources = [];
    readonly CancellationTokenSource closing = new();
    readonly ITimer ticker;
    readonly Task landing, telling, walking;
    long received;

    public BlockFetch(BlockStore store, VaultTag vault, TimeProvider time, RateLimit? download = null)
    {
        (this.store, this.vault, this.time, this.download) = (store, vault, time, download);
        startedAt = time.GetTimestamp();
        ticker = time.CreateTimer(_ => Do(plan.Tick), null, ExchangeLimits.Tick, ExchangeLimits.Tick);
        landing = LandAsync();
        telling = Task.Run(TellLandedAsync); // it writes to the disk: not on the caller's thread
        walking = Task.Run(WalkAsync); // it reads the disk: not on the caller's thread
    }

    TimeSpan Now => time.GetElapsedTime(startedAt);

    public FetchProgress Progress
    {
        get
        {
            lock (gate)
                return new FetchProgress(plan.Count, searching, Interlocked.Read(ref blocks), Interlocked.Read(ref bytes), Interlocked.Read(ref received), plan.Rates.Sum(rate => rate.BytesPerSecond), sources.Count, fault ?? untold);
        }
    }

    /// <summary>True when the pins were walked and everything they need is here.</summary>
    public bool IsComplete
    {
        get { lock (gate) return !searching && plan.Count == 0; }
    }

    /// <summary>One source: a stream of /vault/blocks/1 that this side opened. Returns when the stream ends.</summary>
    public async Task RunAsync(IDuplexPipe stream, CancellationToken cancel)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, closing.Token);
        Source source = new(stop);
        int? slot = null;
        Do(now =>
        {
            if ((slot = plan.AddSource(now)) is { } given) sources.Add(given, source);
        });
        if (slot is null) throw new LimitExceededException($"there are {ExchangeLimits.Sources} sources for this vault already");
        Task asking = AskAsync(source, stream.Output, stop.Token);
        try
        {
            await ReceiveAsync(slot.Value, stream.Input, stop.Token);
        }
        catch (OperationCanceledException) when (source.Fault is { } why)
        {
            throw new ProtocolException(why);
        }
        finally
        {
            stop.Cancel();
            Do(now =>
            {
                sources.Remove(slot.Value);
                plan.RemoveSource(slot.Value, now);
            });
            await asking;
        }
    }

    /// <summary>One input of the plan, and then what it wants done.</summary>
    void Do(Action<TimeSpan> input)
    {
        List<BlockId>? nowhere = null;
        List<(Source Source, string Reason)>? dropped = null;
        lock (gate)
        {
            input(Now);
            while (plan.TryTake(out FetchOutput? output))
                switch (output)
                {
                    case FetchOutput.Ask ask: sources.GetValueOrDefault(ask.Source)?.Ask(ask); break;
                    case FetchOutput.Drop drop when sources.TryGetValue(drop.Source, out Source? source): (dropped ??= []).Add((source, drop.Reason)); break;
                    case FetchOutput.Nobody nobody: (nowhere ??= []).Add(nobody.Id); break;
                }
        }
        foreach ((Source source, string reason) in dropped ?? []) source.Drop(reason);
        if (nowhere is not null) Tell(nowhere, here: false);
    }

    static async Task AskAsync(Source source, PipeWriter output, CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                while (source.TryTake(out FetchOutput.Ask? ask)) ExchangeCodec.WriteAsk(output, ask.Lane, ask.Ids);
                if ((await output.FlushAsync(cancel)).IsCompleted) return;
                await source.Pulse.WaitAsync(cancel);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ProtocolException or InvalidOperationException)
        {
            // The stream has ended; its reader says why.
        }
    }

    async Task ReceiveAsync(int slot, PipeReader input, CancellationToken cancel)
    {
        while (true)
        {
            ReadResult result = await input.ReadAsync(cancel);
            ReadOnlySequence<byte> rest = result.Buffer;
            AnswerHeader? block = null;
            while (block is null && ExchangeCodec.TryReadAnswer(ref rest, out AnswerHeader header))
            {
                if (header.Length != AnswerHeader.Missing) block = header;
                else if (Owed(slot, header.Number) is not null) Do(now => plan.Lacks(slot, header.Number, now));
            }
            bool nothingLeft = rest.IsEmpty;
            // With a block to come, nothing counts as looked at: its bytes may be here already.
            input.AdvanceTo(rest.Start, block is null ? rest.End : rest.Start);
            if (block is { } given) await ReceiveBlockAsync(slot, given, input, cancel);
            else if (result.IsCompleted)
            {
                if (!nothingLeft) throw new ProtocolException("the stream ended inside an answer");
                return;
            }
        }
    }

    /// <summary>The block's bytes into one piece of memory, then whatever they turn out to be.</summary>
    async Task ReceiveBlockAsync(int slot, AnswerHeader given, PipeReader input, CancellationToken cancel)
    {
        BlockId claimed = Owed(slot, given.Number)!.Value;
        byte[] memory = ArrayPool<byte>.Shared.Rent(given.Length);
        try
        {
            int last = 0;
            for (int have = 0; have < given.Length;)
            {
                ReadResult result = await input.ReadAsync(cancel);
                int take = (int)Math.Min(Math.Min(result.Buffer.Length, given.Length - have), download?.BytesPerSecond is null ? int.MaxValue : ExchangeLimits.FlushBytes);
                ReadOnlySequence<byte> piece = result.Buffer.Slice(0, take);
                piece.CopyTo(memory.AsSpan(have));
                input.AdvanceTo(piece.End);
                have += take;
                Interlocked.Add(ref received, take);
                if (download is not null && take > 0) await HoldAsync(slot, download.TakeAsync(take, cancel));
                if (take > 0 && have < given.Length) Do(now => plan.Progress(slot, take, now));
                if (take > 0) last = take;
                else if (result.IsCompleted) throw new ProtocolException("the stream ended inside a block");
            }
            if (!Block.TryParse(memory.AsMemory(0, given.Length), claimed, out Block block)) throw new ProtocolException("the peer sent bytes that are not the block it was asked for");
            (FetchPriority Priority, int? Level)? use = null;
            Do(now =>
            {
                plan.Progress(slot, last, now);
                use = plan.Arrived(slot, given.Number, given.Length, now);
            });
            if (use is { } wanted)
            {
                await StoreAsync(block);
                Follow(block, wanted.Priority, wanted.Level);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(memory);
        }
    }

    /// <summary>While our own limit keeps us from reading, the source's silence is none of its own.</summary>
    async ValueTask HoldAsync(int slot, ValueTask taking)
    {
        if (taking.IsCompletedSuccessfully) return;
        Do(now => plan.Hold(slot, true, now));
        try
        {
            await taking;
        }
        finally
        {
            Do(now => plan.Hold(slot, false, now));
        }
    }

    BlockId? Owed(int slot, uint number)
    {
        lock (gate) return plan.Owed(slot, number) ?? throw new ProtocolException("the peer answers a question that nobody asked");
    }

    /// <summary>What an inner block links to is wanted as well, unless it is here. A link to a block of another level than the next lower one is no part of a file.</summary>
    void Follow(Block block, FetchPriority priority, int? level)
    {
        if (priority == FetchPriority.Healing) return;
        if (block.Header.Level == 0 || (level is { } claimed && claimed != block.Header.Level)) return;
        if (priority == FetchPriority.Awaited && OnDemand) return; // whoever waits asks for what it needs, which may be a small part
        List<BlockId> missing = [];
        for (int i = 0; i < block.Header.Links; i++)
            if (!store.Contains(vault, block.Link(i))) missing.Add(block.Link(i));
        int taken = 0;
        Do(now => taken = plan.Want(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(missing), priority, block.Header.Level - 1, now));
        if (taken < missing.Count) Search(); // the walk over the pins finds the rest, when there is room again
    }

    public async ValueTask DisposeAsync()
    {
        await ticker.DisposeAsync();
        closing.Cancel();
        await walking;
        await landing;
        landed.Writer.TryComplete();
        await telling;
        closing.Dispose();
    }

    /// <summary>A stream's questions that wait to be written, and the way to end it.</summary>
    sealed class Source(CancellationTokenSource stop)
    {
        readonly Lock gate = new();
        readonly Queue<FetchOutput.Ask> asks = new();

        public AsyncPulse Pulse { get; } = new();
        public string? Fault { get; private set; }

        public void Ask(FetchOutput.Ask ask)
        {
            lock (gate) asks.Enqueue(ask);
            Pulse.Set();
        }

        public bool TryTake([NotNullWhen(true)] out FetchOutput.Ask? ask)
        {
            lock (gate) return asks.TryDequeue(out ask);
        }

        public void Drop(string reason)
        {
            Fault = reason;
            stop.Cancel();
        }
    }
}
