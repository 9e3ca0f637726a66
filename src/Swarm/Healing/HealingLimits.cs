using Vault.Identity;

namespace Vault.Swarm;

/// <summary>The limits of healing, together.</summary>
public static class HealingLimits
{
    /// <summary>
    /// Stretches of block ids that are ranked together, by the first so many bits. Of a hundred equal devices the fullest then has about a quarter more than its due;
    /// with ten bits it had half more.
    /// </summary>
    public const int BucketBits = 12, Buckets = 1 << BucketBits;

    /// <summary>From so many devices on chance alone would give the fullest a fifth more than its due, with the chance of blocks a quarter: places are changed.</summary>
    public const int Crowd = 64;

    /// <summary>There a device steps back behind those who have less from this part of its due on.</summary>
    public const double Room = 0.85;

    /// <summary>In a vault of very many devices so many ranks behind those that should have a stretch look after it as well, and stand in for them.</summary>
    public const int SpareRanks = 5;

    /// <summary>Blocks under their target that are looked after at once; the others wait until these are healed.</summary>
    public const int Short = 64 << 10;

    /// <summary>Blocks asked for in one round: some seconds' worth.</summary>
    public const int Pulls = 512;

    /// <summary>Before the first in rank acts: what is new needs a moment to arrive where it was going anyway.</summary>
    public static readonly TimeSpan FirstPatience = TimeSpan.FromSeconds(15);

    /// <summary>The same under the minimum: as long as a restart may take.</summary>
    public static readonly TimeSpan UrgentPatience = TimeSpan.FromSeconds(10);

    /// <summary>A device that came back within this time is expected to do so again, for so many times as long as it was away; never longer than a server may be.</summary>
    public static readonly TimeSpan Habit = TimeSpan.FromHours(2);
    public const int HabitTimes = 4;

    /// <summary>Every further rank waits so much longer.</summary>
    public static readonly TimeSpan RankPatience = TimeSpan.FromSeconds(30);

    /// <summary>A device that is to hold everything is expected to get a block by itself within this time.</summary>
    public static readonly TimeSpan MirrorPatience = TimeSpan.FromMinutes(10);

    /// <summary>Between two looks at what is short.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    /// <summary>Healing takes at most this much bandwidth, and may begin with a burst.</summary>
    public const long BytesPerSecond = 64 << 20, BurstBytes = 256 << 20;

    /// <summary>What the word of one device that it has blocks no more may make this one fetch in an hour.</summary>
    public const long BytesPerHourForOne = 16L << 30;

    /// <summary>Blocks whose loss is remembered with who told of it.</summary>
    public const int Blamed = 64 << 10;

    /// <summary>How long a device that isn't heard counts as away and not as lost. Servers don't travel.</summary>
    public static TimeSpan GraceOf(DeviceClass kind) => kind == DeviceClass.Server ? TimeSpan.FromMinutes(15) : TimeSpan.FromHours(72);
}
