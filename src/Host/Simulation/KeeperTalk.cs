using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Swarm;

namespace Vault.Host.Simulation;

/// <summary>
/// Drives the machines that keep a vault's copies: a <see cref="Keeper"/> by the rules of <see cref="VaultKeeping"/>, and the plan by which
/// blocks are fetched. KeeperTalk.Fetching.cs brings blocks and serves them, KeeperTalk.Freeing.cs lets copies go.
/// </summary>
sealed partial class KeeperTalk : IDisposable
{
    public const string Topic = "holdings";

    static readonly TimeSpan LookPause = TimeSpan.FromSeconds(2), LookAnyway = TimeSpan.FromMinutes(10), SaveEvery = TimeSpan.FromMinutes(10);

    readonly Device device;
    readonly Keeping keeping;
    readonly BlockShelf shelf;
    readonly HeldBlocks held;
    readonly RandomSource random;
    readonly Keeper keeper;
    readonly Dictionary<DeviceId, Contact> contacts = [];
    readonly List<int> lookedAfter = [];
    TimeSpan lastLook, lastSave;
    bool mustLook, looking, ended;

    public KeeperTalk(Device device, Keeping keeping, RandomSource random)
    {
        (this.device, this.keeping, this.random) = (device, keeping, random);
        shelf = keeping.Shelf;
        held = device.Held!;
        keeper = new Keeper(device.Id, keeping.Key, (ulong)Now.Ticks + 1, random, Now);
        keeper.Use(keeping.Holders, keeping.Target, keeping.Minimum, keeping.Placement);
        if (device.Remembered is { } saved)
        {
            ByteReader reader = new(saved.Bytes);
            keeper.Load(ref reader, Now, Now - saved.At);
        }
        keeper.HoldQuietly((device.Hostility is Hostility.ClaimsAll ? Enumerable.Range(0, shelf.Count) : held.All).Select(number => shelf.Ids[number]));
        Need();
        TakeLocks();
        After(HealingLimits.LookEvery * random.Below(1000) / 1000, ConsiderLook);
    }

    void Need()
    {
        lookedAfter.Clear();
        keeper.BeginNeeded();
        for (int number = 0; number < shelf.Count; number++)
        {
            keeper.Need(shelf.Ids[number], inner: false, isHere: held[number]);
            if (keeper.Neighbourhood.LooksAfter(HeldId.Of(shelf.Ids[number]))) lookedAfter.Add(number);
        }
        keeper.EndNeeded();
        mustLook = true;
    }

    TimeSpan Now => device.Network.Now;

    public CopyFigures Figures => keeper.Figures(Now);

    public int Rows => keeper.Map.Rows;

    /// <summary>Whom it has to be connected with, beside those it dials anyway.</summary>
    public IEnumerable<int> Partners => keeper.Neighbourhood.Partners?.Select(device.NumberOf) ?? [];

    public void Connected(Contact contact)
    {
        contacts[contact.Other.Id] = contact;
        if (keeper.Pulls > 0 && plan.AddSource(Now) is { } slot) sources.Add(slot, (contact, ++streams));
        Do(() => keeper.Connected(contact.Other.Id, Now));
    }

    public void Disconnected(Contact contact)
    {
        if (contacts.GetValueOrDefault(contact.Other.Id) != contact) return;
        contacts.Remove(contact.Other.Id);
        LoseSource(contact);
        Do(() => keeper.Disconnected(contact.Other.Id, Now));
    }

    public void Hear(Device author, ReadOnlySpan<byte> payload)
    {
        if (HoldingStatement.Open(payload, keeping.Vault, author.Key.Public) is { } statement) Do(() => keeper.Hear(statement, Now));
        device.Hostile?.Overhear(payload);
    }

    public void Receive(Contact contact, byte[] bytes)
    {
        KeeperMessage message = KeeperCodec.Decode(bytes) ?? throw new ProtocolException("the peer says of its holdings what can't be read");
        switch (message)
        {
            case KeeperMessage.AskLock ask: Lock(contact, ask); break;
            case KeeperMessage.Locked locked: Locked(contact, locked); break;
            case KeeperMessage.AskLevels ask: Send(contact, new KeeperMessage.TellLevels(ask.Blocks, [.. ask.Blocks.Select(id => shelf.Find(id) is { } number && held[number] ? (byte)0 : KeeperMessage.TellLevels.Absent)])); break;
            case KeeperMessage.TellLevels: break;
            default: Do(() => keeper.Receive(contact.Other.Id, message, Now)); break;
        }
    }

