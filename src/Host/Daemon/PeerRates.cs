using Vault.Libp2p;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>Bytes a second from and to each peer, of whatever kind, lately. Somebody looks at the counters from time to time and says when.</summary>
/// <remarks>Times are since any fixed moment and never go back. For one caller at a time.</remarks>
sealed class PeerRates
{
    /// <summary>What was a look ago counts half as much: some seconds, as a person watches.</summary>
    const double Remembered = 0.5;

    readonly Dictionary<PeerId, Seen> seen = [];

    public void Look(IEnumerable<(PeerId Peer, long In, long Out)> counters, TimeSpan now)
    {
        HashSet<PeerId> there = [];
        foreach ((PeerId peer, long received, long sent) in counters)
        {
            there.Add(peer);
            seen[peer] = seen.TryGetValue(peer, out Seen? before) && now > before.At && received >= before.In && sent >= before.Out
                ? new Seen(received, sent, now, Mean(before.InPerSecond, received - before.In), Mean(before.OutPerSecond, sent - before.Out))
                : new Seen(received, sent, now, 0, 0); // new, or connected anew
            double Mean(double rate, long bytes) => rate * Remembered + bytes / (now - before.At).TotalSeconds * (1 - Remembered);
        }
        foreach (PeerId gone in seen.Keys.Where(peer => !there.Contains(peer)).ToList()) seen.Remove(gone);
    }

    public (double InPerSecond, double OutPerSecond) Of(PeerId peer) => seen.TryGetValue(peer, out Seen? known) ? (Math.Round(known.InPerSecond), Math.Round(known.OutPerSecond)) : default;

    sealed record Seen(long In, long Out, TimeSpan At, double InPerSecond, double OutPerSecond);
}
