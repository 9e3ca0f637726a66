using Vault.Catalog;
using Vault.Identity;
using Vault.Libp2p;
using Vault.Libp2p.Multiaddrs;
using Vault.Libp2p.Psk;
using Vault.Primitives;
using Vault.Swarm;

namespace Vault.Host;

// How devices meet: tickets, dialing, and what is remembered of where members are.
sealed partial class Daemon
{
    /// <summary>How long a join waits for the vault's name, which comes with the first records.</summary>
    static readonly TimeSpan NamePatience = TimeSpan.FromSeconds(5);

    /// <summary>Who hears a key that it hasn't got closes the connection at once; who takes longer has something else, and another key won't help.</summary>
    static readonly TimeSpan ClosesWithin = TimeSpan.FromSeconds(5);

    /// <summary>Where a ticket says to knock: the addresses of this machine, those that others can reach first.</summary>
    public IReadOnlyList<string> TicketAddresses =>
        [.. Listening.OrderBy(address => address.StartsWith("/ip4/127.", StringComparison.Ordinal) || address.StartsWith("/ip6/::1", StringComparison.Ordinal)).Take(Ticket.MaxAddresses)];

    /// <summary>The member's side: whoever brings a good ticket is in, and what makes it a member is on the disk before it hears so.</summary>
    Admitting Decide(OpenPart part, JoinRequest request, Ed25519PublicKey peer, byte[] channel)
    {
        Admitting decided = Admitting.Decide(new ControlAuthor(part.Entry.Keys, home.Device.Key, home.Clock, home.Random), part.Catalog.Membership, request, peer, channel, home.Random);
        if (decided.Records.Count > 0) part.Catalog.Add(decided.Records);
        return decided;
    }

    /// <summary>The joiner's side: the first member that can be reached and lets it in.</summary>
    /// <param name="profile">What this device says of itself from the first moment on; null for the usual.</param>
    public async Task<VaultJoined> JoinAsync(Ticket ticket, string? name, Func<VaultKeys, DeviceProfile>? profile, bool onDemand, CancellationToken stop)
    {
        KeyRingEntry? there = home.Ring.Find(ticket.Vault);
        if (there != null && RefusalOf(ticket.Vault) is null) throw new ConfigException($"this device is in that vault already: {there.Name}");
        if (name != null && there is null) VaultNames.Checked(home.Ring, name);
        if (onDemand && ticket.Role == Role.Blind) throw Policies.NothingToAsk();
        RequireClock([ticket.Invite]);
        if (home.SwarmKeys.Add(ticket.Swarm)) await UseNetworksAsync();
        PreSharedKey network = NetworkOf(ticket.Swarm) ?? throw new InvalidOperationException("The node doesn't use the ticket's network.");

        (JoinAnswer answer, PeerId through) = await AskAsync(ticket, network, stop);
        try
        {
            RequireClock(answer.Records);
        }
        catch
        {
            answer.Keys.Dispose();
            throw;
        }
        if (there != null) return Rejoin(there, answer, ticket.Role, through);
        string given = name ?? FreeName("vault-" + ticket.Vault.ToString()[..6]);
        VaultCatalog catalog = home.Vault(answer.Keys).Catalog;
        catalog.Add(answer.Records);
        if (profile != null) catalog.Add([new ControlAuthor(answer.Keys, home.Device.Key, home.Clock, home.Random).Introduce(catalog.Membership, profile(answer.Keys))]);
        if (onDemand) catalog.SetOnDemand(true);
        home.Ring.Add(given, answer.Keys);
        AttachAll();
        if (name is null && await VaultNameAsync(ticket.Vault, stop) is { } called) home.Ring.Rename(ticket.Vault, given = FreeName(called));
        return new VaultJoined(ticket.Vault.ToString(), given, Roles.Text(ticket.Role), through.ToString());
    }