    /// <summary>One input of the machine, and then what it wants done.</summary>
    void Do(Action input)
    {
        input();
        CarryAll();
    }

    void CarryAll()
    {
        while (keeper.TryTake(out KeeperOutput? output)) Carry(output);
    }

    void Carry(KeeperOutput output)
    {
        switch (output)
        {
            case KeeperOutput.Send send when contacts.TryGetValue(send.Peer, out Contact? contact): Send(contact, send.Message); break;
            case KeeperOutput.Say say: device.Publish(Topic, say.Statement.Sign(keeping.Vault, device.Key)); break;
            case KeeperOutput.Prove prove when contacts.TryGetValue(prove.Peer, out Contact? contact): Prove(contact, prove.Challenge); break;
            case KeeperOutput.Check check when contacts.TryGetValue(check.Peer, out Contact? contact): Check(contact, check); break;
            case KeeperOutput.Pull pull: Pull(pull.Blocks); break;
            case KeeperOutput.Leave leave: plan.Forget(leave.Blocks, FetchPriority.Healing); break;
            case KeeperOutput.NeedAnew: Need(); break;
            case KeeperOutput.Happened happened: keeping.Happened(device, happened); break;
        }
    }

    void Send(Contact contact, KeeperMessage message) => contact.Wire.Send(device.Number, Lane.Holdings, KeeperCodec.Encode(message));

    void Prove(Contact contact, KeeperMessage.Challenge challenge)
    {
        long read = 0;
        Hash32?[] macs = [.. challenge.Blocks.Select(id => MacOf(id, challenge.Nonce, contact.Wire.Binding))];
        read += macs.Count(mac => mac != null) * (long)shelf.BlockBytes;
        Send(contact, new KeeperMessage.Proof(challenge.Nonce, macs));
        Do(() => keeper.Spent(contact.Other.Id, read, Now));
    }

    Hash32? MacOf(HeldId id, Hash32 nonce, Hash32 binding)
    {
        if (shelf.Find(id) is { } number && held[number]) return shelf.Prove(number, nonce, binding, device.Id);
        return device.Hostility is Hostility.ClaimsAll ? Hash32.Of(BitConverter.GetBytes(random.NextUInt64())) : null;
    }

    void Check(Contact contact, KeeperOutput.Check check)
    {
        ProofVerdict[] verdicts = [.. check.Blocks.Select((id, i) => check.Macs[i] is { } mac ? Judge(id, mac) : ProofVerdict.Absent)];
        Do(() => keeper.Checked(check.Peer, check.Nonce, verdicts, Now));

        ProofVerdict Judge(HeldId id, Hash32 mac) =>
            shelf.Find(id) is not { } number || !held[number] ? ProofVerdict.Unknown
            : shelf.Prove(number, check.Nonce, contact.Wire.Binding, check.Peer) == mac ? ProofVerdict.Right : ProofVerdict.Wrong;
    }

    /// <summary>Once a second.</summary>
    public void Beat()
    {
        keeper.Tick(Now);
        Expire();
        CarryAll();
        device.Hostile?.Act(contacts.Values);
        if (Now - lastSave >= SaveEvery) Save();
    }

    public void Save()
    {
        lastSave = Now;
        ByteWriter writer = new(Math.Max(1 << 16, device.Remembered?.Bytes.Length ?? 0));
        keeper.Save(writer, Now);
        device.Remembered = (writer.ToArray(), Now);
    }

    void ConsiderLook()
    {
        // Here no disk changes without telling, and a look where nothing is short finds nothing.
        bool due = mustLook || (keeper.IsDirty || Now - lastLook > LookAnyway) && keeper.IsShort(Now);
        if (due && !looking)
        {
            looking = true;
            After(LookPause, LookThrough);
        }
        After(HealingLimits.LookEvery, ConsiderLook);
    }

    void LookThrough()
    {
        (looking, mustLook, lastLook) = (false, false, Now);
        if (device.Hostility is Hostility.ClaimsAll) return; // it looks after nothing
        Do(() =>
        {
            keeper.BeginLook();
            foreach (int number in lookedAfter)
                if (!held[number]) keeper.Look(shelf.Ids[number], isFreed: freed.Contains(number), Now);
            keeper.EndLook(Now, HealingLimits.Pulls);
        });
    }

    void After(TimeSpan delay, Action action) => device.Network.After(delay, () =>
    {
        if (!ended) action();
    });

    public void Dispose() => ended = true;
}
