namespace Vault.Libp2p.Gossipsub;

/// <summary>
/// The weights, decays and thresholds of peer scoring, under the specification's names. Decays are factors per
/// <see cref="DecayInterval"/>. The values are meant for small private swarms whose topics are silent for hours: what is wrong costs
/// at once and is forgiven in minutes, silence costs nothing.
/// </summary>
public sealed record ScoreParameters
{
    /// <summary>Below: no gossip to the peer, and none taken from it.</summary>
    public double GossipThreshold { get; init; } = -10;

    /// <summary>Below: own messages aren't sent to it.</summary>
    public double PublishThreshold { get; init; } = -50;

    /// <summary>Below: nothing it sends is read.</summary>
    public double GraylistThreshold { get; init; } = -80;

    /// <summary>From here on the peers it offers are believed.</summary>
    public double AcceptPXThreshold { get; init; } = 4;

    /// <summary>A mesh whose median is below looks for better peers. Reached by a minute of quiet membership and a few first deliveries.</summary>
    public double OpportunisticGraftThreshold { get; init; } = 1;

    public TimeSpan DecayInterval { get; init; } = TimeSpan.FromSeconds(1);
    public double DecayToZero { get; init; } = 0.01;
    public TimeSpan RetainScore { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The most that topics together can add; 0 for no cap. So no stock of good deeds outweighs a ban.</summary>
    public double TopicScoreCap { get; init; } = 10;

    /// <summary>P5, what the application thinks of the peer.</summary>
    public double AppSpecificWeight { get; init; } = 1;

    /// <summary>P6, peers beyond the threshold that share an origin, squared.</summary>
    public double IPColocationFactorWeight { get; init; } = -5;
    public int IPColocationFactorThreshold { get; init; } = 10;

    /// <summary>P7, misbehaviour beyond the threshold, squared. The threshold forgives what loss and restarts make an honest peer do.</summary>
    public double BehaviourPenaltyWeight { get; init; } = -10;
    public double BehaviourPenaltyThreshold { get; init; } = 4;
    public double BehaviourPenaltyDecay { get; init; } = 0.95;

    /// <summary>For every topic that has none of its own.</summary>
    public TopicScoreParameters Topic { get; init; } = new();

    public IReadOnlyDictionary<string, TopicScoreParameters> Topics { get; init; } = new Dictionary<string, TopicScoreParameters>();

    internal TopicScoreParameters Of(string topic) => Topics.GetValueOrDefault(topic, Topic);

    internal void Check()
    {
        bool ordered = GossipThreshold < 0 && PublishThreshold <= GossipThreshold && GraylistThreshold < PublishThreshold
            && AcceptPXThreshold >= 0 && OpportunisticGraftThreshold >= 0;
        if (!ordered) throw new ArgumentException("Thresholds must satisfy graylist < publish ≤ gossip < 0 ≤ acceptPX, opportunistic.");
        if (IPColocationFactorWeight > 0 || BehaviourPenaltyWeight > 0) throw new ArgumentException("P6 and P7 are penalties: their weights can't be positive.");
        if (IPColocationFactorThreshold < 1) throw new ArgumentException("One peer per origin is always allowed.");
        if (DecayInterval <= TimeSpan.Zero) throw new ArgumentException("Decay must have an interval.");
    }
}

/// <summary>P1 to P4 of one topic.</summary>
public sealed record TopicScoreParameters
{
    public double TopicWeight { get; init; } = 1;

    /// <summary>P1: at most 3, after five minutes.</summary>
    public double TimeInMeshWeight { get; init; } = 0.01;
    public TimeSpan TimeInMeshQuantum { get; init; } = TimeSpan.FromSeconds(1);
    public double TimeInMeshCap { get; init; } = 300;

    /// <summary>P2: at most 5, for fifty messages that this peer brought first.</summary>
    public double FirstMessageDeliveriesWeight { get; init; } = 0.1;
    public double FirstMessageDeliveriesDecay { get; init; } = 0.99;
    public double FirstMessageDeliveriesCap { get; init; } = 50;

    /// <summary>P3: off, because it needs to know how many messages to expect.</summary>
    public double MeshMessageDeliveriesWeight { get; init; }
    public double MeshMessageDeliveriesDecay { get; init; } = 0.97;
    public double MeshMessageDeliveriesThreshold { get; init; } = 5;
    public double MeshMessageDeliveriesCap { get; init; } = 50;
    public TimeSpan MeshMessageDeliveriesActivation { get; init; } = TimeSpan.FromSeconds(30);
    public TimeSpan MeshMessageDeliveryWindow { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>P3b: off with P3.</summary>
    public double MeshFailurePenaltyWeight { get; init; }
    public double MeshFailurePenaltyDecay { get; init; } = 0.97;

    /// <summary>P4: the third invalid message within a minute bans.</summary>
    public double InvalidMessageDeliveriesWeight { get; init; } = -10;
    public double InvalidMessageDeliveriesDecay { get; init; } = 0.99;

    internal bool ScoresMeshDeliveries => MeshMessageDeliveriesWeight != 0 || MeshFailurePenaltyWeight != 0;
}
