using System.Collections.Concurrent;
using System.Threading.Channels;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Swarm;

/// <summary>What keeping a vault's copies stands on. All of it is borrowed, and outlives the keeping.</summary>
/// <param name="Meta">The database of the store's pins.</param>
/// <param name="File">Where it is kept what is known of others' holdings, over a restart.</param>
/// <param name="Clock">Of this device: its time tells one run from the next.</param>
public sealed record KeepingPorts(GateVault Gate, BlockStore Store, IDatabase Meta, Ed25519Key Device, string File, HybridClock Clock, TimeProvider Time, RandomSource Random);

/// <summary>
/// Keeps a vault's copies: pumps a <see cref="Keeper"/>. VaultKeeping.Answering.cs reads from the disk what proofs take, VaultKeeping.Looking.cs
/// walks what is needed and heals, VaultKeeping.Freeing.cs lets copies go when others have proven and locked theirs.
/// </summary>
public sealed partial class VaultKeeping : IAsyncDisposable
{
    static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>Messages that wait for one peer; more, and it doesn't read.</summary>
    const int MostWaiting = 256;

    readonly KeepingPorts ports;
    readonly BlockFetch fetch;
    readonly VaultTopic topic;
    readonly DeviceId self;
    readonly Keeper keeper;
    readonly LockBook book = new();
    readonly Lock gate = new();
    readonly long startedAt;
    readonly ConcurrentDictionary<DeviceId, KeepingSession> sessions = new();
    readonly CancellationTokenSource closing = new();
    readonly ITimer ticker;
    readonly Task working, looking, scrubbing;

    /// <param name="topic">Owned from now on.</param>
    public VaultKeeping(KeepingPorts ports, BlockFetch fetch, VaultTopic topic)
    {
        (this.ports, this.fetch, this.topic) = (ports, fetch, topic);
        startedAt = ports.Time.GetTimestamp();
        self = DeviceId.Of(ports.Device.Public);
        keeper = new Keeper(self, new SketchKey(ports.Gate.Keys.Current.Sketch.Span), ports.Clock.Next().Value, ports.Random, Now);
        UseMembers();
        Load();
        TakeLocks();
        topic.Received += Hear;
        fetch.Landed += Landed;
        ticker = ports.Time.CreateTimer(_ => Do((k, now) =>
        {
            k.Tick(now);
            Expire(now);
        }), null, Tick, Tick);
        working = Task.Run(WorkAsync);
        looking = Task.Run(LookAsync);
        scrubbing = Task.Run(ScrubAsync);
    }

    /// <summary>Something that people want to know. Told from many threads, and quickly over.</summary>
    public event Action<KeeperEvent, DeviceId, string>? Happened;

    /// <summary>Copies were made here: how many, and their bytes.</summary>
    public event Action<int, long>? Healed;

    /// <summary>The vault's copies stand worse or better than was told before.</summary>
    public event Action<CopyLevel, CopyFigures>? Stood;

    TimeSpan Now => ports.Time.GetElapsedTime(startedAt);

    VaultTag Tag => ports.Gate.Id.Tag;

    /// <summary>Members, what they say of themselves, or the settings have changed.</summary>
    public void Recheck()
    {
        topic.Recheck();
        UseMembers();
        Look();
    }

    void UseMembers()
    {
        Membership known = ports.Gate.Membership();
        fetch.Shares = Shares;
        Do((k, _) => k.Use(known.Members.Where(member => member.IsActive).Select(Holder.Of), known.Settings.Copies, known.Settings.MinimumCopies));
    }

