using Vault.Libp2p.Identify;
using Vault.Libp2p.Multiaddrs;
using Vault.Libp2p.Tcp;
using Vault.Primitives;

namespace Vault.Libp2p;

// What we tell peers about ourselves, and what we keep of what they tell.
public sealed partial class Node
{
    /// <summary>Several changes in a row become one announcement.</summary>
    static readonly TimeSpan AnnounceDelay = TimeSpan.FromSeconds(1);

    readonly ITimer announce;

    void AnnounceSoon()
    {
        // Nobody to tell yet while the node is being built; the timer is the constructor's last field to exist.
        if (connections.Count > 0) announce.Change(AnnounceDelay, Timeout.InfiniteTimeSpan);
    }

    IdentifyMessage Describe(Connection connection) => new()
    {
        PublicKey = identity.Public,
        ListenAddresses = [.. ListenAddresses()],
        Protocols = [.. Protocols.Order(StringComparer.Ordinal)],
        ObservedAddress = connection.RemoteAddress.WithoutPeer(),
        ProtocolVersion = IdentifyProtocol.ProtocolVersion,
        Agent = options.Agent,
    };

    IEnumerable<Multiaddr> ListenAddresses() => listeners.SelectMany(listener => InterfaceAddresses.Expand(listener.Address));

    async Task PushAsync()
    {
        Connection[] told;
        lock (gate) told = [.. connections.Where(connection => connection.Speaks(IdentifyProtocol.Push))];
        await Task.WhenAll(told.Select(PushAsync));
    }

    async Task PushAsync(Connection connection)
    {
        try
        {
            using CancellationTokenSource deadline = new(Limits.NegotiationTimeout, Time);
            await using PeerStream stream = await connection.OpenStreamAsync([IdentifyProtocol.Push], lazy: false, deadline.Token);
            await IdentifyProtocol.SendAsync(stream, Describe(connection), deadline.Token);
        }
        catch (Exception e)
        {
            // The next change, or the next connection, tells them.
            lock (gate) book.Note(connection.Peer, "identify push: " + Reason(e));
        }
    }

    async Task AcceptPushAsync(PeerStream stream, CancellationToken cancel)
    {
        using CancellationTokenSource deadline = new(Limits.NegotiationTimeout, Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        Learn(stream.Connection, await IdentifyProtocol.ReceiveAsync(stream, either.Token));
    }

    void Learn(Connection connection, IdentifyMessage said)
    {
        lock (gate)
        {
            connection.Identified = connection.Identified?.Merge(said) ?? said;
            if (IsOfOurKind(connection)) connection.Widen();
            // Worth trying later, in the network we met in; addresses of a relay are as good as any.
            foreach (Multiaddr address in said.ListenAddresses ?? [])
                if (transports.Any(transport => transport.CanDial(address))) book.Add(connection.Peer, address.WithPeer(connection.Peer), connection.Network);
        }
        PeerIdentified?.Invoke(connection.Peer);
    }
}
