using System.Collections.Concurrent;
using System.Diagnostics;
using Vault.Blocks;
using Vault.Catalog;
using Vault.Chat;
using Vault.Identity;
using Vault.Libp2p;
using Vault.Libp2p.Gossipsub;
using Vault.Libp2p.Mdns;
using Vault.Libp2p.Multiaddrs;
using Vault.Libp2p.Psk;
using Vault.Libp2p.Pubsub;
using Vault.Libp2p.Tcp;
using Vault.Primitives;
using Vault.Swarm;

namespace Vault.Host;

/// <param name="Topics">Gossip topics of no vault that are joined as well, and whose messages are passed on: by them other programs can try the network.</param>
sealed record DaemonOptions(Configuration Settings, IReadOnlyList<string> Topics);

/// <summary>
/// The data folder in company: a libp2p node, and every vault of the ring in the swarm. It builds and connects the parts; what
/// goes on between devices is Swarm's and Catalog's. Daemon.Joining.cs lets this device into a vault, Daemon.Members.cs follows who is in, Daemon.Fetching.cs
/// brings what somebody waits for, Daemon.Telling.cs says how things stand.
/// </summary>
sealed partial class Daemon : IAsyncDisposable
{
    /// <summary>Registered for nothing else, and easy to allow in a firewall.</summary>
    const int UsualPort = 4171;

    /// <summary>Members that aren't connected are dialed again after this; the node itself spaces attempts that fail.</summary>
    static readonly TimeSpan DialEvery = TimeSpan.FromSeconds(10);

    /// <summary>What waits for a time, or has had its time, isn't urgent to the minute.</summary>
    static readonly TimeSpan TendEvery = TimeSpan.FromHours(1);

    /// <summary>Where secrets have to be made once more any admin's device can do it, and one is enough: each waits for some time up to this, and looks again.</summary>
    static readonly TimeSpan RenewPatience = TimeSpan.FromSeconds(20);

    /// <summary>The rates of peers are brought up to date so often: a person who watches sees it move.</summary>
    static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    /// <summary>Files whose content is awaited one by one; beyond it each block that comes costs a walk over all pins of its vault. 24 MiB.</summary>
    const int MostAwaited = 1 << 18;

    readonly Home home;
    readonly Action<string> note;
    readonly Node node;
    readonly Gossip gossip;
    readonly SwarmNode swarm;
    readonly KnownPeers known;
    readonly List<PreSharedKey> networks = []; // every key ever given to the node, which borrows them
    readonly Dictionary<VaultId, OpenPart> attached = [];
    readonly Lock gate = new();
    readonly CancellationTokenSource stopping = new();
    readonly DateTimeOffset since;
    readonly PeerRates rates = new();
    readonly IdleTime idle = new();
    readonly AsyncPulse tendPulse = new();
    readonly ITimer looking;
    Task dialing = Task.CompletedTask, tending = Task.CompletedTask;

    Daemon(Home home, DaemonOptions options, Action<string> note)
    {
        (this.home, this.note) = (home, note);
        since = home.Time.GetUtcNow();
        Events = new DaemonEvents(home.Time);
        known = new KnownPeers(Path.Combine(home.FullPath, "peers"));
        node = new Node(new NodeOptions
        {
            Agent = "vault/" + VersionText.Line.Split(' ')[^1],
            Networks = Networks(),
            RequirePrivateNetwork = true,
            Mdns = options.Settings.Mdns ? new MdnsOptions() : null,
        }, home.Device.Key, home.Time, home.Random, new TcpTransport(home.Time));
        // js-libp2p's ids rather than the default of go-libp2p: both sides must name messages alike, and it is what we are checked against.
        gossip = new Gossip(node, home.Device.Key, new Parameters { IdOf = MessageId.FromKeyAndSeqno }, home.Time, home.Random);
        foreach (string topic in options.Topics) gossip.Subscribe(topic);
        Watched = new WatchedFolders(home, Heard);
        swarm = new SwarmNode(node, home.Device.Key.Public, home.Clock, home.Time, home.Random);
        swarm.TurnedAway += TurnedAway;
        swarm.Limits.Upload.BytesPerSecond = options.Settings.Upload;
        swarm.Limits.Download.BytesPerSecond = options.Settings.Download;
        node.PeerIdentified += Remember;
        node.PeerConnected += Connected;
        node.PeerDisconnected += Disconnected;
        looking = home.Time.CreateTimer(_ => LookAtRates(), null, LookEvery, LookEvery);
    }

