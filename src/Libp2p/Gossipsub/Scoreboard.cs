using Vault.Primitives;

namespace Vault.Libp2p.Gossipsub;

/// <summary>Every known peer's standing, connected or remembered, and how many share an origin.</summary>
internal sealed class Scoreboard(ScoreParameters parameters)
{
    readonly Dictionary<PeerId, Reputation> known = [];
    readonly Dictionary<Origin, int> origins = [];
    readonly List<Reputation> stirred = []; // all that aren't blank, and so all that are absent
    TimeSpan decayedAt;

    public int Count => known.Count;

    public Reputation Connect(PeerId peer, Origin origin)
    {
        if (!known.TryGetValue(peer, out Reputation? reputation)) known.Add(peer, reputation = new Reputation(peer, parameters, stirred));
        (reputation.IsConnected, reputation.Origin) = (true, origin);
        if (origin.IsKnown) origins[origin] = origins.GetValueOrDefault(origin) + 1;
        return reputation;
    }

    public void Disconnect(Reputation reputation, TimeSpan now)
    {
        reputation.IsConnected = false;
        if (reputation.Origin.IsKnown && --origins[reputation.Origin] == 0) origins.Remove(reputation.Origin);
        reputation.Leave();
        reputation.RetainedUntil = now + parameters.RetainScore;
        if (reputation.IsClean) known.Remove(reputation.Peer);
        else MakeRoom();
    }

    public double Of(Reputation reputation)
    {
        int surplus = reputation.Origin.IsKnown ? origins.GetValueOrDefault(reputation.Origin) - parameters.IPColocationFactorThreshold : 0;
        return reputation.Compute() + (surplus > 0 ? parameters.IPColocationFactorWeight * surplus * surplus : 0);
    }

    public double? Of(PeerId peer) => known.TryGetValue(peer, out Reputation? reputation) ? Of(reputation) : null;

    /// <summary>Lets counters decay by the whole intervals that passed. What is remembered of the absent doesn't decay: it expires.</summary>
    public void Decay(TimeSpan now)
    {
        double intervals = Math.Floor((now - decayedAt) / parameters.DecayInterval);
        if (intervals < 1) return;
        decayedAt += intervals * parameters.DecayInterval;
        stirred.RemoveAll(reputation => reputation.IsConnected ? !reputation.Decay(intervals, now) : IsForgotten(reputation, now));
    }

    bool IsForgotten(Reputation absent, TimeSpan now)
    {
        if (known.GetValueOrDefault(absent.Peer) != absent) return true; // it was clean, or there were too many
        if (absent.RetainedUntil > now) return false;
        known.Remove(absent.Peer);
        return true;
    }

    void MakeRoom()
    {
        int absent = 0;
        foreach (Reputation reputation in known.Values)
        {
            if (!reputation.IsConnected) absent++;
        }
        if (absent > Limits.RetainedScores) known.Remove(known.Values.Where(reputation => !reputation.IsConnected).MinBy(reputation => reputation.RetainedUntil)!.Peer);
    }
}
