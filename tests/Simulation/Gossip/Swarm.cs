using System.Net;
using Vault.Host.Simulation;
using Vault.Libp2p.Gossipsub;
using Vault.Primitives;

namespace Vault.Simulation.Tests.Gossip;

sealed record Plan
{
    public ulong Seed { get; init; } = 1;
    public int Members { get; init; } = 1000;

    /// <summary>How many peers each member dials; about as many dial it.</summary>
    public int Dials { get; init; } = 8;

    /// <summary>How many of a hundred members are hostile; of these a fifth each silent grafters, flooders, forgers, beggars and eclipsers.</summary>
    public int HostilePercent { get; init; }

    /// <summary>Members that all eclipsers dial besides.</summary>
    public int Victims { get; init; } = 10;

    public int Messages { get; init; } = 20;
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(4);
    public TimeSpan Spacing { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long the last message has to reach everyone.</summary>
    public TimeSpan CoolDown { get; init; } = TimeSpan.FromSeconds(8);

    public Conditions Conditions { get; init; } = new();
    public Parameters Parameters { get; init; } = new();
}

/// <summary>The members, who knows whom, and one run of messages through them.</summary>
sealed class Swarm : IDisposable
{
    public const string Topic = "simulated";

    readonly Plan plan;
    readonly RandomSource random;
    readonly List<Member> members = [];
    readonly Dictionary<PeerId, Member> byId = [];
    readonly HashSet<(int, int)> connected = [];
    readonly Dictionary<int, TimeSpan> publications = [];

    public Swarm(Plan plan)
    {
        this.plan = plan;
        random = RandomSource.Seeded(plan.Seed);
        Network = new Network(RandomSource.Seeded(random.NextUInt64()), plan.Conditions);
        for (int i = 0; i < plan.Members; i++) Add(Make(i));
        foreach (Member member in members) member.Start();
        foreach (Member member in members) Dial(member);
    }

    public Network Network { get; }

    public IReadOnlyList<Honest> HonestMembers => [.. members.OfType<Honest>()];

    public IReadOnlyList<Honest> Victims => [.. members.OfType<Honest>().Take(plan.Victims)];

    public Member MemberOf(PeerId id) => byId[id];

    public int NumberOf(PeerId id) => byId[id].Number;

    public bool AreConnected(Member a, Member b) => connected.Contains(Pair(a, b));

    public IEnumerable<Member> MembersNear(Member member) => members.Where(other => AreConnected(member, other));

    public void Disconnect(Member a, Member b)
    {
        if (!connected.Remove(Pair(a, b))) return;
        a.Disconnect(b);
        b.Disconnect(a);
    }

    /// <summary>Publishes all messages, each at a random honest member, and lets the last one arrive.</summary>
    public Outcome Run()
    {
        IReadOnlyList<Honest> honest = HonestMembers;
        for (int i = 0; i < plan.Messages; i++)
        {
            int number = i;
            Honest author = honest[random.Below(honest.Count)];
            Network.After(plan.WarmUp + plan.Spacing * i, () =>
            {
                publications[number] = Network.Now;
                author.Publish(number);
            });
        }
        Network.RunUntil(plan.WarmUp + plan.Spacing * plan.Messages + plan.CoolDown);
        return new Outcome(this, publications);
    }

    Member Make(int number)
    {
        RandomSource own = RandomSource.Seeded(random.NextUInt64());
        int place = number % 100;
        Origin spread = Origin.Of(new IPAddress([(byte)(11 + number % 80), (byte)(number / 80), 1, 1]));
        if (place < 100 - plan.HostilePercent) return new Honest(number, this, own, spread, plan.Parameters);
        return (place % 5) switch
        {
            0 => new Hostile(number, this, own, spread),
            1 => new Flooder(number, this, own, spread),
            2 => new Forger(number, this, own, spread),
            3 => new Beggar(number, this, own, spread),
            _ => new Eclipser(number, this, own, Origin.Of(new IPAddress([203, 0, 113, (byte)number]))),
        };
    }

    void Add(Member member)
    {
        members.Add(member);
        byId.Add(member.Id, member);
        Network.Attach(member.Number, (from, frame) =>
        {
            if (AreConnected(members[from], member)) member.Receive(members[from], frame);
        });
    }

    void Dial(Member member)
    {
        if (member is Eclipser)
        {
            foreach (Honest victim in Victims) Connect(member, victim);
        }
        for (int made = 0; made < Math.Min(plan.Dials, members.Count - 1);)
        {
            Member peer = members[random.Below(members.Count)];
            if (peer != member && Connect(member, peer)) made++;
        }
    }

    bool Connect(Member dialer, Member listener)
    {
        if (!connected.Add(Pair(dialer, listener))) return members.Count <= 2 * plan.Dials;
        dialer.Connect(listener, outbound: true);
        listener.Connect(dialer, outbound: false);
        return true;
    }

    static (int, int) Pair(Member a, Member b) => (Math.Min(a.Number, b.Number), Math.Max(a.Number, b.Number));

    public void Dispose()
    {
        Network.Dispose();
        foreach (Member member in members) member.Dispose();
    }
}

/// <summary>What a run showed.</summary>
sealed class Outcome
{
    public Outcome(Swarm swarm, Dictionary<int, TimeSpan> publications)
    {
        IReadOnlyList<Honest> honest = swarm.HonestMembers;
        Expected = honest.Count * publications.Count;
        List<TimeSpan> delays = [];
        foreach ((int message, TimeSpan published) in publications)
        {
            foreach (Honest member in honest)
            {
                if (member.Arrivals.TryGetValue(message, out TimeSpan arrived)) delays.Add(arrived - published);
                else Missing++;
            }
        }
        delays.Sort();
        (Median, Percentile99, Last) = (delays[delays.Count / 2], delays[delays.Count * 99 / 100], delays[^1]);
        DuplicatesPerMessage = honest.Sum(member => (double)member.Router.Counters.Duplicates) / honest.Count / publications.Count;
        WorstDuplicatesPerMessage = honest.Max(member => (double)member.Router.Counters.Duplicates) / publications.Count;
        Digest = swarm.Network.Digest;
        Frames = swarm.Network.FramesSent;
        Bytes = swarm.Network.BytesSent;
    }

    /// <summary>Pairs of message and honest member.</summary>
    public int Expected { get; }

    /// <summary>Those that never met.</summary>
    public int Missing { get; }
    public TimeSpan Median { get; }
    public TimeSpan Percentile99 { get; }
    public TimeSpan Last { get; }
    public double DuplicatesPerMessage { get; }
    public double WorstDuplicatesPerMessage { get; }
    public Hash32 Digest { get; }
    public long Frames { get; }
    public long Bytes { get; }

    public override string ToString() =>
        $"missing {Missing} of {Expected}, median {Median.TotalMilliseconds:F0} ms, 99 % {Percentile99.TotalMilliseconds:F0} ms, last {Last.TotalMilliseconds:F0} ms, "
        + $"duplicates per message and node {DuplicatesPerMessage:F2} (worst node {WorstDuplicatesPerMessage:F1}), "
        + $"{Frames} frames, {Bytes / 1e6:F1} MB, digest {Digest}";
}