    /// <summary>Somebody has asked for the end.</summary>
    public CancellationToken Stopping => stopping.Token;

    public PeerId Id => node.Id;

    /// <summary>What may be sent and received of blocks; holds at once when it is changed.</summary>
    public TransferLimits Limits => swarm.Limits;

    /// <summary>What happens, for who wants to be told.</summary>
    public DaemonEvents Events { get; }

    /// <summary>Folders kept in step with vaults.</summary>
    public WatchedFolders Watched { get; }

    /// <summary>For whoever reads the daemon's own output.</summary>
    public void Note(string sentence) => note(sentence);

    public IReadOnlyList<string> Listening => [.. node.Addresses.Select(address => address.ToString())];

    /// <param name="home">Entered; borrowed.</param>
    public static async Task<Daemon> StartAsync(Home home, DaemonOptions options, Action<string> note, CancellationToken stop)
    {
        Daemon daemon = new(home, options, note);
        try
        {
            await daemon.ListenAsync(options.Settings.Listen, stop);
            daemon.AttachAll();
            foreach (Multiaddr address in options.Settings.Bootstrap) daemon.known.Add(address.ToString(), home.SwarmKeys.Own.Fingerprint);
            daemon.dialing = daemon.DialAsync();
            daemon.tending = daemon.TendAsync();
            return daemon;
        }
        catch
        {
            await daemon.DisposeAsync();
            throw;
        }
    }

    public void RequestStop() => stopping.Cancel();

    async Task ListenAsync(IReadOnlyList<Multiaddr> addresses, CancellationToken stop)
    {
        if (addresses.Count > 0)
        {
            foreach (Multiaddr address in addresses) await node.ListenAsync(address, stop);
            return;
        }
        try
        {
            await node.ListenAsync(Multiaddr.Parse($"/ip4/0.0.0.0/tcp/{UsualPort}")!, stop);
        }
        catch (Exception e) when (e is VaultException or System.Net.Sockets.SocketException)
        {
            await node.ListenAsync(Multiaddr.Parse("/ip4/0.0.0.0/tcp/0")!, stop); // another daemon has it
        }
    }

    /// <summary>Brings every vault of the ring into the swarm that isn't in it yet.</summary>
    public void AttachAll()
    {
        foreach (KeyRingEntry entry in home.Ring.Entries)
        {
            OpenPart part;
            lock (gate)
            {
                if (attached.ContainsKey(entry.Vault)) continue;
                attached.Add(entry.Vault, part = new OpenPart(entry, home.Vault(entry.Keys), home.Store, home.Time));
            }
            GateVault admits = new(entry.Keys, () => part.Catalog.Membership, records => part.Catalog.Add(records));
            part.Notices = new ChangeNotices(new VaultTopic(gossip, admits, "changes", home.Random), () => part.Catalog.Root, () => Compare(part), home.Time);
            part.Catalog.Changed += part.OnChanged = change => Changed(part, change);
            part.Chat.Added += part.OnSaid = messages => Said(part, messages);
            part.Chat.Forked += part.OnForked = proof => Forked(part, proof);
            TellStanding(part);
            Introduce(part);
            swarm.Add(new SwarmVault(admits, home.Store,
                (channel, cancel) => SyncAsync(part, channel, cancel), (request, peer, channel) => Decide(part, request, peer, channel),
                (channel, cancel) => ChatAsync(part, channel, cancel), (channel, cancel) => KeepAsync(part, channel, cancel),
                part.Catalog.Membership.Find(home.Device.Key.Public)?.Profile?.Capacity > 0,
                new LackedSecrets(() => EpochSecrets.AreMissing(part.Catalog.Membership, entry.Keys), box => TakeSecrets(part, box)), part.Catalog.IsOnDemand));
            Keep(part, admits);
            swarm.FetchOf(entry.Vault)!.Landed += (blocks, bytes) => Landed(part, blocks, bytes);
            Watched.Resume(entry, home.Vault(entry.Keys));
        }
    }