    /// <summary>A stream of /vault/holdings/1, whoever opened it. Returns when it ends.</summary>
    public async Task RunAsync(VaultChannel channel, CancellationToken cancel)
    {
        DeviceId peer = channel.Member.Device;
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancel, closing.Token);
        KeepingSession session = new(channel.ChannelBinding, MostWaiting, either);
        if (!sessions.TryAdd(peer, session)) throw new LimitExceededException("holdings are being compared already");
        Task writing = WriteAsync(session, channel, either.Token);
        try
        {
            Do((k, now) => k.Connected(peer, now));
            while (await Frames.ReadAsync(channel.Pipe.Input, KeeperCodec.MaxSize, either.Token) is { } bytes)
            {
                KeeperMessage message = KeeperCodec.Decode(bytes) ?? throw new ProtocolException("the peer says of its holdings what can't be read");
                await TakeAsync(peer, session, message, either.Token);
            }
        }
        finally
        {
            sessions.TryRemove(peer, out _);
            Do((k, now) => k.Disconnected(peer, now));
            session.End();
            either.Cancel();
            await writing;
        }
    }

    async Task TakeAsync(DeviceId peer, KeepingSession session, KeeperMessage message, CancellationToken stop)
    {
        switch (message)
        {
            case KeeperMessage.AskLock ask:
                while (!MayRead(peer)) await Task.Delay(Tick, ports.Time, stop); // nothing else of this peer is heard meanwhile
                await work.Writer.WriteAsync(() => Lock(peer, session, ask), stop);
                break;
            case KeeperMessage.AskLevels ask: session.Send(new KeeperMessage.TellLevels(ask.Blocks, [.. ask.Blocks.Select(id => (byte)(ports.Store.Info(Tag, id)?.Level ?? KeeperMessage.TellLevels.Absent))])); break;
            case KeeperMessage.TellLevels tell: TakeLevels(tell); break;
            case KeeperMessage.Locked locked: session.Answer(locked); break;
            default: Do((k, now) => k.Receive(peer, message, now)); break;
        }
    }

    bool MayRead(DeviceId peer)
    {
        lock (gate) return keeper.MayRead(peer, Now);
    }

    static async Task WriteAsync(KeepingSession session, VaultChannel channel, CancellationToken stop)
    {
        try
        {
            await foreach (KeeperMessage message in session.Waiting.ReadAllAsync(stop)) await Frames.WriteAsync(channel.Pipe.Output, KeeperCodec.Encode(message), stop);
        }
        catch (Exception e) when (e is OperationCanceledException or VaultException or InvalidOperationException or IOException)
        {
            // The stream has ended; its reader says why.
        }
    }

    void Hear(Member member, ReadOnlyMemory<byte> payload)
    {
        if (HoldingStatement.Open(payload.Span, ports.Gate.Id, member.Key) is { } statement) Do((k, now) => k.Hear(statement, now));
    }

    /// <summary>One input of the machine, and then what it wants done.</summary>
    void Do(Action<Keeper, TimeSpan> input)
    {
        List<KeeperOutput>? todo = null;
        lock (gate)
        {
            input(keeper, Now);
            while (keeper.TryTake(out KeeperOutput? output)) (todo ??= []).Add(output);
        }
        foreach (KeeperOutput output in todo ?? []) Carry(output);
    }

    void Carry(KeeperOutput output)
    {
        switch (output)
        {
            case KeeperOutput.Send send when sessions.TryGetValue(send.Peer, out KeepingSession? session): session.Send(send.Message); break;
            case KeeperOutput.Say say: topic.Publish(say.Statement.Sign(ports.Gate.Id, ports.Device)); break;
            case KeeperOutput.Prove prove: work.Writer.TryWrite(() => Prove(prove)); break; // a peer that isn't answered asks again
            case KeeperOutput.Check check: work.Writer.TryWrite(() => Check(check)); break;
            case KeeperOutput.Pull pull: fetch.Heal(pull.Blocks); break;
            case KeeperOutput.Leave leave: fetch.Leave(leave.Blocks); break;
            case KeeperOutput.NeedAnew: Look(); break;
            case KeeperOutput.Happened happened: Happened?.Invoke(happened.Event, happened.Peer, happened.Text); break;
        }
    }

    /// <summary>Since when some block has had fewer copies than the minimum; null while none has.</summary>
    public TimeSpan? UnderMinimumFor => underSince is { } since ? ports.Time.GetElapsedTime(since) : null;

    /// <summary>Promises to others that hold now.</summary>
    public int Promised
    {
        get { lock (gate) return book.Count; }
    }

    public CopyFigures Figures()
    {
        lock (gate) return keeper.Figures(Now);
    }

    public KeeperCounts Counts
    {
        get { lock (gate) return keeper.Counts; }
    }

    public IReadOnlyList<CopyStanding> WhoHolds(BlockId block)
    {
        lock (gate) return keeper.WhoHolds(block, Now);
    }

    public IReadOnlyList<CopyStanding> Standings()
    {
        lock (gate) return keeper.Standings(Now);
    }

    public async ValueTask DisposeAsync()
    {
        topic.Received -= Hear;
        fetch.Landed -= Landed;
        await ticker.DisposeAsync();
        await closing.CancelAsync();
        work.Writer.TryComplete();
        await Task.WhenAll(working, looking, scrubbing);
        Save();
        topic.Dispose();
        lookPulse.Set();
        closing.Dispose();
    }
}

/// <summary>A stream with one peer, as its keeping sees it.</summary>
sealed class KeepingSession(Hash32 binding, int most, CancellationTokenSource stop)
{
    readonly Channel<KeeperMessage> waiting = Channel.CreateBounded<KeeperMessage>(most);
    readonly ConcurrentDictionary<Hash32, TaskCompletionSource<KeeperMessage.Locked?>> asked = new();

    /// <summary>Of the connection: proofs are bound to it.</summary>
    public Hash32 Binding => binding;

    public ChannelReader<KeeperMessage> Waiting => waiting.Reader;

    /// <summary>Who doesn't read is parted with.</summary>
    public void Send(KeeperMessage message)
    {
        if (waiting.Writer.TryWrite(message)) return;
        try
        {
            stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended by itself.
        }
    }

    /// <summary>Asks for locks; null when the answer doesn't come.</summary>
    public async Task<KeeperMessage.Locked?> AskAsync(KeeperMessage.AskLock ask, TimeSpan patience, TimeProvider time, CancellationToken cancel)
    {
        TaskCompletionSource<KeeperMessage.Locked?> answer = asked.GetOrAdd(ask.Nonce, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        try
        {
            Send(ask);
            return await answer.Task.WaitAsync(patience, time, cancel);
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            asked.TryRemove(ask.Nonce, out _);
        }
    }

    public void Answer(KeeperMessage.Locked locked)
    {
        if (asked.TryGetValue(locked.Nonce, out TaskCompletionSource<KeeperMessage.Locked?>? waiter)) waiter.TrySetResult(locked);
    }

    public void End()
    {
        waiting.Writer.TryComplete();
        foreach (TaskCompletionSource<KeeperMessage.Locked?> waiter in asked.Values) waiter.TrySetResult(null);
    }
}
