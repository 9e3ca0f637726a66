using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Threading.Channels;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>
/// Keeps a catalog in step with one peer over a stream: compares at the beginning, merges what comes, sends what is lacking, and
/// stays to pass on at once what is written later, on either side. One loop owns the machine; it goes on taking messages in
/// while the stream doesn't accept its own, so that two sides that both have much to say never wait for each other.
/// </summary>
public sealed class SyncSession
{
    /// <summary>Messages that were read and not yet looked at: 2 MiB at most. Further ones stay in the stream, and stop the peer.</summary>
    const int InboxMessages = 8;

    /// <summary>Records that are merged in one commit while a comparison brings many.</summary>
    const int MergeRecords = 8192;
    const int MergeBytes = 4 << 20;

    /// <summary>Changes made here that wait for the comparison that is going on. Beyond that another comparison finds them.</summary>
    const int QueuedChanges = 256;
    const int QueuedBytes = 4 << 20;

    /// <summary>How often two that are in step make sure of it, give or take a quarter.</summary>
    static readonly TimeSpan ProbeEvery = TimeSpan.FromMinutes(1);

    /// <summary>Until the next comparison after one that found no end, doubled each time.</summary>
    static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(2), LastRetry = TimeSpan.FromMinutes(2);

    readonly VaultCatalog catalog;
    readonly IDuplexPipe pipe;
    readonly SyncSide side;
    readonly byte[] channel;
    readonly DeviceId peer;
    readonly TimeProvider time;

    readonly ConcurrentQueue<CatalogChange> news = new();
    readonly Channel<bool> wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    readonly List<ReadOnlyMemory<byte>> incoming = [];
    readonly SyncMeter meter;
    readonly TimeSpan probeEvery;
    int incomingBytes, newsBytes, newsMissed, due, asked;
    ulong offered; // this side's commit that the tags of the running comparison are of
    bool flushing, peerIsDeaf, wantsRun, heard, midway;
    TimeSpan retry = FirstRetry;

    /// <param name="pipe">Past the gate. Completed at the end.</param>
    /// <param name="channel">What binds tags to this channel: the handshake's hash.</param>
    public SyncSession(VaultCatalog catalog, IDuplexPipe pipe, SyncSide side, ReadOnlySpan<byte> channel, DeviceId peer, TimeProvider time)
    {
        this.catalog = catalog;
        this.pipe = pipe;
        this.side = side;
        this.channel = channel.ToArray();
        this.peer = peer;
        this.time = time;
        meter = new SyncMeter(time);
        // A handshake's hash is as good as chance, and each channel has its own: a device with many peers doesn't ask all at once.
        probeEvery = ProbeEvery * (0.75 + channel[0] / 512.0);
    }

    /// <summary>The side that a device is on.</summary>
    public static SyncSide SideOf(DeviceId me, DeviceId peer) => me < peer ? SyncSide.Primary : SyncSide.Secondary;

    public DeviceId Peer => peer;

    public bool IsInStep { get; private set; }

    /// <summary>How the last comparison ended, and what it cost.</summary>
    public SyncCost? LastComparison { get; private set; }

    /// <summary>When the two were last known to be in step.</summary>
    public DateTimeOffset? InStepAt { get; private set; }

    /// <summary>How far the peer's clock was ahead of this one when it last greeted. Far off, one of the two is wrong.</summary>
    public TimeSpan? ClockSkew { get; private set; }

    /// <summary>Something above has changed. Told from the session's loop: be quick.</summary>
    public event Action<SyncSession>? Moved;

