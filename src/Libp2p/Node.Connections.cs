using Vault.Libp2p.Identify;
using Vault.Libp2p.Multiaddrs;
using Vault.Libp2p.Psk;
using Vault.Libp2p.Upgrade;
using Vault.Primitives;

namespace Vault.Libp2p;

// How links become connections, inbound and outbound, and how long they stay.
public sealed partial class Node
{
    readonly List<Connection> connections = [];
    readonly HalfOpenLinks halfOpen = new();
    bool closed;

    async Task AcceptAsync(ITransportListener listener)
    {
        while (await listener.AcceptAsync() is { } link)
        {
            if (RefusalOf(link) is { } reason)
            {
                link.Abort();
                await link.DisposeAsync();
                InboundRefused?.Invoke(link.RemoteAddress, reason);
            }
            else running.Add(UpgradeInboundAsync(link));
        }
    }

    /// <summary>Why there is no room for this link; null when there was, and it is counted from now on.</summary>
    string? RefusalOf(ILink link)
    {
        string host = HalfOpenLinks.HostOf(link.RemoteAddress);
        lock (gate)
        {
            if (closed) return "the node is closing";
            if (connections.Count >= Limits.MaxConnections) return "too many connections";
            if (connections.Count(connection => !connection.Dialed && HalfOpenLinks.HostOf(connection.RemoteAddress) == host) >= Limits.MaxConnectionsPerAddress) return "too many connections from one address";
            if (halfOpen.Total >= Limits.MaxHalfOpen) return "too many unfinished handshakes";
            if (halfOpen.From(host) >= Limits.MaxHalfOpenPerAddress) return "too many unfinished handshakes from one address";
            halfOpen.Add(host);
            return null;
        }
    }

    async Task UpgradeInboundAsync(ILink link)
    {
        string host = HalfOpenLinks.HostOf(link.RemoteAddress);
        try
        {
            SecuredLink secured = await WithDeadlineAsync(link, Limits.HandshakeTimeout, cancel => upgrader.AcceptAsync(link, Networks, cancel), Closing);
            Register(secured);
        }
        catch (Exception e)
        {
            // A stranger's failure is a stranger's: it costs this link.
            link.Abort();
            await link.DisposeAsync();
            InboundRefused?.Invoke(link.RemoteAddress, e is OperationCanceledException ? "the handshake took too long" : e.Message);
        }
        finally
        {
            lock (gate) halfOpen.Remove(host);
        }
    }

