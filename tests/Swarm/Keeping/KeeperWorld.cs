using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Swarm.Tests;

/// <summary>Keepers of one vault on one thread, with a store that is a set of ids and messages that arrive at once, or not at all.</summary>
sealed class KeeperWorld
{
    public static readonly SketchKey Key = new(new byte[16]);
    static readonly Hash32 binding = new(new byte[32]);

    readonly RandomSource random;
    readonly int target, minimum, everybody;
    readonly Queue<(Device From, Device To, object Message)> wire = new();

    public KeeperWorld(RandomSource random, int devices, int target, int minimum = 1, Func<int, ulong>? capacity = null, int everybody = HoldingsLimits.Everybody)
    {
        (this.random, this.target, this.minimum, this.everybody) = (random, target, minimum, everybody);
        Devices = [.. Enumerable.Range(1, devices).Select(number => new Device(PlacementTests.Device(number, capacity?.Invoke(number) ?? 1UL << 40), random))];
        foreach (Device device in Devices) Start(device);
    }

    public Device[] Devices { get; }
    public List<BlockId> Needed { get; } = [];
    public TimeSpan Now { get; private set; }

    /// <summary>Gossip is lost with this many chances in a hundred.</summary>
    public int Loss { get; set; }

    public long Pulled { get; private set; }

    /// <summary>Statements to all, and questions for a comparison to one.</summary>
    public long Said { get; private set; }
    public long Compared { get; private set; }

    public bool Heals { get; set; } = true;

    /// <summary>Whether what is fetched comes, if somebody is there who has it; else it is on its way.</summary>
    public bool Arrives { get; set; } = true;

    /// <summary>Between two turns of everybody.</summary>
    public TimeSpan Step { get; set; } = TimeSpan.FromSeconds(1);

    public BlockId Block(params Device[] holders)
    {
        BlockId id = new(random.Bytes(BlockId.Size));
        Needed.Add(id);
        foreach (Device holder in holders)
        {
            holder.Blocks.Add(id);
            holder.Keeper.Hold([id]);
        }
        return id;
    }

    public void Start(Device device)
    {
        device.Keeper = new Keeper(device.Holder.Device, Key, (ulong)Now.Ticks + 1, random, Now, everybody);
        device.Keeper.Use(Devices.Select(one => one.Holder), target, minimum);
        device.Keeper.HoldQuietly(device.Blocks);
        device.Up = true;
        device.Looked = null;
        device.Pulling.Clear();
        foreach (Device other in Devices.Where(other => other != device && other.Up))
        {
            if (other.Keeper is null) continue;
            device.Keeper.Connected(other.Holder.Device, Now);
            other.Keeper.Connected(device.Holder.Device, Now);
        }
    }

    public void Stop(Device device)
    {
        device.Up = false;
        foreach (Device other in Devices.Where(other => other.Up)) other.Keeper.Disconnected(device.Holder.Device, Now);
    }

    public void Pass(TimeSpan time)
    {
        for (TimeSpan end = Now + time; Now < end; Now += Step)
        {
            foreach (Device device in Devices.Where(device => device.Up))
            {
                device.Keeper.Tick(Now);
                Carry(device);
                Fetch(device);
                if (Heals && (int)Now.TotalSeconds % 5 == 0) Look(device);
            }
            while (wire.TryDequeue(out (Device From, Device To, object Message) sent))
            {
                if (!sent.To.Up || !sent.From.Up) continue;
                if (sent.Message is HoldingStatement statement) sent.To.Keeper.Hear(statement, Now);
                else sent.To.Keeper.Receive(sent.From.Holder.Device, (KeeperMessage)sent.Message, Now);
                Carry(sent.To);
            }
        }
    }

    /// <summary>When there is something to be seen, as <see cref="VaultKeeping"/> does.</summary>
    void Look(Device device)
    {
        if (!device.NeedsAnew && device.Looked == Needed.Count && !(device.Keeper.IsDirty && device.Keeper.IsShort(Now))) return;
        (device.Looked, device.NeedsAnew) = (Needed.Count, false);
        device.Keeper.BeginNeeded();
        foreach (BlockId id in Needed) device.Keeper.Need(id, inner: false, isHere: device.Blocks.Contains(id));
        device.Keeper.EndNeeded();
        device.Keeper.BeginLook();
        foreach (BlockId id in Needed) device.Keeper.Look(id, isFreed: false, Now);
        device.Keeper.EndLook(Now, HealingLimits.Pulls);
        Carry(device);
    }

