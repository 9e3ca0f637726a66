using Vault.Primitives;

namespace Vault.Libp2p.Yamux;

enum SessionEvent
{
    /// <summary>The input is used up.</summary>
    None,
    Opened,
    Data,
    Finished,
    Reset,
    GoAway,
}

/// <summary>
/// One side of a Yamux session as a pure machine: bytes in and events out (this file), the application's wishes in and frames
/// out (Session.Sending.cs). It knows no sockets, no clock and no threads; whoever drives it calls it one call at a time.
/// A peer that breaks the protocol shows as a ProtocolException or LimitExceededException, after which the session is over.
/// </summary>
sealed partial class Session(bool client, MuxLimits limits, int maxWindow)
{
    enum Stage { Header, Payload, Trailer }

    readonly Dictionary<uint, StreamState> streams = [];
    readonly byte[] partialHeader = new byte[FrameHeader.Size];
    int headerBytes;
    Stage stage;
    FrameHeader frame;
    StreamState? target;
    uint payloadLeft;
    int unread;
    int unpaid;
    int inbound, outbound;
    double resetCredit = limits.ResetBurst;
    TimeSpan resetCreditAt;

    public IReadOnlyCollection<StreamState> Streams => streams.Values;

    /// <summary>How far the window of a stream that begins from now on may grow.</summary>
    public int MaxWindow { get; set; } = maxWindow;

    /// <summary>The other side accepts no more streams, with this code.</summary>
    public uint? RemoteGoAway { get; private set; }

    public int InboundStreams => inbound;

    public int Unread => unread;

    /// <summary>
    /// Bytes that arrived since the last call without credit having been given for them: those of initial windows. Negative when
    /// streams ended before they used their credit up.
    /// </summary>
    public int TakeUnpaid()
    {
        int taken = unpaid;
        unpaid = 0;
        return taken;
    }

    /// <summary>
    /// Consumes input up to the next event. Call it until it returns <see cref="SessionEvent.None"/>. Payload is borrowed from the
    /// input.
    /// </summary>
    public SessionEvent Receive(ref ReadOnlySpan<byte> input, TimeSpan now, out StreamState? stream, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        stream = null;
        while (true)
        {
            SessionEvent found = SessionEvent.None;
            switch (stage)
            {
                case Stage.Header:
                    if (!TakeHeader(ref input)) return SessionEvent.None;
                    found = OnHeader(now);
                    break;
                case Stage.Payload when payloadLeft > 0:
                    if (input.IsEmpty) return SessionEvent.None;
                    payload = input[..(int)Math.Min((uint)input.Length, payloadLeft)];
                    input = input[payload.Length..];
                    payloadLeft -= (uint)payload.Length;
                    found = OnPayload(payload.Length);
                    break;
                case Stage.Payload:
                    stage = Stage.Trailer;
                    break;
                case Stage.Trailer:
                    stage = Stage.Header;
                    found = OnTrailer(now);
                    break;
            }
            if (found == SessionEvent.None) continue;
            stream = target;
            return found;
        }
    }

    bool TakeHeader(ref ReadOnlySpan<byte> input)
    {
        int take = Math.Min(input.Length, FrameHeader.Size - headerBytes);
        input[..take].CopyTo(partialHeader.AsSpan(headerBytes));
        input = input[take..];
        headerBytes += take;
        if (headerBytes < FrameHeader.Size) return false;
        headerBytes = 0;
        frame = FrameHeader.Read(partialHeader) ?? throw new ProtocolException("A Yamux header has an unknown version or type.");
        return true;
    }

    SessionEvent OnHeader(TimeSpan now)
    {
        target = null;
        switch (frame.Type)
        {
            case FrameType.Ping:
                OnPing(now);
                return SessionEvent.None;
            case FrameType.GoAway:
                RemoteGoAway = frame.Length;
                return SessionEvent.GoAway;
        }
        payloadLeft = frame.Type == FrameType.Data ? frame.Length : 0;
        stage = Stage.Payload;
        if (frame.Has(FrameFlags.Syn)) return Accept();

        if (!streams.TryGetValue(frame.Stream, out target))
        {
            // Late frames of a stream that is gone are normal; a frame that names the session isn't.
            return frame.Stream != 0 ? SessionEvent.None : throw new ProtocolException("A Yamux stream frame names stream 0.");
        }
        if (frame.Has(FrameFlags.Ack)) Acknowledge(target);
        TakeWindow();
        return SessionEvent.None;
    }

