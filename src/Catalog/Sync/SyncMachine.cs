using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>
/// Brings two sets to the same root, as one side of it: messages in, messages and records to merge out; no network, no clock,
/// no chance inside. Both greet with a tag of their root and a few cells. Equal tags end it; if the cells give away the
/// difference, each sends what the other lacks; otherwise one side leads: more cells, a list, or a walk down the tree. Every
/// comparison ends with new tags, and what the cells said counts for nothing if those differ. SyncMachine.Greeting.cs is the
/// beginning; then Finding, Tree and Records.
/// </summary>
/// <remarks>A peer that breaks the rules causes a <see cref="ProtocolException"/>: close the connection. For one caller at a time.</remarks>
public sealed partial class SyncMachine : IDisposable
{
    readonly SyncSide side;
    readonly byte[] channel;
    readonly Func<SyncStanding> standing;
    readonly Queue<SyncOutput> events = new();
    readonly Queue<IEnumerator<SyncMessage>> sending = new();
    readonly WorkBudget greetings = new(SyncLimits.Greetings), walks = new(SyncLimits.Walks), unasked = new(SyncLimits.Unasked);

    SyncRun? run; // null before the first comparison
    Phase phase = Phase.Idle;
    bool rolledBack, wasGreeted;

    enum Phase { Idle, Greeting, Comparing }

    /// <param name="channel">What binds tags to this channel: the handshake's hash.</param>
    /// <param name="standing">This device's set and clock as they are at the call. The machine disposes the view.</param>
    public SyncMachine(SyncSide side, ReadOnlySpan<byte> channel, Func<SyncStanding> standing)
    {
        this.side = side;
        this.channel = channel.ToArray();
        this.standing = standing;
    }

    /// <summary>True from a comparison that ended with equal tags until the next begins.</summary>
    public bool IsInStep { get; private set; }

    /// <summary>A comparison is going on.</summary>
    public bool IsComparing => phase != Phase.Idle;

    /// <summary>What the peer said of itself when it last greeted.</summary>
    public SyncMessage.Hello? Peer => run?.Peer;

    SyncSide OtherSide => side == SyncSide.Primary ? SyncSide.Secondary : SyncSide.Primary;

    /// <summary>Begins a comparison.</summary>
    /// <param name="changes">How many changes this side has made since it last was in step with the peer, if it knows.</param>
    public void Begin(int changes = 0)
    {
        if (phase != Phase.Greeting) Greet(CellsFor(changes));
    }

    /// <summary>Only asks whether the sets are still the same; if they aren't, a comparison follows.</summary>
    public void Probe()
    {
        if (phase != Phase.Greeting) Greet(0);
    }

    /// <summary>Sends new records at once. False when the peer isn't in step: a comparison will bring them.</summary>
    public bool Announce(IReadOnlyList<ReadOnlyMemory<byte>> records)
    {
        if (!IsInStep || run is not { } last || last.PullOnly || sending.Count >= SyncLimits.QueuedNews) return false;
        Enqueue(Batches(records, last: false, news: true));
        return true;
    }

    /// <summary>Takes in a message. <paramref name="now"/> is the time since any fixed moment; it never goes back.</summary>
    public void Receive(ReadOnlyMemory<byte> message, TimeSpan now)
    {
        SyncMessage received = SyncCodec.Decode(message) ?? throw new ProtocolException("the peer sent a message of the catalog that can't be read");
        if (received is SyncMessage.Hello hello)
        {
            OnHello(hello, now);
            return;
        }
        if (received is SyncMessage.Records { News: true } news)
        {
            OnNews(news, now);
            return;
        }
        // While we wait for a greeting, anything else belongs to a comparison that was given up.
        if (phase == Phase.Greeting) return;
        if (phase == Phase.Idle || run is not { } current) throw new ProtocolException("the peer goes on with a comparison that is over");
        switch (received)
        {
            case SyncMessage.MoreCells m: OnMoreCells(current, m, now); break;
            case SyncMessage.AskCells m: OnAskCells(current, m, now); break;
            case SyncMessage.AskIds: OnAskIds(current, now); break;
            case SyncMessage.Ids m: OnIds(current, m, now); break;
            case SyncMessage.AskNodes m: OnAskNodes(current, m); break;
            case SyncMessage.Nodes m: OnNodes(current, m); break;
            case SyncMessage.Need m: OnNeed(current, m); break;
            case SyncMessage.Records m: OnRecords(current, m); break;
            case SyncMessage.Done m: OnDone(current, m); break;
        }
    }

    /// <summary>The next thing to do; null when there is nothing until another input.</summary>
    public SyncOutput? Next()
    {
        if (events.TryDequeue(out SyncOutput? output)) return output;
        while (sending.TryPeek(out IEnumerator<SyncMessage>? messages))
        {
            if (messages.MoveNext()) return new SyncOutput.Send(SyncCodec.Encode(messages.Current));
            sending.Dequeue().Dispose();
        }
        if (phase == Phase.Idle) run?.Dispose();
        return null;
    }

    /// <summary>As <see cref="Next"/>, while there is no room for messages.</summary>
    public SyncOutput? NextEvent() => events.TryDequeue(out SyncOutput? output) ? output : null;

    void Enqueue(params IEnumerable<SyncMessage> messages) => sending.Enqueue(messages.GetEnumerator());

    void Finish(SyncResult result)
    {
        phase = Phase.Idle;
        IsInStep = result == SyncResult.InStep;
        if (result != SyncResult.Differs) rolledBack = false; // it has caught up; the caller says if that doesn't count
        events.Enqueue(new SyncOutput.Finished(result));
    }

    void Abandon()
    {
        while (sending.TryDequeue(out IEnumerator<SyncMessage>? messages)) messages.Dispose();
        run?.Dispose();
    }

    public void Dispose() => Abandon();
}
