using Vault.Blocks;
using Vault.Catalog;
using Vault.Chat;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Host.Simulation;

/// <summary>One machine: a key, a disk, a clock, and what the daemon builds on them while it is up.</summary>
sealed class Device : IDisposable
{
    readonly World world;
    readonly VaultKeys keys;
    readonly RandomSource random;
    readonly MemoryDatabase blocks = new(StoreKeys.Blocks);
    readonly Dictionary<int, Contact> contacts = [];
    readonly SimulatedClock clock;
    readonly Disk? secondDisk; // of one with two faces
    readonly bool talks;
    BlockStore? store;
    VaultCatalog? catalog;
    ChatLog? chat, secondChat;
    GossipTalk? gossip;
    KeeperTalk? keeper;

    /// <param name="keys">Borrowed.</param>
    /// <param name="start">What is on the disk when it is first switched on.</param>
    public Device(World world, int number, Ed25519Key key, VaultKeys keys, MemoryDatabase? start, bool twoFaced, SimulatedClock clock, RandomSource random)
    {
        (this.world, Number, Key, this.keys, this.clock, this.random) = (world, number, key, keys, clock, random);
        Id = DeviceId.Of(key.Public);
        Peer = PeerId.From(key.Public);
        talks = start != null;
        Disk = new Disk(start?.PowerCut() ?? Disk.Empty());
        if (twoFaced && start != null) secondDisk = new Disk(start.PowerCut());
    }

    public int Number { get; }
    public Ed25519Key Key { get; }
    public DeviceId Id { get; }
    public PeerId Peer { get; }
    public Disk Disk { get; }
    public Network Network => world.Network;
    public bool IsUp => gossip != null;
    public bool IsTwoFaced => secondDisk != null;
    public bool CanRead => keys.CanRead;

    public Hostility Hostility { get; init; }
    public bool IsHostile => Hostility != Hostility.None;
    public HostileActs? Hostile { get; set; }

    /// <summary>What its disk holds of the vault's blocks, and what lies there beside them.</summary>
    public HeldBlocks? Held { get; set; }
    public (byte[] Bytes, TimeSpan At)? Remembered { get; set; }
    public HashSet<(Vault.Blocks.BlockId Block, DeviceId Freer)> LocksOnDisk { get; } = [];
    public KeeperTalk? Keeper => keeper;

    /// <summary>It was put back to an earlier state at some time: what it said and wrote before may be gone, and may be said once more.</summary>
    public bool WasRestored { get; set; }

    public VaultCatalog Catalog => catalog ?? throw new InvalidOperationException("This device is down.");
    public ChatLog Chat => chat ?? throw new InvalidOperationException("This device is down.");

    /// <summary>Cheap, and in a calm world true: nobody is to be dialed.</summary>
    public bool KnowsAll(List<int> others) => contacts.Count >= others.Count && (contacts.Count == world.Devices.Count - 1 || others.All(contacts.ContainsKey));

    public bool Knows(int other) => contacts.ContainsKey(other);

    /// <summary>What it shows to this peer of what it says.</summary>
    public ChatLog ChatFor(int peer) => secondChat is { } second && peer % 2 == 1 ? second : Chat;

    public void Start()
    {
        if (talks) StartTalking();
        gossip = new GossipTalk(this, random);
        if (world.Keeping is { } keeping) keeper = new KeeperTalk(this, keeping, random);
        if (talks) world.Invariants.Started(this);
    }

    void StartTalking()
    {
        HybridClock hybrid = new(clock);
        store = new BlockStore(blocks, Disk, clock);
        catalog = VaultCatalog.Open(new CatalogPorts(store, Disk, keys, Key, hybrid, random, clock));
        catalog.Changed += OnChanged;
        chat = Open(Disk, hybrid, catalog);
        if (secondDisk != null) secondChat = Open(secondDisk, hybrid, catalog);
        chat.Added += messages => world.Invariants.Arrived(this, messages);
    }

    ChatLog Open(Disk disk, HybridClock hybrid, VaultCatalog of) =>
        ChatLog.Open(new ChatPorts(disk, keys, Key, hybrid, random, clock, () => of.Membership, () => ChatWitness.Of(of)));

    /// <summary>The process ends without warning, and with it whatever wasn't on the disk.</summary>
    public void Crash()
    {
        if (!IsUp) return;
        foreach (Contact contact in contacts.Values.ToArray()) contact.Close();
        contacts.Clear();
        gossip!.Dispose();
        keeper?.Dispose();
        Held?.Crash();
        if (catalog != null) catalog.Changed -= OnChanged;
        catalog?.Dispose();
        store?.Dispose();
        (store, catalog, chat, secondChat, gossip, keeper) = (null, null, null, null, null, null);
        Disk.PowerCut();
        secondDisk?.PowerCut();
    }

    /// <summary>The other end of a connection has come up as well.</summary>
    public void Meet(Wire wire, Device other, bool outbound)
    {
        Contact contact = new(this, wire, other, talks);
        contacts.Add(other.Number, contact);
        wire.Attach(Number, contact);
        gossip!.Connect(other, outbound);
        Attempt(wire, contact.Begin);
    }

