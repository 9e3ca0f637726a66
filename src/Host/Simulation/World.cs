using Vault.Catalog;
using Vault.Chat;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Host.Simulation;

/// <summary>A vault, its devices, the network between them, and one run: people write and things go wrong, then it is quiet.</summary>
sealed class World : IDisposable
{
    /// <summary>Members that aren't connected are dialed again after this.</summary>
    static readonly TimeSpan DialEvery = TimeSpan.FromSeconds(10);

    static readonly TimeSpan TendEvery = TimeSpan.FromHours(1), RestartAfterFault = TimeSpan.FromSeconds(10);

    readonly Plan plan;
    readonly RandomSource random;
    readonly SignatureMemo memo = SignatureMemo.Begin();
    readonly VaultKeys keys, blindKeys;
    readonly List<Device> devices = [];
    readonly Dictionary<PeerId, int> numbers = [];
    readonly Dictionary<DeviceId, Device> byId = [];
    readonly List<int>[] dials;
    readonly Mishaps mishaps;
    readonly People people;

    public World(Plan plan)
    {
        this.plan = plan;
        random = RandomSource.Seeded(plan.Seed);
        Network = new Network(Branch(), plan.Conditions);
        Invariants = new Invariants(this);
        keys = VaultKeys.Create(random);
        blindKeys = new VaultKeys(keys.Vault, [new SecretEpoch(0, keys.Current.SyncSecret.Span)]);
        Populate();
        dials = [.. devices.Select(device => DialsOf(device.Number))];
        if (plan.Blocks > 0) Keep();
        foreach (Device device in devices) device.Start();
        Network.Every(DialEvery, TimeSpan.Zero, DialAll);
        Network.Every(TendEvery, TendEvery, () =>
        {
            foreach (Device device in devices.Where(device => device.IsUp && plan.Talks)) device.Tend();
        });
        Network.Stepped = Invariants.Step;
        mishaps = new Mishaps(this, plan, Branch());
        people = new People(this, plan, Branch());
    }

    public Network Network { get; }
    public Invariants Invariants { get; }

    /// <summary>The truth about copies; null where none are kept.</summary>
    public Keeping? Keeping { get; private set; }
    public IReadOnlyList<Device> Devices => devices;
    public Mishaps Mishaps => mishaps;
    public (long Asked, long Made) Signatures => memo.Checks;

    /// <summary>How long after the last change and mishap all who are honest agreed; null while they don't.</summary>
    public TimeSpan? Agreed { get; private set; }

    public bool Talks => plan.Talks;

    public bool IsQuiet => Network.Now >= plan.Duration;

    /// <summary>Those whose state must be right in the end.</summary>
    public IReadOnlyList<Device> Honest => [.. devices.Where(device => !device.IsTwoFaced && Keeping?.IsGone(device) != true)];

    public bool IsHonest(DeviceId id) => byId[id] is { IsTwoFaced: false, WasRestored: false };

    public int NumberOf(PeerId peer) => numbers[peer];

    public Device DeviceOf(DeviceId id) => byId[id];

    /// <summary>Runs to the end, or to the first broken promise.</summary>
    /// <param name="tell">Called every virtual minute.</param>
    public Outcome Run(Action<World>? tell = null, CancellationToken stop = default)
    {
        mishaps.Begin();
        people.Begin();
        TimeSpan end = plan.Duration + plan.Settling, slice = TimeSpan.FromSeconds(1);
        while (Network.Now < end && Invariants.Violations.Count == 0)
        {
            stop.ThrowIfCancellationRequested();
            Network.RunUntil(Network.Now + slice < end ? Network.Now + slice : end);
            if (IsQuiet && Network.Now < plan.Duration + slice) Quiet();
            if (IsQuiet && Agreed is null && plan.Talks && Honest.All(device => device.IsUp) && Invariants.Agree(Honest)) Agreed = Network.Now - plan.Duration;
            if (Network.Now.Ticks % TimeSpan.TicksPerMinute == 0) tell?.Invoke(this);
        }
        if (Invariants.Violations.Count == 0 && plan.Talks) Invariants.Settled(Honest);
        if (Invariants.Violations.Count == 0) Keeping?.Settled();
        return new Outcome(this);
    }

    /// <summary>A device's disk has failed it: the process ends, and is started again.</summary>
    public void Fail(Device device) => Network.After(TimeSpan.Zero, () => Crash(device, RestartAfterFault));

    public void Crash(Device device, TimeSpan outage)
    {
        if (!device.IsUp) return;
        device.Crash();
        mishaps.Crashes++;
        if (!IsQuiet) Network.After(outage, () => Revive(device));
        else Revive(device);
    }

    public void Revive(Device device)
    {
        if (!device.IsUp && Keeping?.IsGone(device) != true) device.Start();
    }