    void Carry(Device device)
    {
        while (device.Keeper.TryTake(out KeeperOutput? output))
            switch (output)
            {
                case KeeperOutput.Send send:
                    if (send.Message is KeeperMessage.Ask) Compared++;
                    wire.Enqueue((device, Find(send.Peer), KeeperCodec.Decode(KeeperCodec.Encode(send.Message))!));
                    break;
                case KeeperOutput.Say say:
                    Said++;
                    foreach (Device other in Devices)
                        if (other != device && random.Below(100) >= Loss) wire.Enqueue((device, other, HoldingStatement.Parse(say.Statement.Encode())!));
                    break;
                case KeeperOutput.Prove prove:
                    wire.Enqueue((device, Find(prove.Peer), new KeeperMessage.Proof(prove.Challenge.Nonce, [.. prove.Challenge.Blocks.Select(id => device.Answer(id, prove.Challenge.Nonce, binding))])));
                    break;
                case KeeperOutput.Check check:
                    device.Keeper.Checked(check.Peer, check.Nonce, [.. check.Blocks.Select((id, i) => device.Judge(id, check.Macs[i], check.Nonce, binding, check.Peer))], Now);
                    break;
                case KeeperOutput.Pull pull:
                    device.Pulling.UnionWith(pull.Blocks);
                    Fetch(device);
                    break;
                case KeeperOutput.Leave leave: device.Pulling.ExceptWith(leave.Blocks); break;
                case KeeperOutput.NeedAnew: device.NeedsAnew = true; break;
                case KeeperOutput.Happened happened:
                    device.Events.Add((happened.Event, happened.Peer));
                    break;
            }
    }

    void Fetch(Device device)
    {
        if (!Arrives) return;
        foreach (BlockId id in device.Pulling.Where(id => Devices.Any(other => other.Up && other.Blocks.Contains(id))).ToList())
        {
            Pulled++;
            device.Pulling.Remove(id);
            device.Blocks.Add(id);
            device.Keeper.Hold([id]);
            Assert.True(device.Keeper.Healed(id, 256 << 10, Now));
        }
    }

    Device Find(DeviceId id) => Devices.Single(device => device.Holder.Device == id);

    public sealed class Device(Holder holder, RandomSource random)
    {
        public Holder Holder => holder;
        public HashSet<BlockId> Blocks { get; } = [];

        /// <summary>On its way to it.</summary>
        public HashSet<BlockId> Pulling { get; } = [];
        public Keeper Keeper { get; set; } = null!;
        public bool Up { get; set; }
        public List<(KeeperEvent Event, DeviceId Peer)> Events { get; } = [];

        /// <summary>How many blocks were needed when all were last looked at, in this run.</summary>
        public int? Looked { get; set; }
        public bool NeedsAnew { get; set; }

        /// <summary>It claims what it never had, and answers with bytes it made up.</summary>
        public bool Lies { get; set; }

        public Hash32? Answer(HeldId id, Hash32 nonce, Hash32 binding)
        {
            if (Lies) return new Hash32(random.Bytes(Hash32.Size));
            foreach (BlockId block in Blocks)
                if (HeldId.Of(block) == id) return BlockProof.Of(block.Hash.ToArray(), nonce, binding, holder.Device);
            return null;
        }

        public ProofVerdict Judge(HeldId id, Hash32? mac, Hash32 nonce, Hash32 binding, DeviceId prover)
        {
            if (mac is null) return ProofVerdict.Absent;
            foreach (BlockId block in Blocks)
                if (HeldId.Of(block) == id) return mac == BlockProof.Of(block.Hash.ToArray(), nonce, binding, prover) ? ProofVerdict.Right : ProofVerdict.Wrong;
            return ProofVerdict.Unknown;
        }
    }
}
