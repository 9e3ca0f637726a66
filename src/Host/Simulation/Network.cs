// Simulation: the swarm in one thread. Many devices run the program's real state machines (gossip, the comparison of catalogs and of
// chats) on databases in memory, in virtual time, over a network that delays, loses, doubles, reorders and cuts as it is told, on disks
// that lose what wasn't synced; all from one seed. The same seed gives the same run, byte for byte, which a digest shows.
// What is not here: sockets, encryption of connections, the gate (who connects is a member), and the async loops around the machines
// (SyncTalk.cs and ChatTalk.cs stand for them, and keep to their rules and times).
// Read next: Invariants.cs (what must hold at every step), World.cs (how a run goes), Device.cs, then Wire.cs.

using System.Buffers.Binary;
using System.Security.Cryptography;
using Vault.Primitives;

namespace Vault.Host.Simulation;

/// <summary>What the links are like. May be replaced while the network runs.</summary>
sealed record Conditions
{
    /// <summary>Each pair of nodes has one delay for good, somewhere between the two.</summary>
    public TimeSpan MinDelay { get; init; } = TimeSpan.FromMilliseconds(10);
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Of a million frames, how many are lost; how many arrive twice; how many are overtaken by later ones.</summary>
    public int LossPerMillion { get; init; }
    public int DoubledPerMillion { get; init; }
    public int OvertakenPerMillion { get; init; }

    /// <summary>What a node can send, to all others together; zero for any amount.</summary>
    public long BytesPerSecond { get; init; }

    /// <summary>Whether nothing passes between these two at present.</summary>
    public Func<int, int, bool> IsCut { get; init; } = (_, _) => false;
}

/// <summary>
/// Nodes by number, frames between them in order per direction, timers. Time passes only from event to event; of two events at one
/// time the one scheduled earlier comes first. The digest covers everything that arrived: two runs are the same if theirs are.
/// </summary>
sealed class Network(RandomSource random, Conditions conditions) : IDisposable
{
    readonly record struct Event(Action? Action, int From, int To, byte[]? Frame);

    readonly record struct Moment(long Ticks, long Order) : IComparable<Moment>
    {
        public int CompareTo(Moment other) => Ticks != other.Ticks ? Ticks.CompareTo(other.Ticks) : Order.CompareTo(other.Order);
    }

    sealed class Link(TimeSpan delay)
    {
        public TimeSpan Delay { get; } = delay;
        public TimeSpan LastArrival { get; set; }
    }

    /// <summary>What one packet of a stream carries.</summary>
    const int Packet = 1400;

    /// <summary>A lost packet of a stream is sent again after this, doubled each time.</summary>
    static readonly TimeSpan Resend = TimeSpan.FromMilliseconds(200);

    readonly PriorityQueue<Event, Moment> events = new();
    readonly Dictionary<int, Action<int, byte[]>> receivers = [];
    readonly Dictionary<(int From, int To), Link> links = [];
    readonly Dictionary<int, TimeSpan> free = []; // when a node has sent all that it was given so far
    readonly TraceDigest trace = new();
    long order;

    public Conditions Conditions { get; set; } = conditions;

    public TimeSpan Now { get; private set; }

    public long FramesSent { get; private set; }
    public long FramesLost { get; private set; }
    public long BytesSent { get; private set; }
    public long Events { get; private set; }

    /// <summary>Events that wait for their time.</summary>
    public int Waiting => events.Count;

    /// <summary>The most bytes that ever were on their way on one wire.</summary>
    public int MostLoad { get; set; }

    /// <summary>After each event.</summary>
    public Action? Stepped { get; set; }

    public Hash32 Digest => trace.Current;

    /// <summary>What the node does with a frame, and from which node it came.</summary>
    public void Attach(int node, Action<int, byte[]> receive) => receivers.Add(node, receive);

    /// <summary>A frame on its own: it may be lost, come twice or late.</summary>
    public void Send(int from, int to, byte[] frame)
    {
        FramesSent++;
        BytesSent += frame.Length;
        if (Conditions.IsCut(from, to) || Happens(Conditions.LossPerMillion))
        {
            FramesLost++;
            return;
        }
        Link link = LinkOf(from, to);
        TimeSpan arrival = Leaving(from, frame.Length) + link.Delay;
        if (Happens(Conditions.OvertakenPerMillion)) arrival += link.Delay * random.Below(400) / 100;
        else
        {
            if (arrival < link.LastArrival) arrival = link.LastArrival;
            link.LastArrival = arrival;
        }
        Enqueue(arrival, new Event(null, from, to, frame));
        if (Happens(Conditions.DoubledPerMillion)) Enqueue(arrival + link.Delay, new Event(null, from, to, frame));
    }

