using Xunit;

namespace Vault.Swarm.Tests;

public sealed class CopyAlarmTests
{
    static readonly CopyFigures nothing = new(2, 1, 0, [0, 0, 0], [0, 0, 0], null, 0), enough = Figures(0, 0), underTarget = Figures(3, 0), underMinimum = Figures(5, 5);

    readonly CopyAlarm alarm = new();

    /// <summary>Of ten blocks so many have too few copies.</summary>
    static CopyFigures Figures(int unproven, int unknown) => new(2, 1, 10, [0, unproven, 10 - unproven], [unknown, 0, 10 - unknown], null, 0);

    CopyLevel? Look(CopyFigures figures, double seconds) => alarm.Look(figures, TimeSpan.FromSeconds(seconds));

    [Fact]
    public void What_is_worse_is_told_once_when_it_has_lasted_and_what_is_better_at_once()
    {
        Assert.Null(Look(nothing, 0));
        Assert.Null(Look(underTarget, 10));
        Assert.Null(Look(underTarget, 39));
        Assert.Equal(CopyLevel.UnderTarget, Look(underTarget, 40));
        Assert.Null(Look(underTarget, 1000));
        Assert.Null(Look(underMinimum, 1001));
        Assert.Equal(CopyLevel.UnderMinimum, Look(underMinimum, 1031));
        Assert.Equal(CopyLevel.UnderTarget, Look(underTarget, 1032));
        Assert.Equal(CopyLevel.Enough, Look(enough, 1033));
        Assert.Null(Look(enough, 2000));
    }

    [Fact]
    public void What_is_copied_in_time_is_never_told()
    {
        for (int second = 0; second < 1000; second += 5) Assert.Null(Look(second % 30 == 0 ? enough : underMinimum, second));
    }
}
