using Vault.Primitives;

namespace Vault.Host.Simulation;

/// <summary>What a stream of a connection is for.</summary>
enum Lane : byte { Sync = 1, Chat = 2, Holdings = 3, Questions = 4, Answers = 5 }

/// <summary>A device's end of a connection.</summary>
interface IWireEnd
{
    void Receive(Lane lane, byte[] message);

    /// <summary>There is room again on a stream that was full.</summary>
    void Writable(Lane lane);

    /// <summary>The connection is gone, and with it whatever was on its way.</summary>
    void Broken();
}

/// <summary>
/// A connection between two devices, as TCP and Yamux make it: streams that keep their order and lose nothing until the connection
/// breaks; then what was on its way is gone, and neither side knows how much of it arrived.
/// </summary>
sealed class Wire(Network network, int dialer, int listener, Hash32 binding)
{
    /// <summary>What may be on its way on one stream: Yamux's first window. One message more may exceed it.</summary>
    public const int Window = 256 << 10;

    /// <summary>Nothing passed for so long: the connection is given up.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    const int Lanes = 6; // by their numbers

    readonly Way[] ways = [new(), new()];
    readonly IWireEnd?[] ends = new IWireEnd?[2];

    sealed class Way
    {
        internal TimeSpan LastArrival { get; set; }
        internal int[] OnTheWay { get; } = new int[Lanes];
        internal bool[] WasFull { get; } = new bool[Lanes];
        internal Queue<(Lane Lane, byte[] Message, int Bytes)> Stuck { get; } = new();
        internal TimeSpan StuckSince { get; set; }
    }

    public bool IsUp { get; private set; } = true;

    /// <summary>Something waits because nothing passes, or the other side is gone and this one doesn't know yet.</summary>
    public bool IsStalled => !IsUp || ways[0].Stuck.Count > 0 || ways[1].Stuck.Count > 0;

    /// <summary>What the handshake would give: the same for both, and for no other connection.</summary>
    public Hash32 Binding => binding;

    public int Dialer => dialer;
    public int Listener => listener;

    /// <summary>Bytes on their way, in both directions.</summary>
    public int Load { get; private set; }

    public void Attach(int device, IWireEnd end) => ends[SideOf(device)] = end;

    public int Other(int device) => device == dialer ? listener : dialer;

    public bool HasRoom(int from, Lane lane)
    {
        Way way = ways[SideOf(from)];
        bool room = way.OnTheWay[(int)lane] < Window;
        way.WasFull[(int)lane] |= !room;
        return room;
    }

    /// <param name="bytes">Its length for the network, where that is more than what is in it.</param>
    public void Send(int from, Lane lane, byte[] message, int bytes = 0)
    {
        if (!IsUp) return;
        Way way = ways[SideOf(from)];
        bytes = Math.Max(bytes, message.Length);
        way.OnTheWay[(int)lane] += bytes;
        Load += bytes;
        if (Load > network.MostLoad) network.MostLoad = Load;
        if (way.Stuck.Count > 0 || !TrySend(way, from, lane, message, bytes))
        {
            if (way.Stuck.Count == 0)
            {
                way.StuckSince = network.Now;
                network.After(Again, () => Retry(way, from));
            }
            way.Stuck.Enqueue((lane, message, bytes));
        }
    }

    /// <summary>One side ends it, or its device has died: the other learns of it a little later, or after its patience if nothing passes.</summary>
    public void Close(int by)
    {
        if (!IsUp) return;
        ends[SideOf(by)] = null;
        IWireEnd? other = ends[1 - SideOf(by)];
        TimeSpan learns = network.Conditions.IsCut(dialer, listener) ? Patience : network.RoundTrip(dialer, listener);
        IsUp = false;
        network.After(learns, () => other?.Broken());
    }

    bool TrySend(Way way, int from, Lane lane, byte[] message, int bytes)
    {
        int to = Other(from);
        if (network.ArrivalOf(from, to, bytes) is not { } arrival) return false;
        if (arrival < way.LastArrival) arrival = way.LastArrival;
        way.LastArrival = arrival;
        network.At(arrival, () => Arrive(way, from, to, lane, message, bytes));
        return true;
    }

    void Arrive(Way way, int from, int to, Lane lane, byte[] message, int bytes)
    {
        if (!IsUp) return;
        way.OnTheWay[(int)lane] -= bytes;
        Load -= bytes;
        network.Trace(from, to, (byte)lane, message);
        ends[SideOf(to)]?.Receive(lane, message);
        if (!IsUp || !way.WasFull[(int)lane] || way.OnTheWay[(int)lane] >= Window / 2) return;
        way.WasFull[(int)lane] = false;
        ends[SideOf(from)]?.Writable(lane);
    }

    void Retry(Way way, int from)
    {
        if (!IsUp) return;
        while (way.Stuck.TryPeek(out (Lane Lane, byte[] Message, int Bytes) next) && TrySend(way, from, next.Lane, next.Message, next.Bytes)) way.Stuck.Dequeue();
        if (way.Stuck.Count == 0) return;
        if (network.Now - way.StuckSince >= Patience)
        {
            IsUp = false;
            foreach (IWireEnd? end in ends) end?.Broken();
        }
        else network.After(Again, () => Retry(way, from));
    }

    int SideOf(int device) => device == dialer ? 0 : 1;
}
