using Vault.Primitives;
using Vault.Store;

namespace Vault.Host.Simulation;

/// <summary>What goes wrong, when the seed says so: crashes, disks that refuse, copies put back, partitions.</summary>
sealed class Mishaps(World world, Plan plan, RandomSource random)
{
    /// <summary>Between the copy that is put back and the moment of it, at most.</summary>
    static readonly TimeSpan CopyAge = TimeSpan.FromMinutes(20);

    readonly Dictionary<int, MemoryDatabase> copies = [];
    bool over, partitioned;

    public int Crashes { get; set; }
    public int Partitions { get; private set; }
    public int Restores { get; private set; }
    public int DiskFaults { get; private set; }

    public void Begin()
    {
        Repeat(plan.CrashesPerDeviceHour * plan.Devices, () => world.Crash(Anyone(), Outage()));
        Repeat(plan.DiskFaultsPerHour, Refuse);
        Repeat(plan.RestoresPerHour, KeepCopy);
        Repeat(plan.PartitionsPerHour, Part);
        if (world.Keeping is null) return;
        Repeat(plan.FreesPerHour, () => Anyone().Keeper?.Free());
        for (int i = 0; i < plan.Devices; i++)
            if (i * plan.FlapPercent / 100 != (i - 1) * plan.FlapPercent / 100) Flap(world.Devices[i]);
    }

    /// <summary>Down for a few minutes and up for as many, until it is quiet.</summary>
    void Flap(Device device) => world.Network.After(Pause(plan.FlapAway), () =>
    {
        if (over || world.IsQuiet) return;
        TimeSpan away = Pause(plan.FlapAway);
        device.Keeper?.Save(); // most who come and go are shut down, not unplugged
        world.Crash(device, away);
        world.Network.After(away, () => Flap(device));
    });

    /// <summary>Some devices are gone for good, all in one moment.</summary>
    public void LoseForGood()
    {
        List<Device> left = [.. world.Devices.Skip(1)], lost = [];
        for (int count = Math.Max(1, plan.Devices * plan.LosePercent / 100); count > 0 && left.Count > 0; count--)
        {
            int at = random.Below(left.Count);
            lost.Add(left[at]);
            left.RemoveAt(at);
        }
        Forever = world.Keeping!.Lose(lost);
        foreach (Device device in lost) device.Crash();
    }

    /// <summary>Blocks of which every copy was lost at once.</summary>
    public int Forever { get; private set; }

    /// <summary>From now on nothing goes wrong; what did is over.</summary>
    public void End()
    {
        over = true;
        Heal();
        foreach (Device device in world.Devices) device.Disk.NextFault = CommitFault.None;
    }

    /// <summary>As many times an hour, at times that know nothing of each other.</summary>
    public void Repeat(double perHour, Action action)
    {
        if (perHour <= 0) return;
        world.Network.After(Pause(TimeSpan.FromHours(1 / perHour)), () =>
        {
            if (over || world.IsQuiet) return;
            action();
            Repeat(perHour, action);
        });
    }

    Device Anyone() => world.Devices[random.Below(world.Devices.Count)];

    TimeSpan Outage() => Pause(plan.Outage);

    /// <summary>Exponentially distributed.</summary>
    TimeSpan Pause(TimeSpan mean) => mean * -Math.Log((random.Below(1_000_000) + 1) / 1_000_000.0);

    void Refuse()
    {
        if (Anyone() is not { IsUp: true } device) return;
        DiskFaults++;
        device.Disk.NextFault = random.Below(2) == 0 ? CommitFault.Lost : CommitFault.Unanswered;
    }

    void KeepCopy()
    {
        Device device = Anyone();
        if (device.IsTwoFaced || !copies.TryAdd(device.Number, device.Disk.Copy())) return;
        world.Network.After(CopyAge * random.Below(1000) / 1000, () =>
        {
            copies.Remove(device.Number, out MemoryDatabase? copy);
            if (over || world.IsQuiet) return;
            Restores++;
            device.Crash();
            device.Disk.Restore(copy!);
            device.WasRestored = true;
            world.Invariants.Restored(device);
            // It comes back at once, as somebody who puts a backup back would want it to.
            world.Revive(device);
        });
    }

    void Part()
    {
        if (partitioned) return;
        partitioned = true;
        Partitions++;
        bool[] side = [.. world.Devices.Select(_ => random.Below(2) == 0)];
        world.Network.Conditions = world.Network.Conditions with { IsCut = (a, b) => side[a] != side[b] };
        world.Network.After(Pause(plan.PartitionLength), Heal);
    }

    void Heal()
    {
        partitioned = false;
        world.Network.Conditions = world.Network.Conditions with { IsCut = (_, _) => false };
    }
}
