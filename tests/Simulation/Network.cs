// Simulation: many of the program's real state machines in one thread, with virtual time, over a network that delays, loses
// and cuts as it is told, all from one seed. Nothing here knows what the frames mean. Network.cs is the clock, the queue of
// events and the links; each folder beside it drives one kind of machine (Gossip/: the pubsub routers).

using System.Buffers.Binary;
using System.Security.Cryptography;
using Vault.Primitives;

namespace Vault.Simulation.Tests;

/// <summary>What the links are like. May be replaced while the network runs.</summary>
public sealed record Conditions
{
    /// <summary>Each pair of nodes has one delay for good, somewhere between the two.</summary>
    public TimeSpan MinDelay { get; init; } = TimeSpan.FromMilliseconds(10);
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Of a million frames, how many are lost.</summary>
    public int LossPerMillion { get; init; }

    /// <summary>Whether nothing passes between these two at present.</summary>
    public Func<int, int, bool> IsCut { get; init; } = (_, _) => false;
}

/// <summary>
/// Nodes by number, frames between them in order per direction, timers. Time passes only from event to event; of two events at one
/// time the one scheduled earlier comes first. The digest covers every frame that arrived: two runs are the same if theirs are.
/// </summary>
public sealed class Network(RandomSource random, Conditions conditions) : IDisposable
{
    sealed record Event(Action? Action, int From, int To, byte[] Frame);

    sealed class Link(TimeSpan delay)
    {
        public TimeSpan Delay { get; } = delay;
        public TimeSpan LastArrival { get; set; }
    }

    readonly PriorityQueue<Event, (TimeSpan Time, long Order)> events = new();
    readonly Dictionary<int, Action<int, byte[]>> receivers = [];
    readonly Dictionary<(int From, int To), Link> links = [];
    readonly IncrementalHash log = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    long order;

    public Conditions Conditions { get; set; } = conditions;

    public TimeSpan Now { get; private set; }

    public long FramesSent { get; private set; }
    public long FramesLost { get; private set; }
    public long BytesSent { get; private set; }

    public Hash32 Digest => new(log.GetCurrentHash());

    /// <summary>What the node does with a frame, and from which node it came.</summary>
    public void Attach(int node, Action<int, byte[]> receive) => receivers.Add(node, receive);

    public void Send(int from, int to, byte[] frame)
    {
        FramesSent++;
        BytesSent += frame.Length;
        if (Conditions.IsCut(from, to) || random.Below(1_000_000) < Conditions.LossPerMillion)
        {
            FramesLost++;
            return;
        }
        Link link = LinkOf(from, to);
        TimeSpan arrival = Now + link.Delay;
        if (arrival < link.LastArrival) arrival = link.LastArrival;
        link.LastArrival = arrival;
        events.Enqueue(new Event(null, from, to, frame), (arrival, order++));
    }

    public void After(TimeSpan delay, Action action) => events.Enqueue(new Event(action, 0, 0, []), (Now + delay, order++));

    /// <summary>Repeats for as long as the network runs.</summary>
    public void Every(TimeSpan interval, TimeSpan first, Action action)
    {
        After(first, Tick);
        void Tick()
        {
            action();
            After(interval, Tick);
        }
    }

    public void RunUntil(TimeSpan end)
    {
        while (events.TryPeek(out _, out var next) && next.Time <= end)
        {
            Event e = events.Dequeue();
            Now = next.Time;
            if (e.Action is { } action) action();
            else Deliver(e);
        }
        Now = end;
    }

    void Deliver(Event e)
    {
        Span<byte> entry = stackalloc byte[20];
        BinaryPrimitives.WriteInt64BigEndian(entry, Now.Ticks);
        BinaryPrimitives.WriteInt32BigEndian(entry[8..], e.From);
        BinaryPrimitives.WriteInt32BigEndian(entry[12..], e.To);
        BinaryPrimitives.WriteInt32BigEndian(entry[16..], e.Frame.Length);
        log.AppendData(entry);
        log.AppendData(e.Frame);
        if (receivers.TryGetValue(e.To, out Action<int, byte[]>? receive)) receive(e.From, e.Frame);
    }

    Link LinkOf(int from, int to)
    {
        if (links.TryGetValue((from, to), out Link? link)) return link;
        long range = (Conditions.MaxDelay - Conditions.MinDelay).Ticks;
        TimeSpan delay = links.TryGetValue((to, from), out Link? back) ? back.Delay
            : Conditions.MinDelay + TimeSpan.FromTicks((long)(random.NextUInt64() % (ulong)(range + 1)));
        links.Add((from, to), link = new Link(delay));
        return link;
    }

    public void Dispose() => log.Dispose();
}
