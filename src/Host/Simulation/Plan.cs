namespace Vault.Host.Simulation;

/// <summary>What is simulated. Together with the program it determines a run.</summary>
sealed record Plan
{
    public ulong Seed { get; init; } = 1;
    public int Devices { get; init; } = 20;

    /// <summary>Peers that each device dials, beside the next one in a ring: about as many dial it.</summary>
    public int Dials { get; init; } = 3;

    /// <summary>Of a hundred devices, how many hold no keys that read anything.</summary>
    public int BlindPercent { get; init; } = 10;

    /// <summary>Of a hundred devices, how many show one history of what they say to some peers and another to the rest.</summary>
    public int TwoFacedPercent { get; init; }

    /// <summary>Whether catalogs and chat are kept; what they take is too much for thousands of devices.</summary>
    public bool Talks { get; init; } = true;

    /// <summary>Blocks of the vault; none, and no copies are kept.</summary>
    public int Blocks { get; init; }
    public int BlockBytes { get; init; } = 256 << 10;
    public int Copies { get; init; } = 3;
    public int MinimumCopies { get; init; } = 2;

    /// <summary>Of a hundred devices, how many are desktops, which may be away for days; the others are servers.</summary>
    public int DesktopPercent { get; init; }

    /// <summary>Of a hundred devices, how many do the others' copies harm; each kind in turn.</summary>
    public int HostilePercent { get; init; }

    /// <summary>Of a hundred devices, how many are gone for good at the end of the trouble; what they held is to be healed while it is quiet.</summary>
    public int LosePercent { get; init; }

    /// <summary>Of a hundred devices, how many come and go all the time: a few minutes there, a few away.</summary>
    public int FlapPercent { get; init; }
    public TimeSpan FlapAway { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>Times an hour that somebody wants room and frees some dozens of blocks, as far as that is safe.</summary>
    public double FreesPerHour { get; init; }

    /// <summary>How long people write and things go wrong; and how long it is quiet after that, for all to come to agree.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromHours(1);
    public TimeSpan Settling { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>By all devices together.</summary>
    public double MessagesPerHour { get; init; } = 200;
    public double EditsPerHour { get; init; } = 200;

    public double CrashesPerDeviceHour { get; init; } = 1;
    public TimeSpan Outage { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>Commits that the disk refuses, or makes and doesn't answer; the device then ends and begins anew.</summary>
    public double DiskFaultsPerHour { get; init; } = 10;

    /// <summary>Devices that are put back to an earlier state, with nothing that tells them.</summary>
    public double RestoresPerHour { get; init; } = 1;

    public double PartitionsPerHour { get; init; } = 2;
    public TimeSpan PartitionLength { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Clocks are off by up to so much, both ways, and gain or lose up to so much of their time.</summary>
    public TimeSpan Skew { get; init; } = TimeSpan.FromMinutes(2);
    public double Drift { get; init; } = 50e-6;

    public Conditions Conditions { get; init; } = new() { LossPerMillion = 10_000, DoubledPerMillion = 1_000, OvertakenPerMillion = 10_000, BytesPerSecond = 2_000_000 };

    /// <summary>So many times more goes wrong.</summary>
    public Plan Times(double more) => this with
    {
        CrashesPerDeviceHour = CrashesPerDeviceHour * more, DiskFaultsPerHour = DiskFaultsPerHour * more, RestoresPerHour = RestoresPerHour * more, PartitionsPerHour = PartitionsPerHour * more,
    };

    /// <summary>Nothing goes wrong.</summary>
    public Plan Calm() => this with { CrashesPerDeviceHour = 0, DiskFaultsPerHour = 0, RestoresPerHour = 0, PartitionsPerHour = 0, Conditions = new Conditions(), Skew = TimeSpan.Zero, Drift = 0 };
}