    /// <summary>A connection is gone, for whatever reason.</summary>
    public void Lose(Contact contact)
    {
        contact.Dispose();
        if (contacts.GetValueOrDefault(contact.Other.Number) != contact) return; // of a time before the last crash
        contacts.Remove(contact.Other.Number);
        gossip?.Disconnect(contact.Other);
        keeper?.Disconnected(contact);
    }

    public void Part(int other)
    {
        if (contacts.TryGetValue(other, out Contact? contact)) contact.Close();
    }

    /// <summary>To all members, by gossip.</summary>
    public void Publish(string topic, ReadOnlyMemory<byte> payload) => gossip?.Publish(topic, payload);

    /// <summary>Somebody is believed to hold what this device needs: it is dialed now.</summary>
    public void Reach(DeviceId other) => world.Dial(this, world.DeviceOf(other));

    public Device DeviceOf(PeerId peer) => world.Devices[world.NumberOf(peer)];

    public int NumberOf(PeerId peer) => world.NumberOf(peer);

    public int NumberOf(DeviceId device) => world.DeviceOf(device).Number;

    /// <summary>Something heard from a peer, or for it: a fault of the peer ends the connection, one of the disk the process.</summary>
    public void Attempt(Wire wire, Action action)
    {
        try
        {
            action();
        }
        catch (StoreException)
        {
            world.Fail(this);
        }
        catch (VaultException fault)
        {
            if (contacts.Values.FirstOrDefault(contact => contact.Wire == wire) is not { } contact) return;
            // Where nothing passes, whoever is silent is not to blame.
            if (fault is ProtocolException && !wire.IsStalled) world.Invariants.Accused(this, contact.Other, fault.Message);
            contact.Close();
        }
    }

    public void Receive(int from, byte[] frame)
    {
        if (IsUp && contacts.ContainsKey(from)) gossip!.Receive(world.Devices[from], frame);
    }

    /// <summary>A notice says that others have another root: whoever is on a stream is asked.</summary>
    public void CompareAll()
    {
        foreach (Contact contact in contacts.Values) contact.Compare();
    }

    void OnChanged(CatalogChange change)
    {
        world.Invariants.Changed(this, change);
        if (change.Added.Any(record => record.Source is null)) gossip?.Changed();
    }

    /// <summary>Says something, as its user would; with two faces, something else to the others at the same moment. Null when the device can't just now.</summary>
    public SignedMessage? Say(string text)
    {
        try
        {
            SignedMessage said = Chat.Append(BodyKind.Text, "general", text);
            secondChat?.Append(BodyKind.Text, "general", "not " + text);
            return said;
        }
        catch (ConfigException)
        {
            return null;
        }
        catch (StoreException)
        {
            world.Fail(this);
            return null;
        }
    }

    /// <summary>Makes a change, as its user would. Null when nothing came of it.</summary>
    public Leaf? Change(Edit edit)
    {
        try
        {
            return Catalog.Commit([edit]).Leaves[0];
        }
        catch (VaultException fault) when (fault is ConfigException or LimitExceededException)
        {
            return null;
        }
        catch (StoreException)
        {
            world.Fail(this);
            return null;
        }
    }

    public void Tend()
    {
        try
        {
            Catalog.Tend();
        }
        catch (StoreException)
        {
            world.Fail(this);
        }
    }

    public void Dispose()
    {
        Crash();
        Disk.Dispose();
        secondDisk?.Dispose();
        blocks.Dispose();
        Key.Dispose();
    }
}

/// <summary>A device's end of one connection, with what is talked about on it.</summary>
sealed class Contact : IWireEnd, IDisposable
{
    readonly Device device;
    readonly SyncTalk? sync;
    readonly ChatTalk? chat;

    public Contact(Device device, Wire wire, Device other, bool talks)
    {
        (this.device, Wire, Other) = (device, wire, other);
        if (!talks) return;
        sync = new SyncTalk(device, wire, other.Id);
        chat = new ChatTalk(device, device.ChatFor(other.Number), wire, other.Id);
    }

    public Wire Wire { get; }
    public Device Other { get; }

    public void Begin()
    {
        sync?.Begin();
        chat?.Begin();
        device.Keeper?.Connected(this);
    }

    public void Compare() => sync?.Compare();

    public void Receive(Lane lane, byte[] message) => device.Attempt(Wire, () =>
    {
        switch (lane)
        {
            case Lane.Sync: sync?.Receive(message); break;
            case Lane.Chat: chat?.Receive(message); break;
            case Lane.Holdings: device.Keeper?.Receive(this, message); break;
            case Lane.Questions: device.Keeper?.ReceiveQuestion(this, message); break;
            case Lane.Answers: device.Keeper?.ReceiveAnswer(this, message); break;
        }
    });

    public void Writable(Lane lane) => device.Attempt(Wire, () =>
    {
        if (lane == Lane.Sync) sync?.Pump();
        else if (lane == Lane.Chat) chat?.Pump();
        else if (lane == Lane.Answers) device.Keeper?.Serve(this);
    });

    public void Broken() => device.Lose(this);

    public void Close()
    {
        Wire.Close(device.Number);
        device.Lose(this);
    }

    public void Dispose()
    {
        sync?.Dispose();
        chat?.Dispose();
    }
}