    void Quiet()
    {
        mishaps.End();
        foreach (Device device in devices) Revive(device);
        if (plan.LosePercent > 0 && Keeping != null) mishaps.LoseForGood();
    }

    void Keep()
    {
        foreach (Device device in devices) device.Held = new HeldBlocks(plan.Blocks);
        Keeping = new Keeping(this, plan, keys.Vault, new SketchKey(keys.Current.Sketch.Span), Branch());
        foreach (Device device in devices.Where(device => device.IsHostile)) device.Hostile = new HostileActs(device, Keeping, Branch());
    }

    void Populate()
    {
        SimulatedClock clock = new(Network);
        HybridClock hybrid = new(clock);
        List<(Ed25519Key Key, Role Role)> members = [];
        for (int i = 0; i < plan.Devices; i++)
            members.Add((Ed25519Key.Generate(random), i > 0 && random.Below(100) < plan.BlindPercent ? Role.Blind : Role.Writer));
        List<ControlRecord> records = [.. Genesis.Create(keys, members[0].Key, hybrid, random, "simulated")];
        foreach ((Ed25519Key key, Role role) in members.Skip(1))
            records.Add(ControlRecord.Sign(keys.Vault, members[0].Key, records[0], hybrid.Next(), new Certificate(key.Public, role, HybridTime.Never)));
        using MemoryDatabase? start = plan.Talks ? Template(records, hybrid, clock) : null;
        for (int i = 0; i < members.Count; i++)
        {
            (Ed25519Key key, Role role) = members[i];
            TimeSpan skew = TimeSpan.FromTicks((long)(plan.Skew.Ticks * (random.Below(2001) - 1000) / 1000.0));
            SimulatedClock own = new(Network, skew, plan.Drift * (random.Below(2001) - 1000) / 1000.0);
            // Spread evenly, so that there are as many as was said.
            bool twoFaced = role == Role.Writer && i * plan.TwoFacedPercent / 100 != (i - 1) * plan.TwoFacedPercent / 100;
            bool hostile = plan.Blocks > 0 && i * plan.HostilePercent / 100 != (i - 1) * plan.HostilePercent / 100;
            Device device = new(this, i, key, role == Role.Blind ? blindKeys : keys, start, twoFaced, own, Branch()) { Hostility = hostile ? (Hostility)(1 + i * plan.HostilePercent / 100 % 7) : Hostility.None };
            devices.Add(device);
            numbers.Add(device.Peer, i);
            byId.Add(device.Id, device);
            Network.Attach(i, device.Receive);
        }
    }

    /// <summary>What a device has on its disk that knows who the members are, and nothing else. Each begins with a copy.</summary>
    MemoryDatabase Template(IReadOnlyList<ControlRecord> records, HybridClock hybrid, SimulatedClock clock)
    {
        MemoryDatabase meta = Disk.Empty(), blocks = new(Blocks.StoreKeys.Blocks);
        using Blocks.BlockStore store = new(blocks, meta, clock);
        using VaultCatalog catalog = VaultCatalog.Open(new CatalogPorts(store, meta, blindKeys, null, hybrid, random, clock));
        catalog.Add(records);
        meta.Flush();
        return meta;
    }

    List<int> DialsOf(int number)
    {
        HashSet<int> chosen = devices.Count > 1 ? [(number + 1) % devices.Count] : [];
        while (chosen.Count < Math.Min(plan.Dials, devices.Count - 1))
            if (random.Below(devices.Count) is var other && other != number) chosen.Add(other);
        return [.. chosen];
    }

    void DialAll()
    {
        foreach (Device device in devices)
        {
            if (!device.KnowsAll(dials[device.Number]))
                foreach (int number in dials[device.Number]) Dial(device, devices[number]);
            foreach (int number in device.Keeper?.Partners ?? []) Dial(device, devices[number]);
        }
    }

    public void Dial(Device device, Device other)
    {
        if (!CanMeet(device, other)) return;
        Network.After(2 * Network.RoundTrip(device.Number, other.Number), () =>
        {
            if (!CanMeet(device, other)) return;
            Wire wire = new(Network, device.Number, other.Number, Hash32.Of(BitConverter.GetBytes(random.NextUInt64())));
            device.Meet(wire, other, outbound: true);
            if (wire.IsUp) other.Meet(wire, device, outbound: false);
        });
    }

    bool CanMeet(Device one, Device other) =>
        !one.Knows(other.Number) && one != other && one.IsUp && other.IsUp && !other.Knows(one.Number) && !Network.Conditions.IsCut(one.Number, other.Number);

    RandomSource Branch() => RandomSource.Seeded(random.NextUInt64());

    public void Dispose()
    {
        foreach (Device device in devices) device.Dispose();
        keys.Dispose();
        blindKeys.Dispose();
        Network.Dispose();
        memo.Dispose();
    }
}