    /// <summary>
    /// Records that are dated too far ahead wait for their time, those that let this device in as well: it would be told that it has joined, and
    /// nothing would come. Whoever asks again with the same ticket is let in again.
    /// </summary>
    void RequireClock(IReadOnlyList<ControlRecord> records)
    {
        HybridTime latest = records.Select(record => record.Time).DefaultIfEmpty().Max();
        if (home.Clock.IsTooFar(latest))
            throw new ConfigException($"this machine's clock says {Said(home.Time.GetUtcNow())}, and the vault has something of {Said(latest.Moment)} already", "set the clock right, and join once more with the same ticket");

        static string Said(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm 'UTC'", System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>A device that had been put out by no revocation: what it has it keeps, and it shows the new certificate from now on.</summary>
    VaultJoined Rejoin(KeyRingEntry there, JoinAnswer answer, Role role, PeerId through)
    {
        home.Vault(there.Keys).Catalog.Add(answer.Records);
        foreach (SecretEpoch epoch in answer.Keys.AllEpochs) there.Keys.AddEpoch(epoch.Number, epoch.SyncSecret.Span, epoch.CanRead ? epoch.ReadSecret.Span : default);
        answer.Keys.Dispose();
        home.Ring.Keep();
        lock (gate) attached[there.Vault].Refusal = null;
        return new VaultJoined(there.Vault.ToString(), there.Name, Roles.Text(role), through.ToString());
    }

    /// <summary>One after the other until one says yes: a member that doesn't know the ticket yet, or may let nobody in, has the last word for nobody else.</summary>
    async Task<(JoinAnswer, PeerId)> AskAsync(Ticket ticket, PreSharedKey network, CancellationToken stop)
    {
        List<string> faults = [];
        ConfigException? refusal = null;
        HashSet<PeerId> asked = [];
        foreach (Multiaddr address in ticket.Addresses.Select(Multiaddr.Parse).OfType<Multiaddr>())
        {
            if (address.Peer is { } expected && asked.Contains(expected)) continue;
            if (await TryAsync($"{address.WithoutPeer()}", async () =>
            {
                PeerId member = await node.DialAsync(address, network, stop);
                known.Add(address.WithPeer(member).ToString(), ticket.Swarm.Fingerprint);
                return member;
            }) is { } answer) return answer;
        }
        // The issuer may be away: any other writer or admin in reach will do. One that was met a moment ago hasn't said yet what it speaks.
        foreach (PeerStatus peer in node.Peers.Where(peer => peer.State == PeerState.Connected && (peer.Protocols.Count == 0 || peer.Protocols.Contains(JoinProtocol.Id)) && !asked.Contains(peer.Peer)))
            if (await TryAsync(peer.Peer.ToString(), () => Task.FromResult(peer.Peer)) is { } answer) return answer;
        throw refusal ?? new ConfigException($"no device of the vault could be reached: {string.Join("; ", faults)}", "start the daemon on one of them, on the same network or at an address that is in the ticket");

        async Task<(JoinAnswer, PeerId)?> TryAsync(string where, Func<Task<PeerId>> reach)
        {
            try
            {
                PeerId member = await reach();
                asked.Add(member);
                return (await JoinProtocol.AskAsync(node, member, ticket, home.Device.Key, home.Time, stop), member);
            }
            catch (ConfigException refused)
            {
                refusal ??= refused;
            }
            catch (Exception unreachable) when (!stop.IsCancellationRequested && unreachable is VaultException or IOException or OperationCanceledException)
            {
                faults.Add($"{where}: {(unreachable is OperationCanceledException ? "it took too long" : unreachable.Message)}");
            }
            return null;
        }
    }

    async Task<string?> VaultNameAsync(VaultId vault, CancellationToken stop)
    {
        OpenPart part;
        lock (gate) part = attached[vault];
        if (!part.Entry.Keys.CanRead) return null;
        long began = home.Time.GetTimestamp();
        while (home.Time.GetElapsedTime(began) < NamePatience)
        {
            if (part.Catalog.Membership.Settings.OpenName(part.Entry.Keys) is { } name) return name;
            await Task.Delay(TimeSpan.FromMilliseconds(20), home.Time, stop);
        }
        return null;
    }

    string FreeName(string wanted)
    {
        string name = wanted;
        for (int i = 2; ; i++)
        {
            try
            {
                return VaultNames.Checked(home.Ring, name);
            }
            catch (ConfigException) when (i < 1000)
            {
                name = $"{wanted}-{i}";
            }
        }
    }

    /// <summary>Connects in the first of this device's swarms that the machine at an address is in, and remembers where it was.</summary>
    public async Task<PeerDialed> DialAsync(Multiaddr address, CancellationToken stop)
    {
        if (address.Peer is { } there && KeyOf(StatusOf(there)) is { } shared) return Remembered(there, shared);
        Queue<SwarmKey> keys = new(home.SwarmKeys.Keys);
        while (true)
        {
            SwarmKey key = keys.Dequeue();
            long began = home.Time.GetTimestamp();
            try
            {
                return Remembered(await node.DialAsync(address, NetworkOf(key), stop), key);
            }
            catch (Exception e) when (e is ProtocolException or IOException && keys.Count > 0 && home.Time.GetElapsedTime(began) < ClosesWithin)
            {
                // Perhaps it is in another of this device's swarms.
            }
        }

        PeerDialed Remembered(PeerId peer, SwarmKey key)
        {
            known.Add(address.WithPeer(peer).ToString(), key.Fingerprint);
            return new PeerDialed(peer.ToString(), address.ToString());
        }
    }

    /// <summary>Keeps dialing whoever was met before and isn't connected.</summary>
    async Task DialAsync()
    {
        try
        {
            while (true)
            {
                foreach ((string text, string fingerprint) in known.All)
                    if (Multiaddr.Parse(text) is { Peer: { } peer } address && peer != node.Id) await TryDialAsync(peer, address, fingerprint);
                await Task.Delay(DialEvery, home.Time, stopping.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // We are stopping.
        }
    }

    async Task TryDialAsync(PeerId peer, Multiaddr address, string fingerprint)
    {
        if (home.SwarmKeys.Keys.FirstOrDefault(key => key.Fingerprint == fingerprint) is not { } key) return;
        if (NetworkOf(key) is not { } network) return;
        node.AddAddress(peer, address, network);
        try
        {
            await node.DialAsync(peer, stopping.Token);
        }
        catch (Exception e) when (!stopping.IsCancellationRequested && e is VaultException or IOException or OperationCanceledException)
        {
            // The node has noted why, and `vault peers` shows it. Nothing that one peer does may end the dialing of the others.
        }
    }

    /// <summary>The node's form of a key; null when it doesn't use that one yet, or any more.</summary>
    PreSharedKey? NetworkOf(SwarmKey key)
    {
        using PreSharedKey same = PreSharedKey.FromBytes(key.Secret.Span);
        return node.Networks.FirstOrDefault(one => one.Fingerprint == same.Fingerprint);
    }

    /// <summary>Members that were met are looked for again after a restart.</summary>
    void Remember(PeerId peer)
    {
        bool member;
        lock (gate) member = attached.Values.Any(part => part.Catalog.Membership.Find(peer) is { IsRevoked: false });
        if (!member || StatusOf(peer) is not { } status || KeyOf(status) is not { } key) return;
        foreach (Multiaddr address in status.ListenAddresses.Take(4)) known.Add(address.WithPeer(peer).ToString(), key.Fingerprint);
    }

    PeerStatus? StatusOf(PeerId peer) => node.Peers.FirstOrDefault(one => one.Peer == peer);

    /// <summary>The key of the network in which a peer is connected; null when it isn't.</summary>
    SwarmKey? KeyOf(PeerStatus? peer) => peer is { Connections: [var connection, ..] } ? home.SwarmKeys.Keys.FirstOrDefault(key => NetworkOf(key)?.Fingerprint == connection.Network) : null;
}
