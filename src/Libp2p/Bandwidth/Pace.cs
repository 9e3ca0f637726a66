namespace Vault.Libp2p.Bandwidth;

/// <summary>
/// A rate that many share, as a pure machine: whoever wants to move bytes reserves them and learns how long to wait first. Turns
/// come in the order of asking. Urgent bytes (small talk: control frames, chat, requests) don't queue behind bulk; they only push
/// it back, and wait themselves when they alone fill most of the rate.
/// </summary>
struct Pace
{
    /// <summary>What may go at once after a silence: enough for a timer that comes late, too little to be noticed on the line.</summary>
    static readonly TimeSpan Burst = TimeSpan.FromMilliseconds(100);

    /// <summary>Of the rate, what small talk may take before it has to queue as well: bulk always keeps moving.</summary>
    const double UrgentShare = 0.75;

    TimeSpan free, urgentFree; // the moments up to which the rate, and the share of small talk, are spoken for

    /// <summary>How far ahead the rate is spoken for.</summary>
    public readonly TimeSpan Debt(TimeSpan now) => free > now ? free - now : TimeSpan.Zero;

    /// <summary>Reserves bytes; returns the wait before they may move.</summary>
    public TimeSpan Reserve(int bytes, bool urgent, long rate, TimeSpan now)
    {
        TimeSpan cost = TimeSpan.FromSeconds((double)bytes / rate), start;
        free = Later(free, now - Burst);
        if (urgent)
        {
            urgentFree = Later(urgentFree, now - Burst);
            start = urgentFree;
            urgentFree += cost / UrgentShare;
        }
        else start = free;
        free += cost;
        return start > now ? start - now : TimeSpan.Zero;
    }

    /// <summary>Bytes that were reserved and didn't move after all.</summary>
    public void GiveBack(int bytes, bool urgent, long rate)
    {
        TimeSpan cost = TimeSpan.FromSeconds((double)bytes / rate);
        free -= cost;
        if (urgent) urgentFree -= cost / UrgentShare;
    }

    static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
