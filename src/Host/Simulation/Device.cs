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
    BlockStore? store;
    VaultCatalog? catalog;
    ChatLog? chat, secondChat;
    GossipTalk? gossip;

    /// <param name="keys">Borrowed.</param>
    /// <param name="start">What is on the disk when it is first switched on.</param>
    public Device(World world, int number, Ed25519Key key, VaultKeys keys, MemoryDatabase start, bool twoFaced, SimulatedClock clock, RandomSource random)
    {
        (this.world, Number, Key, this.keys, this.clock, this.random) = (world, number, key, keys, clock, random);
        Id = DeviceId.Of(key.Public);
        Peer = PeerId.From(key.Public);
        Disk = new Disk(start.PowerCut());
        if (twoFaced) secondDisk = new Disk(start.PowerCut());
    }

    public int Number { get; }
    public Ed25519Key Key { get; }
    public DeviceId Id { get; }
    public PeerId Peer { get; }
    public Disk Disk { get; }
    public Network Network => world.Network;
    public bool IsUp => catalog != null;
    public bool IsTwoFaced => secondDisk != null;
    public bool CanRead => keys.CanRead;

    /// <summary>It was put back to an earlier state at some time: what it said and wrote before may be gone, and may be said once more.</summary>
    public bool WasRestored { get; set; }

    public VaultCatalog Catalog => catalog ?? throw new InvalidOperationException("This device is down.");
    public ChatLog Chat => chat ?? throw new InvalidOperationException("This device is down.");
    public IEnumerable<Contact> Contacts => contacts.Values;

    public bool Knows(int other) => contacts.ContainsKey(other);

    /// <summary>What it shows to this peer of what it says.</summary>
    public ChatLog ChatFor(int peer) => secondChat is { } second && peer % 2 == 1 ? second : Chat;

    public void Start()
    {
        HybridClock hybrid = new(clock);
        store = new BlockStore(blocks, Disk, clock);
        catalog = VaultCatalog.Open(new CatalogPorts(store, Disk, keys, Key, hybrid, random, clock));
        catalog.Changed += OnChanged;
        chat = Open(Disk, hybrid, catalog);
        if (secondDisk != null) secondChat = Open(secondDisk, hybrid, catalog);
        chat.Added += messages => world.Invariants.Arrived(this, messages);
        gossip = new GossipTalk(this, random);
        world.Invariants.Started(this);
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
        catalog!.Changed -= OnChanged;
        catalog.Dispose();
        store!.Dispose();
        (store, catalog, chat, secondChat, gossip) = (null, null, null, null, null);
        Disk.PowerCut();
        secondDisk?.PowerCut();
    }

    /// <summary>The other end of a connection has come up as well.</summary>
    public void Meet(Wire wire, Device other, bool outbound)
    {
        Contact contact = new(this, wire, other);
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
    }

    public void Part(int other)
    {
        if (contacts.TryGetValue(other, out Contact? contact)) contact.Close();
    }

    public int NumberOf(PeerId peer) => world.NumberOf(peer);

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
    readonly SyncTalk sync;
    readonly ChatTalk chat;

    public Contact(Device device, Wire wire, Device other)
    {
        (this.device, Wire, Other) = (device, wire, other);
        sync = new SyncTalk(device, wire, other.Id);
        chat = new ChatTalk(device, device.ChatFor(other.Number), wire, other.Id);
    }

    public Wire Wire { get; }
    public Device Other { get; }
    public bool IsInStep => sync.IsInStep && chat.IsInStep;

    public void Begin()
    {
        sync.Begin();
        chat.Begin();
    }

    public void Compare() => sync.Compare();

    public void Receive(Lane lane, byte[] message) => device.Attempt(Wire, () =>
    {
        if (lane == Lane.Sync) sync.Receive(message);
        else chat.Receive(message);
    });

    public void Writable(Lane lane) => device.Attempt(Wire, lane == Lane.Sync ? sync.Pump : chat.Pump);

    public void Broken() => device.Lose(this);

    public void Close()
    {
        Wire.Close(device.Number);
        device.Lose(this);
    }

    public void Dispose()
    {
        sync.Dispose();
        chat.Dispose();
    }
}
