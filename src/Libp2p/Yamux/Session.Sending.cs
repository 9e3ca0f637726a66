using Vault.Primitives;

namespace Vault.Libp2p.Yamux;

sealed partial class Session
{
    /// <summary>
    /// A stream with no more than this waiting goes ahead of bulk: a chat line, a request, a gossip message. Twice a typical
    /// request, a quarter of a bulk turn.
    /// </summary>
    public const int SmallTurn = 4 * 1024;

    /// <summary>What a stream sends before the next one's turn, when several have much to send.</summary>
    const int BulkTurn = 16 * 1024;

    /// <summary>After this many small turns in a row one bulk turn is due, so that small talk can't starve a transfer.</summary>
    const int SmallRun = 8;

    readonly Queue<StreamState> control = [];
    readonly Queue<StreamState> credits = [];
    readonly Queue<StreamState> small = [];
    readonly Queue<StreamState> bulk = [];
    readonly Queue<FrameHeader> answers = [];
    uint nextId = client ? 1u : 2u;
    int unacknowledged;
    int smallRun;
    GoAwayCode? goAwayDue;
    bool goAwaySent, refusing;
    bool pingDue;
    uint pingValue;
    TimeSpan? pingSentAt;

    public bool HasOutput => control.Count + credits.Count + small.Count + bulk.Count + answers.Count > 0 || pingDue || goAwayDue is not null;

    /// <summary>Something small waits: a frame without payload, or a stream with little to send.</summary>
    public bool HasSmallOutput => control.Count + small.Count + answers.Count > 0 || pingDue || goAwayDue is not null && bulk.Count == 0;

    /// <summary>A stream whose bytes were consumed waits to tell that more may come.</summary>
    public bool HasCredit => credits.Count > 0;

    /// <summary>The latest measured round trip; null before the first answer.</summary>
    public TimeSpan? RoundTrip { get; private set; }

    /// <summary>True while a ping of ours is unanswered.</summary>
    public bool PingOutstanding => pingSentAt is not null;

    /// <summary>False once either side has said that it goes away, or the ids are used up.</summary>
    public bool MayOpenLater => RemoteGoAway is null && !refusing && !goAwaySent && goAwayDue is null && nextId <= uint.MaxValue - 2;

    public bool CanOpen => MayOpenLater && outbound < limits.MaxOutboundStreams && unacknowledged < limits.MaxBacklog;

    /// <summary>A new stream of ours; null while the other side, or a limit, doesn't allow one.</summary>
    public StreamState? Open()
    {
        if (!CanOpen) return null;
        StreamState stream = new(nextId, outbound: true, MaxWindow);
        nextId += 2;
        streams.Add(stream.Id, stream);
        outbound++;
        unacknowledged++;
        Due(stream, FrameFlags.Syn);
        return stream;
    }

    /// <summary>The application has handed over so many more bytes.</summary>
    public void Send(StreamState stream, int bytes)
    {
        if (stream.Gone || stream.Finishing) return;
        stream.Pending += bytes;
        QueueTurn(stream);
    }

    /// <summary>The application sends nothing more: FIN follows the last pending byte.</summary>
    public void Finish(StreamState stream)
    {
        if (stream.Gone || stream.Finishing) return;
        stream.Finishing = true;
        FinishIfDrained(stream);
    }

    /// <summary>The application has consumed so many bytes.</summary>
    public void Consume(StreamState stream, int bytes, TimeSpan now)
    {
        if (stream.Gone) return;
        stream.Unread -= bytes;
        unread -= bytes;
        // After FIN nothing more comes, so credit would be noise.
        if (stream.FinReceived || stream.Window.Free(bytes, now, RoundTrip) is not (> 0 and var credit)) return;
        stream.CreditDue += credit;
        QueueCredit(stream);
    }

    /// <summary>The application reads nothing more: what still arrives is dropped, and not credited.</summary>
    public void Discard(StreamState stream)
    {
        if (stream.Gone) return;
        stream.Discarding = true;
        unread -= stream.Unread;
        stream.Unread = 0;
    }

    /// <summary>Ends the stream at once, in both directions.</summary>
    public void Reset(StreamState stream)
    {
        if (stream.Gone) return;
        Remove(stream);
        stream.FlagsDue |= FrameFlags.Rst;
        QueueControl(stream);
    }

    /// <summary>The handler of an inbound stream has returned: only now, and once the stream is gone, is its place free for another.</summary>
    public void Release(StreamState stream)
    {
        if (stream.Outbound || stream.Released) return;
        stream.Released = true;
        if (stream.Gone) inbound--;
    }

    public void GoAway(GoAwayCode code)
    {
        if (!goAwaySent) goAwayDue ??= code;
    }

    /// <summary>From now on streams that the other side opens are refused; those that are open go on.</summary>
    public void RefuseStreams() => refusing = true;

    /// <summary>Forgets every stream and everything that waits to be sent: the session ends, and nobody will miss it.</summary>
    public void DropAll()
    {
        foreach (StreamState stream in streams.Values) Remove(stream);
        control.Clear();
        credits.Clear();
        small.Clear();
        bulk.Clear();
        refusing = true;
    }

    /// <summary>Asks the other side for a sign of life. False when it still owes the last one.</summary>
    public bool Ping()
    {
        if (pingSentAt is not null || pingDue) return false;
        return pingDue = true;
    }