    /// <summary>When a message on a stream arrives: what is lost of it is sent again. Null while nothing passes at all.</summary>
    public TimeSpan? ArrivalOf(int from, int to, int bytes)
    {
        if (Conditions.IsCut(from, to)) return null;
        FramesSent++;
        BytesSent += bytes;
        TimeSpan delay = LinkOf(from, to).Delay, stall = TimeSpan.Zero;
        if (Conditions.LossPerMillion > 0)
        {
            double whole = Math.Pow(1 - Conditions.LossPerMillion / 1e6, 1 + bytes / Packet);
            TimeSpan again = Resend > 3 * delay ? Resend : 3 * delay;
            for (bool lost = Happens((int)((1 - whole) * 1e6)); lost; lost = Happens(Conditions.LossPerMillion), again *= 2)
            {
                FramesLost++;
                stall += again;
            }
        }
        return Leaving(from, bytes) + delay + stall;
    }

    /// <summary>Time for a message there and back.</summary>
    public TimeSpan RoundTrip(int one, int other) => 2 * LinkOf(one, other).Delay;

    public void After(TimeSpan delay, Action action) => At(Now + delay, action);

    public void At(TimeSpan time, Action action) => Enqueue(time, new Event(action, 0, 0, null));

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
        while (events.TryPeek(out _, out Moment next) && next.Ticks <= end.Ticks)
        {
            Event e = events.Dequeue();
            Now = TimeSpan.FromTicks(next.Ticks);
            Events++;
            if (e.Action is { } action) action();
            else Deliver(e);
            Stepped?.Invoke();
        }
        Now = end;
    }

    /// <summary>Something has arrived: it becomes part of the digest.</summary>
    public void Trace(int from, int to, byte kind, ReadOnlySpan<byte> content) => trace.Add(Now, from, to, kind, content);

    void Deliver(Event e)
    {
        Trace(e.From, e.To, 0, e.Frame);
        if (receivers.TryGetValue(e.To, out Action<int, byte[]>? receive)) receive(e.From, e.Frame!);
    }

    void Enqueue(TimeSpan time, Event e) => events.Enqueue(e, new Moment(time.Ticks, order++));

    bool Happens(int perMillion) => perMillion > 0 && random.Below(1_000_000) < perMillion;

    TimeSpan Leaving(int from, int bytes)
    {
        if (Conditions.BytesPerSecond == 0) return Now;
        TimeSpan begins = free.GetValueOrDefault(from) is var busy && busy > Now ? busy : Now;
        return free[from] = begins + TimeSpan.FromTicks(bytes * TimeSpan.TicksPerSecond / Conditions.BytesPerSecond);
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

    public void Dispose() => trace.Dispose();
}

/// <summary>A hash over all that has arrived, in its order and with its times.</summary>
sealed class TraceDigest : IDisposable
{
    const int HeadSize = 8 + 4 + 4 + 1 + 4;

    // A call of the hash for each frame would cost more than the hashing.
    readonly byte[] buffer = new byte[64 << 10];
    readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    int used;

    public Hash32 Current
    {
        get
        {
            Drain();
            return new Hash32(hash.GetCurrentHash());
        }
    }

    public void Add(TimeSpan time, int from, int to, byte kind, ReadOnlySpan<byte> content)
    {
        if (used + HeadSize + content.Length > buffer.Length) Drain();
        Span<byte> head = buffer.AsSpan(used);
        BinaryPrimitives.WriteInt64BigEndian(head, time.Ticks);
        BinaryPrimitives.WriteInt32BigEndian(head[8..], from);
        BinaryPrimitives.WriteInt32BigEndian(head[12..], to);
        head[16] = kind;
        BinaryPrimitives.WriteInt32BigEndian(head[17..], content.Length);
        used += HeadSize;
        if (content.Length > buffer.Length - used)
        {
            Drain();
            hash.AppendData(content);
            return;
        }
        content.CopyTo(buffer.AsSpan(used));
        used += content.Length;
    }

    void Drain()
    {
        hash.AppendData(buffer, 0, used);
        used = 0;
    }

    public void Dispose() => hash.Dispose();
}
