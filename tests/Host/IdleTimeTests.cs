using Xunit;

namespace Vault.Host.Tests;

public sealed class IdleTimeTests
{
    [Fact]
    public void A_time_without_work_is_told_once_and_again_after_there_was_some()
    {
        IdleTime idle = new();
        double used = 0;
        List<int> told = [];
        for (int second = 0; second <= 600; second += 2)
        {
            used += second is < 100 or >= 300 and < 400 ? 1 : 0.005;
            if (idle.HasBegun(TimeSpan.FromSeconds(used), TimeSpan.FromSeconds(second))) told.Add(second);
        }
        Assert.Equal(2, told.Count);
        Assert.InRange(told[0], 130, 160);
        Assert.InRange(told[1], 430, 460);
    }
}
