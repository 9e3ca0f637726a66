using System.Collections.Immutable;
using Vault.Libp2p.Psk;
using Vault.Primitives;

namespace Vault.Libp2p;

// The private networks a node is in, which may change while it runs.
public sealed partial class Node
{
    ImmutableArray<PreSharedKey> networks;

    /// <summary>The private networks the node is in now; dialing uses the first unless told otherwise.</summary>
    public IReadOnlyList<PreSharedKey> Networks
    {
        get { lock (gate) return networks; }
    }

    PreSharedKey? DefaultNetwork => Networks is [var first, ..] ? first : null;

    /// <summary>
    /// From now on these are the node's networks. Connections of networks that aren't among them any more are closed, their
    /// addresses forgotten. A private node doesn't become a public one, nor the other way round.
    /// </summary>
    /// <param name="ring">Borrowed, like those before it, until the node is disposed.</param>
    public async Task UseNetworksAsync(IReadOnlyList<PreSharedKey> ring)
    {
        CheckNumber(ring);
        List<Connection> left = [];
        lock (gate)
        {
            if (ring.Count == 0 != networks.IsEmpty) throw new ConfigException("A running node doesn't change between private and public.");
            IEnumerable<PreSharedKey> gone = networks;
            networks = [.. ring];
            foreach (PreSharedKey network in gone.Where(network => !IsIn(network)))
            {
                book.Leave(network.Fingerprint);
                left.AddRange(connections.Where(connection => connection.Network?.Fingerprint == network.Fingerprint));
            }
        }
        discovery?.Use(ring);
        foreach (Connection connection in left) connection.Abort("Its network was left.");
        await Task.WhenAll(left.Select(connection => connection.Completion));
    }

    bool IsIn(PreSharedKey network) => networks.Any(one => one.Fingerprint == network.Fingerprint);

    static void CheckNumber(IReadOnlyList<PreSharedKey> ring)
    {
        if (ring.Count > NodeLimits.MaxNetworks) throw new ConfigException($"A node can be in {NodeLimits.MaxNetworks} private networks at most.");
    }
}
