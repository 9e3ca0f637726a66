namespace Vault.Tests.Support;

/// <summary>A clock that stands still until it is moved. Timers fire in order of their time, on the thread that moves it.</summary>
public sealed class VirtualTime : TimeProvider
{
    readonly Lock gate = new();
    readonly PriorityQueue<Timer, (long Due, long Order)> timers = new();
    long now, order;

    /// <summary>What the clock shows at the start: an arbitrary day, the same in every run.</summary>
    static readonly DateTimeOffset Epoch = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;
    public override long GetTimestamp() => Volatile.Read(ref now);
    public override DateTimeOffset GetUtcNow() => Epoch + Elapsed;

    /// <summary>Time since the start.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Timer timer = new(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Ends when so much virtual time has passed.</summary>
    public Task Pass(TimeSpan duration) => Task.Delay(duration, this);

    /// <summary>Moves to the next timer and fires it; false when there is none up to <paramref name="limit"/>.</summary>
    public bool Step(TimeSpan limit)
    {
        Timer? timer;
        lock (gate)
        {
            while (true)
            {
                if (!timers.TryPeek(out timer, out (long Due, long Order) key)) return false;
                if (key.Due > limit.Ticks) return false;
                timers.Dequeue();
                if (timer.Order != key.Order) continue; // changed or disposed since
                now = Math.Max(now, key.Due);
                timer.Reschedule(key.Due);
                break;
            }
        }
        timer.Fire();
        return true;
    }

    sealed class Timer(VirtualTime clock, TimerCallback callback, object? state) : ITimer
    {
        TimeSpan period;

        /// <summary>Which entry of the queue is the valid one; zero for none.</summary>
        public long Order { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan newPeriod)
        {
            lock (clock.gate)
            {
                period = newPeriod;
                Enqueue(dueTime == Timeout.InfiniteTimeSpan ? null : clock.now + dueTime.Ticks);
            }
            return true;
        }

        public void Reschedule(long fired) => Enqueue(period > TimeSpan.Zero ? fired + period.Ticks : null);

        void Enqueue(long? due)
        {
            Order = due is null ? 0 : ++clock.order;
            if (due is { } at) clock.timers.Enqueue(this, (at, Order));
        }

        public void Fire() => callback(state);

        public void Dispose()
        {
            lock (clock.gate) Order = 0;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
