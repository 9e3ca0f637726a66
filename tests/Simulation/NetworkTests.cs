using Vault.Host.Simulation;
using Vault.Primitives;
using Xunit;

namespace Vault.Simulation.Tests;

public sealed class NetworkTests
{
    static Network Make(Conditions conditions) => new(RandomSource.Seeded(1), conditions);

    [Fact]
    public void Frames_arrive_in_order_after_the_delay_of_their_pair()
    {
        using Network network = Make(new Conditions());
        List<(byte Frame, TimeSpan At)> arrived = [];
        network.Attach(1, (_, frame) => arrived.Add((frame[0], network.Now)));
        for (byte i = 0; i < 100; i++)
        {
            byte number = i;
            network.After(TimeSpan.FromMilliseconds(i), () => network.Send(0, 1, [number]));
        }
        network.RunUntil(TimeSpan.FromSeconds(1));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => (byte)i), arrived.Select(a => a.Frame));
        TimeSpan delay = arrived[0].At;
        Assert.InRange(delay, TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(50));
        Assert.All(arrived, a => Assert.Equal(delay, a.At - TimeSpan.FromMilliseconds(a.Frame)));
    }

    [Fact]
    public void Both_directions_of_a_pair_take_equally_long_and_pairs_differ()
    {
        using Network network = Make(new Conditions());
        Dictionary<int, TimeSpan> at = [];
        for (int node = 0; node < 20; node++) network.Attach(node, (from, _) => at[from] = network.Now);
        for (int node = 1; node < 10; node++) network.Send(node, 0, []);
        network.RunUntil(TimeSpan.FromSeconds(1));
        TimeSpan before = network.Now;
        TimeSpan there = at[1];
        network.Send(0, 1, []);
        network.RunUntil(TimeSpan.FromSeconds(2));
        Assert.Equal(there, at[0] - before);
        Assert.True(at.Values.Distinct().Count() > 5);
    }

    [Fact]
    public void As_many_frames_are_lost_as_was_said_and_none_crosses_a_cut()
    {
        using Network network = Make(new Conditions { LossPerMillion = 200_000, IsCut = (a, b) => a == 2 || b == 2 });
        int arrived = 0;
        network.Attach(1, (_, _) => arrived++);
        for (int i = 0; i < 10_000; i++) network.Send(0, 1, []);
        for (int i = 0; i < 100; i++) network.Send(2, 1, []);
        network.RunUntil(TimeSpan.FromSeconds(1));
        Assert.InRange(arrived, 7_800, 8_200);
        Assert.Equal(10_100 - arrived, network.FramesLost);
    }

    [Fact]
    public void Timers_fire_in_order_of_time_and_then_of_their_making()
    {
        using Network network = Make(new Conditions());
        List<string> fired = [];
        network.After(TimeSpan.FromSeconds(2), () => fired.Add("c"));
        network.After(TimeSpan.FromSeconds(1), () => fired.Add("a"));
        network.After(TimeSpan.FromSeconds(1), () => fired.Add("b"));
        network.Every(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3), () => fired.Add($"{network.Now.Seconds}"));
        network.RunUntil(TimeSpan.FromSeconds(6));
        Assert.Equal(["a", "b", "c", "3", "5"], fired);
        Assert.Equal(TimeSpan.FromSeconds(6), network.Now);
    }
}
