namespace Vault.Host.Simulation;

/// <summary>A device's clock: the network's time, off by so much, and gaining or losing.</summary>
/// <param name="skew">What it is ahead.</param>
/// <param name="drift">What it gains in a second, in seconds.</param>
sealed class SimulatedClock(Network network, TimeSpan skew = default, double drift = 0) : TimeProvider
{
    /// <summary>Where all runs begin: an arbitrary day.</summary>
    public static readonly DateTimeOffset Epoch = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => network.Now.Ticks;

    public override DateTimeOffset GetUtcNow() => Epoch + skew + network.Now * (1 + drift);

    /// <summary>Nothing in a simulation waits by itself: timers are events of the network.</summary>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        throw new NotSupportedException("A simulated device has no timers of its own.");
}