    /// <summary>The same by what a user calls it.</summary>
    public Task DetachAsync(string vault) => DetachAsync(VaultNames.Find(home.Ring, vault).Vault);

    /// <summary>Takes a vault out of the swarm, before it is parted with.</summary>
    public async Task DetachAsync(VaultId vault)
    {
        OpenPart? part;
        lock (gate) attached.Remove(vault, out part);
        if (part is null) return;
        await Watched.StopAsync(vault);
        part.Catalog.Changed -= part.OnChanged;
        part.Chat.Added -= part.OnSaid;
        part.Chat.Forked -= part.OnForked;
        part.Notices?.Dispose();
        await swarm.RemoveAsync(vault);
        if (part.Keeping is { } keeping) await keeping.DisposeAsync();
    }

    async Task SyncAsync(OpenPart part, VaultChannel channel, CancellationToken cancel)
    {
        DeviceId self = DeviceId.Of(home.Device.Key.Public), peer = channel.Member.Device;
        SyncSession session = new(part.Catalog, channel.Pipe, SyncSession.SideOf(self, peer), channel.ChannelBinding.ToArray(), peer, home.Time);
        part.Compared.Watch(session);
        lock (gate)
        {
            part.Sessions[channel.Peer] = session;
            part.Refusal = null;
        }
        try
        {
            await session.RunAsync(cancel);
        }
        finally
        {
            lock (gate)
                if (part.Sessions.GetValueOrDefault(channel.Peer) == session) part.Sessions.Remove(channel.Peer);
        }
    }

    async Task ChatAsync(OpenPart part, VaultChannel channel, CancellationToken cancel)
    {
        ChatSession session = new(part.Chat, channel.Pipe, channel.Member.Device, DeviceId.Of(home.Device.Key.Public), home.Time);
        part.Chats.TryAdd(session, 0);
        try
        {
            await session.RunAsync(cancel);
        }
        finally
        {
            part.Chats.TryRemove(session, out _);
        }
    }

    /// <summary>Files that came from elsewhere are fetched; members who went are parted with.</summary>
    void Changed(OpenPart part, CatalogChange change)
    {
        Fetch(part, change);
        TellRoot(part, change.Root);
        // What a meeting leaves behind is a change as well, every minute, and nothing of it is a block.
        if (change.Added.Count > 0 || change.Removed.Count > 0 || change.Recalled) part.Keeping?.Look();
        TellStanding(part);
        if (change.Added.Any(record => record.Source is null)) part.Notices?.Changed();
        if (!change.MembershipChanged) return;
        MembersChanged(part);
    }

    /// <summary>Only what has come is looked at, unless who is in has changed, or something is to be here again: then more than that may count.</summary>
    void Fetch(OpenPart part, CatalogChange change)
    {
        if (swarm.FetchOf(part.Entry.Vault) is not { } fetch || (fetch.OnDemand && !change.Recalled)) return;
        AddedRecord[] brought = [.. change.Added.Where(record => record.Source is not null)];
        if (change.MembershipChanged || change.Recalled)
        {
            part.Awaited.AddAll();
            fetch.Search();
        }
        else if (brought.Length > 0)
        {
            BlockId[] roots = [.. brought.Select(record => FileRecord.Parse(record.Bytes)?.Root).OfType<BlockId>()];
            part.Awaited.Add(roots);
            fetch.Search(roots);
        }
    }

    /// <summary>Blocks have come: files that are whole by that are kept as any other. Only those are looked at that may be.</summary>
    void Landed(OpenPart part, IReadOnlyList<BlockId> blocks, long bytes)
    {
        using (Activity? traced = Traces.Source.StartActivity("blocks.landed")) traced?.SetTag("vault.id", part.Entry.Vault.ToString()).SetTag("blocks", blocks.Count).SetTag("bytes", bytes);
        if (swarm.FetchOf(part.Entry.Vault) is { Shares: true }) return; // files aren't expected to become whole
        if (part.Catalog.IsOnDemand) return; // who asked for it looks after it
        IReadOnlyList<BlockId>? touched = part.Awaited.Touched(blocks, out int turn);
        part.Catalog.Arrived(touched);
        Watched.ContentArrived(part.Entry.Vault);
        if (touched is null) part.Awaited.Found(turn, part.Catalog.Expected());
        else part.Awaited.Looked(touched.Select(root => (root, home.Store.IsWhole(part.Entry.Vault.Tag, root))));
    }