    SessionEvent Accept()
    {
        uint id = frame.Stream;
        if (id == 0 || id % 2 == (client ? 1u : 0u)) throw new ProtocolException("A Yamux stream was opened with an id of the wrong side.");
        if (streams.ContainsKey(id)) throw new ProtocolException("A Yamux stream was opened with the id of a living stream.");
        if (inbound >= limits.MaxInboundStreams || refusing || goAwaySent)
        {
            Refuse(id);
            return SessionEvent.None;
        }
        target = new StreamState(id, outbound: false, MaxWindow) { Acknowledged = true };
        streams.Add(id, target);
        inbound++;
        // At once, so that the opener's backlog drains; the protocol may let us be silent for long.
        Due(target, FrameFlags.Ack);
        TakeWindow();
        return SessionEvent.Opened;
    }

    void TakeWindow()
    {
        if (frame.Type == FrameType.Data && !target!.Window.TryTake(frame.Length))
            throw new ProtocolException($"A Yamux frame of {frame.Length} bytes goes past the stream's window.");
    }

    SessionEvent OnPayload(int length)
    {
        if (target is null || target.Gone) return SessionEvent.None;
        int free = Math.Min(length, target.Unpaid);
        target.Unpaid -= free;
        unpaid += free;
        if (target.Discarding) return SessionEvent.None;
        if (target.FinReceived || unread + length > limits.MaxUnread)
        {
            Reset(target);
            return SessionEvent.Reset;
        }
        target.Unread += length;
        unread += length;
        return SessionEvent.Data;
    }

    SessionEvent OnTrailer(TimeSpan now)
    {
        if (target is null || target.Gone) return SessionEvent.None;
        if (frame.Type == FrameType.WindowUpdate && frame.Length > 0)
        {
            target.SendWindow += frame.Length;
            if (target.SendWindow > uint.MaxValue) throw new ProtocolException("A Yamux send window was opened past 4 GiB.");
            QueueTurn(target);
        }
        if (frame.Has(FrameFlags.Rst))
        {
            CountReset(now);
            Remove(target);
            return SessionEvent.Reset;
        }
        if (!frame.Has(FrameFlags.Fin) || target.FinReceived) return SessionEvent.None;
        target.FinReceived = true;
        RemoveIfFinished(target);
        return SessionEvent.Finished;
    }

    // A token bucket: opening and resetting streams costs the other side nothing, and us a handler each.
    void CountReset(TimeSpan now)
    {
        if (target!.Outbound) return;
        resetCredit = Math.Min(limits.ResetBurst, resetCredit + (now - resetCreditAt).TotalSeconds * limits.ResetsPerSecond);
        resetCreditAt = now;
        if (--resetCredit < 0) throw new LimitExceededException("The peer opens and resets streams faster than anyone uses them.");
    }

    void Acknowledge(StreamState stream)
    {
        if (stream.Acknowledged) return;
        stream.Acknowledged = true;
        unacknowledged--;
    }

    void RemoveIfFinished(StreamState stream)
    {
        if (stream.FinSent && stream.FinReceived) Remove(stream);
    }

    void Remove(StreamState stream)
    {
        if (stream.Gone) return;
        stream.Gone = true;
        streams.Remove(stream.Id);
        stream.Pending = 0;
        unpaid -= stream.Window.Remaining - stream.Unpaid - stream.CreditDue;
        // What arrived whole stays readable; after a reset nobody will consume it, so it stops counting either way.
        unread -= stream.Unread;
        stream.Unread = 0;
        Acknowledge(stream);
        if (stream.Outbound) outbound--;
        else if (stream.Released) inbound--;
    }
}
