using Vault.Libp2p.Yamux;

namespace Vault.Libp2p.Bandwidth;

/// <summary>
/// What all connections of a node together may move in one direction, changeable at any moment. Upwards a connection asks before it
/// gathers its next frame, so what is small still goes first. Downwards the credit of streams is held back, so that a bulk sender
/// slows down and everything else on its connection doesn't; only when a crowd of new streams brings much more than that, the
/// socket is left unread.
/// </summary>
public sealed class Throttle
{
    /// <summary>Slower than this the protocols' own deadlines would end connections.</summary>
    public const long Slowest = 4096;

    /// <summary>Turns last about this long, so that nobody waits longer than this for each of the others.</summary>
    const int TurnsPerSecond = 20;

    /// <summary>A turn moves at least a few packets, and at most one Noise frame.</summary>
    const int SmallestTurn = 2 * 1024, LargestTurn = 64 * 1024;

    readonly TimeProvider time;
    readonly long startedAt;
    readonly Lock gate = new();
    Pace pace;
    long rate; // zero for no limit

    internal Throttle(TimeProvider time, long? bytesPerSecond)
    {
        this.time = time;
        startedAt = time.GetTimestamp();
        BytesPerSecond = bytesPerSecond;
    }

    /// <summary>Null for no limit.</summary>
    public long? BytesPerSecond
    {
        get => Volatile.Read(ref rate) is > 0 and var limit ? limit : null;
        set
        {
            if (value < Slowest) throw new ArgumentOutOfRangeException(nameof(value), $"A limit is at least {Slowest} bytes a second.");
            lock (gate)
            {
                rate = value ?? 0;
                pace = default;
                Generation++;
            }
            Changed?.Invoke();
        }
    }

    /// <summary>Reservations made before the last change are void.</summary>
    internal int Generation { get; private set; }

    internal event Action? Changed;

    internal bool IsOn => Volatile.Read(ref rate) > 0;

    internal int TurnSize => (int)Math.Clamp(Volatile.Read(ref rate) / TurnsPerSecond, SmallestTurn, LargestTurn);

    internal TimeSpan Now => time.GetElapsedTime(startedAt);

    internal TimeSpan Reserve(int bytes, bool urgent)
    {
        lock (gate) return rate == 0 ? TimeSpan.Zero : pace.Reserve(bytes, urgent, rate, Now);
    }

    internal void GiveBack(int bytes, bool urgent)
    {
        lock (gate)
            if (rate > 0) pace.GiveBack(bytes, urgent, rate);
    }

    /// <summary>Bytes that moved without asking; negative when some that were paid for never came.</summary>
    internal void Charge(int bytes)
    {
        if (bytes > 0) Reserve(bytes, urgent: false);
        else if (bytes < 0) GiveBack(-bytes, urgent: false);
    }

    /// <summary>More has come unasked than a second of the rate and the first windows of two streams.</summary>
    internal bool IsOverdrawn
    {
        get
        {
            lock (gate) return rate > 0 && pace.Debt(Now).TotalSeconds * rate > Math.Max(rate, 2 * MuxLimits.InitialWindow);
        }
    }
}

/// <summary>One connection's place in the queue of a <see cref="Throttle"/>.</summary>
struct Turn(Throttle throttle, bool urgent)
{
    TimeSpan? due;
    int size, generation;

    /// <summary>How many bytes may move now, to be followed by <see cref="Used"/>; zero while the turn hasn't come.</summary>
    public int Take()
    {
        if (!throttle.IsOn) return int.MaxValue;
        if (due is null || generation != throttle.Generation)
        {
            generation = throttle.Generation;
            size = throttle.TurnSize;
            due = throttle.Now + throttle.Reserve(size, urgent);
        }
        return due <= throttle.Now ? size : 0;
    }

    /// <summary>Until the turn comes; null when none was asked for.</summary>
    public readonly TimeSpan? Wait => due is { } moment ? moment - throttle.Now : null;

    /// <summary>What was moved of it; the rest is given back.</summary>
    public void Used(int bytes)
    {
        if (due is null) return;
        due = null;
        if (bytes < size && generation == throttle.Generation) throttle.GiveBack(size - bytes, urgent);
    }
}
