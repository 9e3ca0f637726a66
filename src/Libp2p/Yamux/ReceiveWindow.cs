namespace Vault.Libp2p.Yamux;

/// <summary>
/// How much the other side may still send on one stream. Credit comes back when the application has consumed, never before, so
/// what lies unread is bounded by the window. It comes back in quarters: three are under way while the news of one travels, so that a
/// window that can't grow carries three quarters of itself in each round trip, and not half. The window doubles while it is used up within eight
/// round trips: then it is the window, not the reader, that holds the stream back. A round trip counts as two milliseconds at the least: on one's own
/// network it is shorter than the threads on both sides take to hand over what came.
/// Always: Remaining + unread + freed = Size.
/// </summary>
struct ReceiveWindow(int max)
{
    const int Parts = 4, RoundTripsPerPart = 2;
    static readonly TimeSpan LeastRoundTrip = TimeSpan.FromMilliseconds(2);

    TimeSpan granted = TimeSpan.MinValue;
    int freed;

    public int Size { get; private set; } = MuxLimits.InitialWindow;

    /// <summary>What the other side may send now.</summary>
    public int Remaining { get; private set; } = MuxLimits.InitialWindow;

    /// <summary>False when the other side sends more than it may.</summary>
    public bool TryTake(uint bytes)
    {
        if (bytes > (uint)Remaining) return false;
        Remaining -= (int)bytes;
        return true;
    }

    /// <summary>The application has consumed this much. Returns the credit to send: nothing until a quarter of the window is free.</summary>
    public int Free(int bytes, TimeSpan now, TimeSpan? roundTrip)
    {
        freed += bytes;
        if (freed < Size / Parts) return 0;
        int grant = freed;
        if (roundTrip is { } rtt && granted != TimeSpan.MinValue && now - granted < RoundTripsPerPart * (rtt > LeastRoundTrip ? rtt : LeastRoundTrip) && Size < max)
        {
            int growth = Math.Min(Size, max - Size);
            Size += growth;
            grant += growth;
        }
        granted = now;
        freed = 0;
        Remaining += grant;
        return grant;
    }
}