    /// <summary>
    /// Runs until the stream ends, the peer breaks the rules (<see cref="ProtocolException"/>), it is shut out of the vault, or
    /// <paramref name="stop"/> is set.
    /// </summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using SyncFrames frames = new(pipe);
        using SyncMachine machine = new(side, channel, Stand);
        Channel<(byte[] Message, int OnStream)> inbox = Channel.CreateBounded<(byte[] Message, int OnStream)>(InboxMessages);
        Task reading = ReadAsync(frames, inbox.Writer, ended.Token), flushed = Task.CompletedTask;
        ITimer timer = time.CreateTimer(_ => Due(), null, probeEvery, Timeout.InfiniteTimeSpan);
        catalog.Changed += OnChanged;
        Exception? fault = null;
        try
        {
            Begin(machine);
            while (true)
            {
                while (TakeOutput(machine) is { } output)
                    if (output is SyncOutput.Send send)
                    {
                        meter.Sent(frames.Write(send.Message.Span));
                        flushing = true;
                        flushed = FlushAsync(frames, ended.Token);
                    }
                    else Handle(machine, output, timer);
                if (peerIsDeaf || !IsStillMember()) break;
                if (inbox.Reader.TryRead(out (byte[] Message, int OnStream) next))
                {
                    heard = true;
                    if (!machine.IsComparing) meter.Begin(); // what comes may begin one
                    meter.Received(next.OnStream);
                    machine.Receive(next.Message, time.GetElapsedTime(0));
                    NoteGreeting(machine);
                    continue;
                }
                MergeIncoming();
                if (TellNews(machine) || AskAgain(machine, timer)) continue;
                if (inbox.Reader.Completion.IsCompleted) break;
                await wake.Reader.ReadAsync(stop);
            }
            if (inbox.Reader.Completion.IsCompleted) await reading; // it is about to end, and says why
        }
        catch (Exception failure)
        {
            fault = failure;
            throw;
        }
        finally
        {
            catalog.Changed -= OnChanged;
            catalog.Left(this);
            IsInStep = false;
            await ended.CancelAsync();
            await timer.DisposeAsync();
            await Task.WhenAll(reading, flushed).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            await pipe.Output.CompleteAsync(fault);
            await pipe.Input.CompleteAsync(fault);
            Moved?.Invoke(this);
        }
    }

    async Task ReadAsync(SyncFrames frames, ChannelWriter<(byte[] Message, int OnStream)> inbox, CancellationToken stop)
    {
        try
        {
            while (await frames.ReadAsync(stop) is { } next)
            {
                await inbox.WriteAsync(next, stop);
                Wake();
            }
        }
        finally
        {
            inbox.Complete();
            Wake();
        }
    }

    async Task FlushAsync(SyncFrames frames, CancellationToken stop)
    {
        try
        {
            peerIsDeaf |= !await frames.FlushAsync(stop);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            peerIsDeaf = true; // reading will say why
        }
        finally
        {
            Volatile.Write(ref flushing, false);
            Wake();
        }
    }

    // While the stream is full only what needs no room there.
    SyncOutput? TakeOutput(SyncMachine machine) => Volatile.Read(ref flushing) ? machine.NextEvent() : machine.Next();

    void Handle(SyncMachine machine, SyncOutput output, ITimer timer)
    {
        switch (output)
        {
            case SyncOutput.Merge merge:
                midway |= merge.Asked;
                incoming.AddRange(merge.Records);
                incomingBytes += merge.Records.Sum(record => record.Length);
                if (!merge.Asked || incoming.Count >= MergeRecords || incomingBytes >= MergeBytes) MergeIncoming();
                break;
            case SyncOutput.Settle:
                MergeIncoming();
                machine.Settled();
                break;
            case SyncOutput.RolledBack:
                catalog.WasPutBack();
                break;
            case SyncOutput.Finished finished:
                Finish(machine, finished.Result, timer);
                break;
        }
    }

    void Begin(SyncMachine machine, int changes = 0)
    {
        if (!machine.IsComparing) meter.Begin();
        machine.Begin(changes);
    }

    void Finish(SyncMachine machine, SyncResult result, ITimer timer)
    {
        LastComparison = meter.End(result);
        bool inStep = result == SyncResult.InStep, took = result == SyncResult.Pulled && catalog.IsPullOnly;
        if (machine.Peer is { } hello && (inStep || took)) catalog.Met(peer, hello, inStep ? offered : 0, caughtUp: true, this);
        IsInStep = inStep;
        if (inStep) InStepAt = time.GetUtcNow();
        // After taking everything from the peer, this side may have more to give.
        wantsRun = took;
        retry = inStep || took ? FirstRetry : retry * 2 < LastRetry ? retry * 2 : LastRetry;
        timer.Change(inStep ? probeEvery : retry, Timeout.InfiniteTimeSpan);
        Moved?.Invoke(this);
    }

    void MergeIncoming()
    {
        if (incoming.Count == 0) return;
        MergeReport report = catalog.Merge(incoming, this, midway);
        midway = false;
        incoming.Clear();
        incomingBytes = 0;
        // Every member checks before it keeps: nobody honest has such records to give.
        if (report.Refused > 0) throw new ProtocolException($"the peer sent {report.Refused} records that are malformed or forged");
    }

    SyncStanding Stand()
    {
        SyncStanding standing = catalog.Standing(peer);
        offered = standing.Sequence;
        return standing;
    }

    void NoteGreeting(SyncMachine machine)
    {
        if (machine.Peer is { } hello) ClockSkew = new HybridTime(hello.Clock).Moment - time.GetUtcNow();
        if (!machine.IsInStep) IsInStep = false;
    }

    bool IsStillMember() => !catalog.Membership.HasPutOut(peer);

    /// <summary>Passes on what was changed here. True when there was something to do.</summary>
    bool TellNews(SyncMachine machine)
    {
        if (!machine.IsInStep) return false;
        bool told = false;
        if (Interlocked.Exchange(ref newsMissed, 0) == 1)
        {
            Begin(machine);
            return true;
        }
        while (news.TryDequeue(out CatalogChange? change))
        {
            List<ReadOnlyMemory<byte>> records = [.. change.Added.Where(record => record.Source != this).Select(record => record.Bytes)];
            Interlocked.Add(ref newsBytes, -BytesOf(change));
            if (change.Sequence <= offered || records.Count == 0) continue;
            if (!machine.Announce(records)) Begin(machine, records.Count);
            told = true;
        }
        return told;
    }

    /// <summary>Compares again when it is time for that. True if so.</summary>
    bool AskAgain(SyncMachine machine, ITimer timer)
    {
        bool isDue = Interlocked.Exchange(ref due, 0) == 1, isAsked = Interlocked.Exchange(ref asked, 0) == 1;
        if (!isDue && !isAsked && !wantsRun) return false;
        wantsRun = false;
        if (isDue) timer.Change(probeEvery, Timeout.InfiniteTimeSpan);
        if (!machine.IsComparing)
        {
            meter.Begin();
            if (machine.IsInStep) machine.Probe();
            else machine.Begin();
        }
        else if (isDue && !heard) throw new ProtocolException("the peer has stopped in the middle of a comparison");
        if (isDue) heard = false;
        return true;
    }

    /// <summary>Asks the peer now whether the sets are still the same. Nothing happens while a comparison is going on.</summary>
    public void Compare()
    {
        Volatile.Write(ref asked, 1);
        Wake();
    }

    void OnChanged(CatalogChange change)
    {
        if (!change.Added.Any(record => record.Source != this) && !change.MembershipChanged) return;
        if (news.Count >= QueuedChanges || Volatile.Read(ref newsBytes) > QueuedBytes) Volatile.Write(ref newsMissed, 1);
        else
        {
            Interlocked.Add(ref newsBytes, BytesOf(change));
            news.Enqueue(change);
        }
        Wake();
    }

    static int BytesOf(CatalogChange change) => change.Added.Sum(record => record.Bytes.Length);

    void Due()
    {
        Volatile.Write(ref due, 1);
        Wake();
    }

    void Wake() => wake.Writer.TryWrite(true);
}
