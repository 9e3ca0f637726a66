using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Swarm;

namespace Vault.Host.Simulation;

/// <summary>
/// What is true of the vault's blocks, beside what devices believe of them: who has which on its disk, how many copies there are at
/// different sites, what was moved for that. It looks on, and tells the devices nothing.
/// </summary>
sealed class Keeping
{
    readonly World world;
    readonly Plan plan;
    readonly Dictionary<DeviceId, Holder> holders;
    readonly byte[] copies; // of each block, on disks that aren't gone for good
    readonly byte[] honest; // of those, on honest devices
    readonly HashSet<int> gone = [];
    readonly Dictionary<KeeperEvent, int> events = [];
    TimeSpan? lossAt;
    long lacking, movedBefore;

    public Keeping(World world, Plan plan, VaultId vault, SketchKey key, RandomSource random)
    {
        (this.world, this.plan, Vault, Key) = (world, plan, vault, key);
        Shelf = new BlockShelf(plan.Blocks, plan.BlockBytes, random);
        copies = new byte[plan.Blocks];
        honest = new byte[plan.Blocks];
        holders = world.Devices.ToDictionary(device => device.Id, device => HolderOf(device, random));
        Placement = new Placement(holders.Values, plan.Copies);
        Placement placement = new(holders.Values.Where(holder => !world.DeviceOf(holder.Device).IsHostile), plan.Copies);
        for (int number = 0; number < plan.Blocks; number++)
            foreach (Holder first in DistinctSites(placement.RankOf(HeldId.Of(Shelf.Ids[number]))).Take(plan.Copies)) Put(world.DeviceOf(first.Device), number);
        foreach (Device device in world.Devices) device.Held!.Flush();
        foreach (Device device in world.Devices)
            foreach (int number in device.Held!.All) Count(device, number, 1);
    }

    public BlockShelf Shelf { get; }
    public VaultId Vault { get; }
    public SketchKey Key { get; }
    public IEnumerable<Holder> Holders => holders.Values;

    /// <summary>All devices come to the same one; here it is made once.</summary>
    public Placement Placement { get; }
    public int Target => plan.Copies;
    public int Minimum => plan.MinimumCopies;

    /// <summary>Bytes of blocks that were stored for one more copy, and of those that came and weren't needed any more.</summary>
    public long Moved { get; private set; }
    public long Wasted { get; set; }

    public long Freed { get; private set; }

    /// <summary>Of what a total loss of devices left short: since when it is whole again, and what it took against the least it could.</summary>
    public TimeSpan? HealedAfter { get; private set; }
    public double? MovedAgainstLeast => lacking == 0 ? null : (double)(Moved - movedBefore) / (lacking * Shelf.BlockBytes);

    public IReadOnlyDictionary<KeeperEvent, int> Events => events;

    public Site SiteOf(DeviceId device) => holders[device].Site;

    public void Happened(Device at, KeeperOutput.Happened what)
    {
        events[what.Event] = events.GetValueOrDefault(what.Event) + 1;
        if (what.Event == KeeperEvent.Liar && !at.IsHostile && !world.DeviceOf(what.Peer).IsHostile) world.Invariants.Break(Invariants.NobodyIsAccused, $"device {at.Number} takes device {world.DeviceOf(what.Peer).Number} for a liar");
    }

    /// <summary>Copies became durable on a device.</summary>
    public void Came(Device at, IReadOnlyList<int> blocks)
    {
        Moved += blocks.Count * (long)Shelf.BlockBytes;
        foreach (int number in blocks) Count(at, number, 1);
        Watch();
    }

    /// <summary>A device's user has freed a copy.</summary>
    public void Went(Device at, int block)
    {
        Freed++;
        Count(at, block, -1);
        // Those who are down have their copies, and those who promised keep them.
        if (copies[block] < plan.MinimumCopies) world.Invariants.Break(Invariants.FreeingIsSafe, $"device {at.Number} has freed a block of which {copies[block]} copies are left");
    }

    /// <summary>Some devices are gone for good, all at once. Returns how many blocks went with them for ever.</summary>
    public int Lose(IReadOnlyList<Device> lost)
    {
        foreach (Device device in lost)
        {
            if (!gone.Add(device.Number)) continue;
            foreach (int number in device.Held!.All) Count(device, number, -1);
        }
        lossAt = world.Network.Now;
        movedBefore = Moved;
        lacking = copies.Where((count, number) => honest[number] > 0 && count < plan.Copies).Sum(count => (long)(plan.Copies - count));
        return Lost;
    }

    /// <summary>Blocks that have a copy and fewer than they should, by what is true.</summary>
    public int UnderTarget => copies.Where((count, number) => honest[number] > 0 && count < plan.Copies).Count();

    /// <summary>Blocks that no honest device has.</summary>
    public int Lost => honest.Count(count => count == 0);

    /// <summary>The fullest device's share of what it should have by its capacity, over those that are there.</summary>
    public double Imbalance
    {
        get
        {
            List<Device> there = [.. world.Devices.Where(device => !gone.Contains(device.Number) && device.Hostility is Hostility.None)];
            double perByte = there.Sum(device => (double)device.Held!.Count) / there.Sum(device => (double)holders[device.Id].Capacity);
            return there.Max(device => device.Held!.Count / (holders[device.Id].Capacity * perByte));
        }
    }

    /// <summary>After the quiet time.</summary>
    public void Settled()
    {
        if (Lost > world.Mishaps.Forever) world.Invariants.Break(Invariants.NoBlockIsLost, $"{Lost - world.Mishaps.Forever} blocks are lost for ever");
        if (UnderTarget > 0) world.Invariants.Break(Invariants.NoBlockIsLost, $"{UnderTarget} blocks have fewer than {plan.Copies} copies after {plan.Settling} of quiet");
        if (MovedAgainstLeast > 1.25) world.Invariants.Break(Invariants.Budget, $"healing moved {MovedAgainstLeast:F2} times what was lost");
    }

    /// <summary>Of all copies there should be, what was moved before anything was lost for good.</summary>
    public double MovedShare => (double)(lossAt is null ? Moved : movedBefore) / ((long)Shelf.Count * plan.Copies * Shelf.BlockBytes);

    public bool IsGone(Device device) => gone.Contains(device.Number);

    void Count(Device device, int number, int more)
    {
        copies[number] = (byte)(copies[number] + more);
        if (!device.IsHostile) honest[number] = (byte)(honest[number] + more);
    }

    void Watch()
    {
        if (lossAt is { } at && HealedAfter is null && UnderTarget == 0) HealedAfter = world.Network.Now - at;
    }

    static void Put(Device device, int number) => device.Held!.Write(number);

    static IEnumerable<Holder> DistinctSites(IEnumerable<Holder> ranked) => ranked.DistinctBy(holder => holder.Site);

    Holder HolderOf(Device device, RandomSource random) => new(
        device.Id, Site.Of(device.Id, device.Hostility is Hostility.Sybil ? 1UL : 0), random.Below(100) < plan.DesktopPercent ? DeviceClass.Desktop : DeviceClass.Server, 1UL << 40);
}
