using System.Buffers;
using System.IO.Pipelines;
using Vault.Libp2p.Bandwidth;
using Vault.Libp2p.Noise;
using Vault.Primitives;

namespace Vault.Libp2p.Yamux;

/// <summary>
/// Drives one Yamux session over one secured link: a loop that reads, a loop that writes, and a timer. The reading loop never
/// waits for the writing one. Everything the machine decides happens under one lock, which is held for copies of at most one
/// frame and never across an await.
/// </summary>
sealed partial class Mux : IAsyncDisposable
{
    /// <summary>How long a farewell may take before the link is cut.</summary>
    static readonly TimeSpan FarewellTimeout = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How often an overdrawn limit of downloads is looked at before this link is read on. Holding back credit is what slows a sender
    /// down; this only stops a crowd of new streams, which need no credit yet.
    /// </summary>
    static readonly TimeSpan DebtPause = TimeSpan.FromMilliseconds(100);

    readonly Lock gate = new();
    readonly Session session;
    readonly MuxLimits limits;
    readonly ILink link;
    readonly IDuplexPipe pipe;
    readonly NoiseTransport noise;
    readonly TimeProvider time;
    readonly Action<MuxStream> accept;
    readonly AsyncSignal wake = new();
    readonly List<MuxStream> fed = [], opened = [];
    readonly TaskCompletionSource idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly long startedAt;
    readonly Throttle upload, download;
    TaskCompletionSource? roomForStream;
    ITimer? keepAlive, farewell;
    long bytesIn, bytesOut;
    int charged; // to the limit of downloads, by what was read last
    bool draining, closing;

    /// <param name="link">What <paramref name="pipe"/> runs over; owned from now on.</param>
    /// <param name="pipe">The link itself, or the private network's pipe around it.</param>
    /// <param name="noise">Owned from now on.</param>
    /// <param name="accept">Called for every stream the other side opens; must not wait.</param>
    public Mux(
        ILink link, IDuplexPipe pipe, NoiseTransport noise, bool client, bool privateNetwork, MuxLimits limits, Throttle upload, Throttle download,
        TimeProvider time, Action<MuxStream> accept)
    {
        (this.link, this.pipe, this.noise, this.limits, this.time, this.accept) = (link, pipe, noise, limits, time, accept);
        (this.upload, this.download) = (upload, download);
        (smallTurn, bulkTurn, creditTurn) = (new Turn(upload, urgent: true), new Turn(upload, urgent: false), new Turn(download, urgent: false));
        int maxWindow = privateNetwork ? Math.Min(limits.MaxWindow, MuxLimits.PrivateNetworkWindow) : limits.MaxWindow;
        session = new Session(client, limits, Math.Max(maxWindow, MuxLimits.InitialWindow));
        startedAt = time.GetTimestamp();
        session.Ping(); // the first answer tells the round trip, by which windows grow
    }

    /// <summary>The other side bears windows of any size: streams that begin from now on may have them.</summary>
    public void Widen()
    {
        lock (gate) session.MaxWindow = Math.Max(session.MaxWindow, limits.MaxWindow);
    }

    /// <summary>Why the session ended, or is ending: the first reason wins.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Ends, without failing, when both loops have ended.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    public TimeSpan? RoundTrip
    {
        get { lock (gate) return session.RoundTrip; }
    }

    public int StreamCount
    {
        get { lock (gate) return session.Streams.Count; }
    }

    /// <summary>Bytes of frames, with all that seals them, that this connection has received and sent; its handshake isn't counted.</summary>
    public (long In, long Out) Bytes => (Volatile.Read(ref bytesIn), Volatile.Read(ref bytesOut));

    TimeSpan Now => time.GetElapsedTime(startedAt);

    /// <param name="early">Bytes of the session that arrived with the last handshake message.</param>
    public void Start(ReadOnlyMemory<byte> early)
    {
        keepAlive = time.CreateTimer(_ => KeepAlive(), null, limits.KeepAlive, limits.KeepAlive);
        upload.Changed += wake.Set;
        download.Changed += wake.Set;
        Completion = RunAsync(early);
    }

    async Task RunAsync(ReadOnlyMemory<byte> early)
    {
        await Task.WhenAll(ReadAsync(early), WriteAsync());
        upload.Changed -= wake.Set;
        download.Changed -= wake.Set;
        link.Abort();
    }

    /// <summary>A new stream; waits while a limit of ours or the other side's backlog is full.</summary>
    public async ValueTask<MuxStream> OpenAsync(CancellationToken cancel)
    {
        while (true)
        {
            Task room;
            lock (gate)
            {
                if (closing) throw new ProtocolException("The connection is closed: " + Failure!.Message);
                if (session.Open() is { } state)
                {
                    wake.Set();
                    return new MuxStream(this, state, limits);
                }
                if (!session.MayOpenLater) throw new ProtocolException("The peer is going away.");
                roomForStream ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
                room = roomForStream.Task;
            }
            await room.WaitAsync(cancel);
        }
    }

    async Task ReadAsync(ReadOnlyMemory<byte> early)
    {
        try
        {
            Receive(early.Span);
            while (true)
            {
                ReadResult result = await pipe.Input.ReadAsync();
                ReadOnlySequence<byte> rest = result.Buffer;
                while (noise.TryOpen(ref rest, out ReadOnlySpan<byte> plaintext)) Receive(plaintext);
                Volatile.Write(ref bytesIn, bytesIn + result.Buffer.Length - rest.Length);
                pipe.Input.AdvanceTo(rest.Start, rest.End);
                if (result.IsCompleted) break;
                // Nobody waits for the few bytes of a small message; a crowd of streams that bring their first bytes does.
                while (charged > Session.SmallTurn && download.IsOverdrawn && !closing) await Task.Delay(DebtPause, time);
                charged = 0;
            }
            ShutDown(new ProtocolException("The peer closed the connection."), null);
        }
        catch (Exception e)
        {
            ShutDown(e, e is ProtocolException or LimitExceededException ? GoAwayCode.ProtocolError : GoAwayCode.InternalError);
        }
        finally
        {
            await pipe.Input.CompleteAsync();
        }
    }