    /// <summary>Whoever asks for the same peer meanwhile shares the attempt.</summary>
    async Task<Connection> DialPeerAsync(PeerId peer, Multiaddr? first, CancellationToken cancel)
    {
        Task<Connection> attempt;
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(closed, this);
            PeerBook.Entry entry = book.Get(peer);
            attempt = entry.Dialing ??= Track(DialAddressesAsync(entry, first));
        }
        return await attempt.WaitAsync(cancel);
    }

    Task<Connection> Track(Task<Connection> dial)
    {
        running.Add(dial.ContinueWith(static done => _ = done.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default));
        return dial;
    }

    /// <param name="chosen">Tried first and whatever its past: the caller has named it. The others only when their pause is over.</param>
    async Task<Connection> DialAddressesAsync(PeerBook.Entry entry, Multiaddr? chosen)
    {
        await Task.Yield(); // the caller holds the lock
        Exception? last = null;
        try
        {
            PeerBook.KnownAddress[] candidates;
            DateTimeOffset now = Time.GetUtcNow();
            lock (gate)
            {
                candidates = [.. entry.Addresses
                    .Where(known => (known.RetryAt <= now && !(known.Until <= now)) || known.Address.Equals(chosen))
                    .OrderBy(known => known.Address.Equals(chosen) ? 0 : 1).ThenBy(known => known.Address.IsCircuit).ThenBy(known => known.Failures)];
                if (candidates.Length == 0)
                {
                    last = new ProtocolException(entry.RetryAt(now) is { } retry
                        ? $"Peer {entry.Peer} is not tried again before {retry:HH:mm:ss}: {entry.LastFailure}"
                        : $"No address is known for peer {entry.Peer}.");
                    throw last;
                }
            }
            foreach (PeerBook.KnownAddress candidate in candidates)
            {
                try
                {
                    Connection made = await DialOnceAsync(candidate.Address, entry.Peer, candidate.Network, Closing);
                    lock (gate) PeerBook.Succeeded(candidate);
                    return made;
                }
                catch (Exception e) when (!Closing.IsCancellationRequested)
                {
                    last = e;
                    lock (gate)
                    {
                        book.Failed(candidate);
                        book.Note(entry.Peer, $"{candidate.Address}: {Reason(e)}");
                    }
                    // They may have reached us while we failed to reach them.
                    if (FindConnection(entry.Peer) is { } theirs) return theirs;
                }
            }
            throw last!;
        }
        finally
        {
            lock (gate) entry.Dialing = null;
        }
    }

    async Task<Connection> DialOnceAsync(Multiaddr address, PeerId? expected, PreSharedKey? network, CancellationToken cancel)
    {
        ITransport transport = transports.FirstOrDefault(transport => transport.CanDial(address))
            ?? throw new ConfigException($"There is no way to dial {address}.");
        lock (gate)
            if (connections.Count >= Limits.MaxConnections) throw new LimitExceededException("There are too many connections already.");
        using CancellationTokenSource deadline = new(Limits.DialTimeout, Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        ILink link;
        try
        {
            link = await transport.DialAsync(address, either.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            throw new ProtocolException("Nobody answered in time.");
        }
        try
        {
            SecuredLink secured = await WithDeadlineAsync(link, Limits.HandshakeTimeout,
                token => upgrader.DialAsync(link, expected, network ?? DefaultNetwork, token), either.Token);
            return Register(secured);
        }
        catch
        {
            link.Abort();
            await link.DisposeAsync();
            throw;
        }
    }

    async Task<T> WithDeadlineAsync<T>(ILink link, TimeSpan patience, Func<CancellationToken, ValueTask<T>> work, CancellationToken cancel)
    {
        using CancellationTokenSource deadline = new(patience, Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        using CancellationTokenRegistration cut = either.Token.UnsafeRegister(static link => ((ILink)link!).Abort(), link);
        try
        {
            return await work(either.Token);
        }
        catch (Exception e) when (deadline.IsCancellationRequested)
        {
            throw new ProtocolException("The handshake took too long.", null, e);
        }
    }

    Connection Register(SecuredLink secured)
    {
        Connection connection = new(this, secured, options.Streams, Time);
        bool first;
        lock (gate)
        {
            int count = ConnectionsWith(secured.Peer).Count();
            string? refusal = closed ? "The node is closing."
                : secured.Network is { } network && !IsIn(network) ? "Its network was left meanwhile."
                : count >= Limits.MaxConnectionsPerPeer ? $"There are {count} connections with {secured.Peer} already." : null;
            if (refusal is not null)
            {
                secured.Discard();
                throw new LimitExceededException(refusal);
            }
            first = count == 0;
            connections.Add(connection);
            book.Get(secured.Peer).Connections++;
        }
        connection.Start(secured.Early);
        ConnectionOpened?.Invoke(Status(connection));
        if (first) PeerConnected?.Invoke(secured.Peer);
        running.Add(AttendAsync(connection));
        return connection;
    }

    /// <summary>One connection from its first moment to its last.</summary>
    async Task AttendAsync(Connection connection)
    {
        Task identifying = IdentifyAsync(connection);
        await connection.Completion;
        bool last;
        string reason = connection.Failure is { } failure ? Reason(failure) : "The connection ended.";
        lock (gate)
        {
            connections.Remove(connection);
            last = !ConnectionsWith(connection.Peer).Any();
            PeerBook.Entry entry = book.Get(connection.Peer);
            entry.Connections--;
            entry.Past = (entry.Past.In + connection.Bytes.In, entry.Past.Out + connection.Bytes.Out);
            book.Note(connection.Peer, reason);
        }
        ConnectionClosed?.Invoke(Status(connection), reason);
        if (last) PeerDisconnected?.Invoke(connection.Peer);
        await connection.DisposeAsync();
        await identifying;
    }

    async Task IdentifyAsync(Connection connection)
    {
        try
        {
            using CancellationTokenSource deadline = new(Limits.NegotiationTimeout, Time);
            await using (PeerStream stream = await connection.OpenStreamAsync([IdentifyProtocol.Id], lazy: true, deadline.Token))
                Learn(connection, await IdentifyProtocol.ReceiveAsync(stream, deadline.Token));
            await RetireDuplicateAsync(connection);
        }
        catch (Exception e)
        {
            // A peer that doesn't identify itself can still be spoken to; whoever misses its protocols sees why.
            lock (gate) book.Note(connection.Peer, "identify: " + Reason(e));
        }
    }

    /// <summary>
    /// When both of us dialed at once, one connection is enough: the one that the smaller peer id dialed. The smaller one closes
    /// the other, and only between two nodes of this kind; others keep theirs.
    /// </summary>
    async Task RetireDuplicateAsync(Connection newer)
    {
        if (!IsOfOurKind(newer) || Id.CompareTo(newer.Peer) > 0) return;
        Connection[] spare;
        lock (gate)
        {
            Connection[] all = [.. ConnectionsWith(newer.Peer).Where(connection => !connection.IsLimited)];
            spare = all.Any(connection => connection.Dialed) ? [.. all.Where(connection => !connection.Dialed)] : [];
        }
        if (spare.Length == 0) return;
        await Task.Delay(Limits.DuplicateGrace, Time, Closing);
        foreach (Connection connection in spare) await connection.CloseAsync(Closing);
    }

    bool IsOfOurKind(Connection connection) => Kind(connection.Identified?.Agent) == Kind(options.Agent);

    static string? Kind(string? agent) => agent?.Split('/')[0];

    /// <summary>The connection for new streams; both sides of two of ours choose the same.</summary>
    internal Connection? FindConnection(PeerId peer)
    {
        lock (gate) return InUse(peer).FirstOrDefault(connection => connection.Failure is null);
    }

    IEnumerable<Connection> InUse(PeerId peer)
    {
        bool smaller = Id.CompareTo(peer) < 0;
        return ConnectionsWith(peer).OrderBy(connection => connection.IsLimited).ThenBy(connection => connection.Dialed == smaller ? 0 : 1);
    }

    IEnumerable<Connection> ConnectionsWith(PeerId peer) => connections.Where(connection => connection.Peer == peer);

    PeerStatus Status(PeerBook.Entry entry)
    {
        Connection[] with = [.. InUse(entry.Peer)];
        IdentifyMessage? said = with.Select(connection => connection.Identified).FirstOrDefault(message => message is not null);
        DateTimeOffset? retry = entry.RetryAt(Time.GetUtcNow());
        PeerState state = with.Length > 0 ? PeerState.Connected : entry.Dialing is not null ? PeerState.Connecting : retry is not null ? PeerState.BackingOff : PeerState.Disconnected;
        return new PeerStatus(entry.Peer, state)
        {
            Addresses = [.. entry.Addresses.Select(known => known.Address)],
            Connections = [.. with.Select(Status)],
            BytesIn = entry.Past.In + with.Sum(connection => connection.Bytes.In),
            BytesOut = entry.Past.Out + with.Sum(connection => connection.Bytes.Out),
            Agent = said?.Agent,
            Protocols = said?.Protocols ?? [],
            ListenAddresses = said?.ListenAddresses ?? [],
            ObservedAddress = said?.ObservedAddress,
            LastFailure = entry.LastFailure,
            LastFailureAt = entry.LastFailureAt,
            RetryAt = state == PeerState.BackingOff ? retry : null,
        };
    }

    static ConnectionStatus Status(Connection connection)
    {
        (long received, long sent) = connection.Bytes;
        return new ConnectionStatus(connection.Peer, connection.RemoteAddress, connection.LocalAddress, connection.Path)
        {
            Dialed = connection.Dialed,
            Since = connection.Since,
            Network = connection.Network?.Fingerprint,
            ChannelBinding = connection.ChannelBinding,
            RoundTrip = connection.RoundTrip,
            Streams = connection.StreamCount,
            BytesIn = received,
            BytesOut = sent,
        };
    }

    static string Reason(Exception e) => e is OperationCanceledException ? "it took too long" : e.Message;
}