    void Compare(OpenPart part)
    {
        SyncSession[] sessions;
        lock (gate) sessions = [.. part.Sessions.Values];
        foreach (SyncSession session in sessions) session.Compare();
    }

    /// <summary>What has waited for its time comes in, what has had its time goes, and secrets that somebody has who shouldn't are made anew.</summary>
    async Task TendAsync()
    {
        try
        {
            while (true)
            {
                if (await tendPulse.WaitAsync(TendEvery, home.Time, stopping.Token)) await Task.Delay(RenewPatience * home.Random.Below(1000) / 1000, home.Time, stopping.Token);
                KeepSecrets();
                foreach (OpenPart part in Parts())
                    try
                    {
                        part.Catalog.Tend();
                    }
                    catch (VaultException fault)
                    {
                        note($"{part.Entry.Name}: {fault.Message}"); // a full disk, most likely: the next hour tries again
                    }
            }
        }
        catch (OperationCanceledException)
        {
            // We are stopping.
        }
    }

    /// <summary>What a device says of itself whose owner said nothing.</summary>
    public static DeviceProfile UsualProfile(VaultKeys keys, RandomSource random)
    {
        DeviceProfile profile = new(DeviceClass.Desktop, Capacity: 0, Site: 0, Name: null);
        return keys.CanRead ? profile.Named(Environment.MachineName, keys, random) : profile;
    }

    /// <summary>The node's networks are those of the ring from now on.</summary>
    public Task UseNetworksAsync() => node.UseNetworksAsync(Networks());

    PreSharedKey[] Networks()
    {
        PreSharedKey[] ring = [.. home.SwarmKeys.Keys.Select(key => PreSharedKey.FromBytes(key.Secret.Span))];
        lock (networks) networks.AddRange(ring);
        return ring;
    }

    public async ValueTask DisposeAsync()
    {
        node.PeerIdentified -= Remember;
        node.PeerConnected -= Connected;
        node.PeerDisconnected -= Disconnected;
        await stopping.CancelAsync();
        await looking.DisposeAsync();
        await Task.WhenAll(dialing, tending);
        await Watched.DisposeAsync();
        foreach (OpenPart part in attached.Values)
        {
            part.Catalog.Changed -= part.OnChanged;
            part.Chat.Added -= part.OnSaid;
            part.Chat.Forked -= part.OnForked;
            part.Notices?.Dispose();
        }
        await swarm.DisposeAsync();
        foreach (OpenPart part in attached.Values)
            if (part.Keeping is { } keeping) await keeping.DisposeAsync();
        await gossip.DisposeAsync();
        await node.DisposeAsync();
        foreach (PreSharedKey network in networks) network.Dispose();
        stopping.Dispose();
    }

    /// <summary>A vault in the swarm.</summary>
    sealed class OpenPart(KeyRingEntry entry, OpenVault vault, BlockStore store, TimeProvider time)
    {
        public KeyRingEntry Entry => entry;
        public VaultCatalog Catalog => vault.Catalog;
        public ChatLog Chat => vault.Chat;
        public Membership Told { get; set; } = vault.Catalog.Membership;
        public Hash32 ToldRoot { get; set; } = vault.Catalog.Root;
        public Action<CatalogChange>? OnChanged { get; set; }
        public Action<IReadOnlyList<SignedMessage>>? OnSaid { get; set; }
        public VaultKeeping? Keeping { get; set; }
        public Action<ForkProof>? OnForked { get; set; }
        public AwaitedRoots Awaited { get; } = new(MostAwaited, id => store.Contains(entry.Vault.Tag, id));
        public Comparisons Compared { get; } = new(entry.Vault.ToString(), time);
        public ChangeNotices? Notices { get; set; }

        public bool OnlyTakes { get; set; }

        /// <summary>Why a member said that this device isn't in, until one lets it in.</summary>
        public string? Refusal { get; set; }
        public Dictionary<PeerId, SyncSession> Sessions { get; } = [];
        public ConcurrentDictionary<ChatSession, byte> Chats { get; } = new();
    }
}