    void Receive(ReadOnlySpan<byte> plaintext)
    {
        bool output;
        lock (gate)
        {
            TimeSpan now = Now;
            while (true)
            {
                SessionEvent found = session.Receive(ref plaintext, now, out StreamState? state, out ReadOnlySpan<byte> payload);
                if (found == SessionEvent.None) break;
                MuxStream? stream = (MuxStream?)state?.Owner;
                switch (found)
                {
                    case SessionEvent.Opened:
                        opened.Add(new MuxStream(this, state!, limits));
                        break;
                    case SessionEvent.Data:
                        stream!.Deliver(payload);
                        if (fed.Count == 0 || fed[^1] != stream) fed.Add(stream);
                        break;
                    case SessionEvent.Finished:
                        stream!.EndOfInput();
                        break;
                    case SessionEvent.Reset:
                        stream!.Fail(new ProtocolException("The stream was reset."));
                        break;
                }
            }
            foreach (MuxStream stream in fed) stream.Flush();
            fed.Clear();
            NoteIdle();
            int unpaid = session.TakeUnpaid();
            download.Charge(unpaid);
            charged += unpaid;
            output = session.HasOutput;
        }
        if (output) wake.Set();
        foreach (MuxStream stream in opened) accept(stream);
        opened.Clear();
    }

    internal void Send(MuxStream stream, int bytes) => Decide(stream, static (session, state, bytes, _) => session.Send(state, bytes), bytes);

    internal void Consume(MuxStream stream, int bytes) => Decide(stream, static (session, state, bytes, now) => session.Consume(state, bytes, now), bytes);

    internal void Discard(MuxStream stream) => Decide(stream, static (session, state, _, _) => session.Discard(state), 0);

    internal void Finish(MuxStream stream)
    {
        Decide(stream, static (session, state, _, _) => session.Finish(state), 0);
        lock (gate)
            if (stream.State.Pending == 0) stream.EndOfOutput();
    }

    internal void Release(MuxStream stream) => Decide(stream, static (session, state, _, _) => session.Release(state), 0);

    internal void Abort(MuxStream stream, Exception reason)
    {
        lock (gate)
        {
            if (stream.State.Gone) return;
            session.Reset(stream.State);
            stream.Fail(reason);
            NoteIdle();
        }
        wake.Set();
    }

    void Decide(MuxStream stream, Action<Session, StreamState, int, TimeSpan> decision, int bytes)
    {
        bool output;
        lock (gate)
        {
            decision(session, stream.State, bytes, Now);
            output = session.HasOutput;
        }
        if (output) wake.Set();
    }

    void KeepAlive()
    {
        bool answered;
        lock (gate)
        {
            answered = session.Ping();
            session.ResetLingering(Now);
        }
        if (answered) wake.Set();
        else ShutDown(new ProtocolException("The peer no longer answers."), GoAwayCode.Normal);
    }

    /// <summary>
    /// Ends the session: no more streams, GoAway if the other side should be told, then the link is cut. The first reason wins; a
    /// second call changes nothing.
    /// </summary>
    public void ShutDown(Exception reason, GoAwayCode? code)
    {
        lock (gate)
        {
            if (closing) return;
            closing = true;
            Failure = reason;
            foreach (StreamState state in session.Streams) ((MuxStream)state.Owner!).Fail(reason);
            NoteIdle();
            if (code is { } farewellCode)
            {
                session.DropAll();
                session.GoAway(farewellCode);
            }
        }
        keepAlive?.Dispose();
        idle.TrySetResult();
        if (code is null) link.Abort();
        else farewell = time.CreateTimer(_ => link.Abort(), null, FarewellTimeout, Timeout.InfiniteTimeSpan);
        wake.Set();
    }

    /// <summary>Lets the streams that are open finish, for as long as <paramref name="cancel"/> allows, says goodbye and ends the session.</summary>
    public async Task CloseAsync(CancellationToken cancel)
    {
        lock (gate)
        {
            session.RefuseStreams();
            draining = true;
            NoteIdle();
        }
        try
        {
            await idle.Task.WaitAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            // Whoever waits for these streams learns it from them.
        }
        ShutDown(new ProtocolException("The connection was closed."), GoAwayCode.Normal);
        await Completion;
    }

    // A stream has gone: somebody may be waiting for the last one to, or for a place.
    void NoteIdle()
    {
        if (draining && session.Streams.Count == 0) idle.TrySetResult();
        if (roomForStream is null || !(session.CanOpen || closing)) return;
        roomForStream.TrySetResult();
        roomForStream = null;
    }

    public async ValueTask DisposeAsync()
    {
        ShutDown(new ProtocolException("The connection was closed."), GoAwayCode.Normal);
        await Completion;
        if (keepAlive is not null) await keepAlive.DisposeAsync();
        if (farewell is not null) await farewell.DisposeAsync();
        if (turnComes is not null) await turnComes.DisposeAsync();
        await link.DisposeAsync();
        (pipe as IDisposable)?.Dispose();
        noise.Dispose();
    }
}
