using Vault.Primitives;

namespace Vault.Libp2p.Gossipsub;

/// <summary>What one peer did, from which its score is computed. Outlives the connection unless it is clean.</summary>
/// <param name="stirred">It puts itself here when there is something in it that decays.</param>
internal sealed class Reputation(PeerId peer, ScoreParameters parameters, List<Reputation> stirred)
{
    sealed class Record
    {
        public bool InMesh;
        public TimeSpan GraftedAt, MeshTime;
        public bool DeliveriesActive;
        public double First, Mesh, Failure, Invalid;

        public bool IsBlank => !InMesh && First == 0 && Mesh == 0 && Failure == 0 && Invalid == 0;
    }

    readonly Dictionary<string, Record> topics = [];
    bool isStirred;

    public PeerId Peer { get; } = peer;
    public Origin Origin { get; set; }
    public bool IsConnected { get; set; }
    public TimeSpan RetainedUntil { get; set; }

    /// <summary>P5.</summary>
    public double Application { get; set; }

    /// <summary>P7's counter.</summary>
    public double Misbehaviour { get; private set; }

    /// <summary>Nothing bad is on record. However good the rest is: else a peer could shed a bad record by reconnecting while it is liked.</summary>
    public bool IsClean => Misbehaviour == 0 && topics.Values.All(record => record.Failure == 0 && record.Invalid == 0);

    public void Penalise(double amount)
    {
        Misbehaviour += amount;
        Stir();
    }

    public void Graft(string topic, TimeSpan now)
    {
        Record record = Of(topic);
        (record.InMesh, record.GraftedAt, record.MeshTime, record.DeliveriesActive) = (true, now, TimeSpan.Zero, false);
    }

    public void Prune(string topic)
    {
        Record record = Of(topic);
        if (record.InMesh) record.Failure += Square(Deficit(record, parameters.Of(topic)));
        record.InMesh = false;
    }

    public void CountFirstDelivery(string topic)
    {
        Record record = Of(topic);
        record.First = Math.Min(record.First + 1, parameters.Of(topic).FirstMessageDeliveriesCap);
        CountMeshDelivery(topic);
    }

    /// <summary>The message was first or nearly so (P3).</summary>
    public void CountMeshDelivery(string topic)
    {
        Record record = Of(topic);
        if (record.InMesh) record.Mesh = Math.Min(record.Mesh + 1, parameters.Of(topic).MeshMessageDeliveriesCap);
    }

    public void CountInvalid(string topic) => Of(topic).Invalid++;

    /// <summary>All but P6, which depends on the others of the same origin.</summary>
    public double Compute()
    {
        double sum = 0;
        foreach ((string topic, Record record) in topics) sum += parameters.Of(topic).TopicWeight * Compute(record, parameters.Of(topic));
        if (parameters.TopicScoreCap > 0) sum = Math.Min(sum, parameters.TopicScoreCap);
        double excess = Math.Max(0, Misbehaviour - parameters.BehaviourPenaltyThreshold);
        return sum + parameters.AppSpecificWeight * Application + parameters.BehaviourPenaltyWeight * Square(excess);
    }

    static double Compute(Record record, TopicScoreParameters p)
    {
        double timeInMesh = record.InMesh ? Math.Min(record.MeshTime / p.TimeInMeshQuantum, p.TimeInMeshCap) : 0;
        return p.TimeInMeshWeight * timeInMesh
            + p.FirstMessageDeliveriesWeight * record.First
            + p.MeshMessageDeliveriesWeight * Square(Deficit(record, p))
            + p.MeshFailurePenaltyWeight * record.Failure
            + p.InvalidMessageDeliveriesWeight * Square(record.Invalid);
    }

    /// <summary>False when nothing is left that decays.</summary>
    public bool Decay(double intervals, TimeSpan now)
    {
        foreach ((string topic, Record record) in topics)
        {
            TopicScoreParameters p = parameters.Of(topic);
            record.First = Decayed(record.First, p.FirstMessageDeliveriesDecay, intervals);
            record.Mesh = Decayed(record.Mesh, p.MeshMessageDeliveriesDecay, intervals);
            record.Failure = Decayed(record.Failure, p.MeshFailurePenaltyDecay, intervals);
            record.Invalid = Decayed(record.Invalid, p.InvalidMessageDeliveriesDecay, intervals);
            if (record.InMesh)
            {
                record.MeshTime = now - record.GraftedAt;
                if (record.MeshTime > p.MeshMessageDeliveriesActivation) record.DeliveriesActive = true;
            }
            if (record.IsBlank) topics.Remove(topic);
        }
        Misbehaviour = Decayed(Misbehaviour, parameters.BehaviourPenaltyDecay, intervals);
        return isStirred = Misbehaviour != 0 || topics.Count > 0;
    }

    /// <summary>The peer left: it stays answerable for what it did wrong, not entitled to what it did well.</summary>
    public void Leave()
    {
        foreach ((string topic, Record record) in topics)
        {
            record.First = 0;
            Prune(topic);
        }
    }

    double Decayed(double value, double factor, double intervals)
    {
        if (value == 0) return 0;
        value *= Math.Pow(factor, intervals);
        return value < parameters.DecayToZero ? 0 : value;
    }

    Record Of(string topic)
    {
        if (topics.TryGetValue(topic, out Record? record)) return record;
        topics.Add(topic, record = new Record());
        Stir();
        return record;
    }

    void Stir()
    {
        if (isStirred) return;
        isStirred = true;
        stirred.Add(this);
    }

    static double Deficit(Record record, TopicScoreParameters p) =>
        record.InMesh && record.DeliveriesActive ? Math.Max(0, p.MeshMessageDeliveriesThreshold - record.Mesh) : 0;

    static double Square(double value) => value * value;
}