    /// <summary>Resets streams that we have closed both ways and the other side keeps half open.</summary>
    public void ResetLingering(TimeSpan now)
    {
        foreach (StreamState stream in streams.Values)
        {
            if (!stream.FinSent || !stream.Discarding) continue;
            stream.ClosedSince ??= now;
            if (now - stream.ClosedSince >= limits.CloseTimeout) Reset(stream); // Dictionary allows removal while it is walked
        }
    }

    /// <summary>The next frame without payload, credit apart; all of them go before any data.</summary>
    public bool TryControl(TimeSpan now, out FrameHeader header)
    {
        header = default;
        if (pingDue)
        {
            pingDue = false;
            pingSentAt = now;
            header = new FrameHeader(FrameType.Ping, FrameFlags.Syn, 0, ++pingValue);
            return true;
        }
        if (answers.TryDequeue(out header)) return true;
        if (control.TryDequeue(out StreamState? stream))
        {
            stream.ControlQueued = false;
            header = new FrameHeader(FrameType.WindowUpdate, stream.FlagsDue, stream.Id, 0);
            stream.FlagsDue = FrameFlags.None;
            if (!header.Has(FrameFlags.Fin)) return true;
            stream.FinSent = true;
            RemoveIfFinished(stream);
            return true;
        }
        // Last of all, once every stream has sent what it had.
        if (goAwayDue is not { } code || small.Count + bulk.Count > 0) return false;
        goAwayDue = null;
        goAwaySent = true;
        header = new FrameHeader(FrameType.GoAway, FrameFlags.None, 0, (uint)code);
        return true;
    }

    /// <summary>The next frame of credit, of at most this many bytes; what is left of it waits for another turn.</summary>
    public bool TryCredit(int most, out FrameHeader header)
    {
        header = default;
        while (credits.TryDequeue(out StreamState? stream))
        {
            stream.CreditQueued = false;
            if (stream.Gone || stream.FinReceived) continue; // nothing more comes
            int credit = Math.Min(stream.CreditDue, most);
            stream.CreditDue -= credit;
            if (stream.CreditDue > 0) QueueCredit(stream);
            header = new FrameHeader(FrameType.WindowUpdate, FrameFlags.None, stream.Id, (uint)credit);
            return true;
        }
        return false;
    }

    /// <summary>
    /// Whose turn it is to send data, and how much (header not counted) of at most <paramref name="room"/> bytes. The caller takes
    /// exactly that many bytes from the application's queue.
    /// </summary>
    public bool TryTurn(int room, out StreamState stream, out int length, bool smallOnly = false)
    {
        length = 0;
        while (true)
        {
            bool takeSmall = smallOnly || small.Count > 0 && (smallRun < SmallRun || bulk.Count == 0);
            Queue<StreamState> queue = takeSmall ? small : bulk;
            if (!queue.TryDequeue(out stream!)) return false;
            stream.TurnQueued = false;
            smallRun = takeSmall ? smallRun + 1 : 0;
            if (stream.Gone) continue;
            int turn = takeSmall ? SmallTurn : bulk.Count == 0 && small.Count == 0 ? room : BulkTurn;
            length = (int)Math.Min(Math.Min(turn, room), Math.Min(stream.Pending, stream.SendWindow));
            stream.Pending -= length;
            stream.SendWindow -= length;
            QueueTurn(stream);
            FinishIfDrained(stream);
            return true;
        }
    }

    void QueueTurn(StreamState stream)
    {
        if (stream.TurnQueued || stream.Pending == 0 || stream.SendWindow == 0) return;
        stream.TurnQueued = true;
        (stream.Pending <= SmallTurn ? small : bulk).Enqueue(stream);
    }

    // FIN on a frame of its own: js-libp2p loses the payload of a data frame that also carries FIN.
    void FinishIfDrained(StreamState stream)
    {
        if (stream.Finishing && stream.Pending == 0 && !stream.FinSent) Due(stream, FrameFlags.Fin);
    }

    void Due(StreamState stream, FrameFlags flag)
    {
        stream.FlagsDue |= flag;
        QueueControl(stream);
    }

    void QueueControl(StreamState stream)
    {
        if (stream.ControlQueued) return;
        stream.ControlQueued = true;
        control.Enqueue(stream);
    }

    void QueueCredit(StreamState stream)
    {
        if (stream.CreditQueued) return;
        stream.CreditQueued = true;
        credits.Enqueue(stream);
    }

    void Refuse(uint id) => Answer(new FrameHeader(FrameType.WindowUpdate, FrameFlags.Rst, id, 0));

    void OnPing(TimeSpan now)
    {
        if (frame.Has(FrameFlags.Syn)) Answer(new FrameHeader(FrameType.Ping, FrameFlags.Ack, 0, frame.Length));
        else if (frame.Has(FrameFlags.Ack) && pingSentAt is { } sent && frame.Length == pingValue)
        {
            RoundTrip = now - sent;
            pingSentAt = null;
        }
    }

    void Answer(FrameHeader answer)
    {
        if (answers.Count >= limits.MaxAnswersWaiting) throw new LimitExceededException("The peer asks faster than it reads the answers.");
        answers.Enqueue(answer);
    }
}
