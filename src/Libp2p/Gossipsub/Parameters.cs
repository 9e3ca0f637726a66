namespace Vault.Libp2p.Gossipsub;

/// <summary>What tunes the mesh, under the specification's own names and with its recommended values.</summary>
public sealed record Parameters
{
    /// <summary>How many mesh peers to aim for.</summary>
    public int D { get; init; } = 6;

    /// <summary>Fewer are filled up to D.</summary>
    public int Dlo { get; init; } = 4;

    /// <summary>More are pruned down to D.</summary>
    public int Dhi { get; init; } = 12;

    /// <summary>How many of those kept in a pruning are chosen by score.</summary>
    public int Dscore { get; init; } = 4;

    /// <summary>How many mesh peers must be ones that we dialed, so that those who dial us can't fill the mesh. Below Dlo and at most D/2.</summary>
    public int Dout { get; init; } = 2;

    /// <summary>The least number of peers to gossip to.</summary>
    public int Dlazy { get; init; } = 6;

    /// <summary>The share of eligible peers to gossip to, where that is more than Dlazy.</summary>
    public double GossipFactor { get; init; } = 0.25;

    /// <summary>Own messages go to every peer of the topic, not only to the mesh.</summary>
    public bool FloodPublish { get; init; } = true;

    /// <summary>A PRUNE for lack of room offers other peers, and offers made to us are passed on. Off: discovery is someone else's job.</summary>
    public bool PeerExchange { get; init; }

    public int ExchangedPeers { get; init; } = 16;

    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Heartbeats for which a message can be asked for.</summary>
    public int HistoryLength { get; init; } = 5;

    /// <summary>Heartbeats in which a message is advertised.</summary>
    public int HistoryGossip { get; init; } = 3;

    /// <summary>
    /// Whether mesh peers are advertised to as well, of messages that they haven't shown to have. Other implementations don't; it is
    /// legal, costs some fifty bytes for each message and mesh peer, and repairs what a queue dropped or what came before the mesh.
    /// </summary>
    public bool AdvertiseToMesh { get; init; } = true;

    public TimeSpan FanoutTtl { get; init; } = TimeSpan.FromSeconds(60);
    public TimeSpan SeenTtl { get; init; } = TimeSpan.FromSeconds(120);
    public TimeSpan PruneBackoff { get; init; } = TimeSpan.FromSeconds(60);
    public TimeSpan UnsubscribeBackoff { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A GRAFT this soon after its PRUNE is a flood and counts twice.</summary>
    public TimeSpan GraftFloodThreshold { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often one peer gets one message by IWANT.</summary>
    public int GossipRetransmissions { get; init; } = 3;

    public int MaxIHaveLength { get; init; } = 5000;
    public int MaxIHaveMessages { get; init; } = 10;

    /// <summary>A message asked for by IWANT that nobody brought by then is a broken promise of the one who advertised it.</summary>
    public TimeSpan IWantFollowup { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Heartbeats between two looks whether the mesh should be bettered.</summary>
    public int OpportunisticGraftTicks { get; init; } = 60;

    public int OpportunisticGraftPeers { get; init; } = 2;

    /// <summary>Messages from this size on are worth an IDONTWANT (1.2): below, the note costs as much as the duplicate.</summary>
    public int IDontWantSize { get; init; } = 1024;

    /// <summary>Heartbeats for which an IDONTWANT holds.</summary>
    public int IDontWantTicks { get; init; } = 3;

    /// <summary>A validator that hasn't answered by then has ignored the message.</summary>
    public TimeSpan ValidationTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A peer that hasn't taken a frame for so long while one was ready is given up.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public ScoreParameters Score { get; init; } = new();

    /// <summary>How messages are named. Both sides must agree, or gossip repairs nothing.</summary>
    public Func<Message, MessageId> IdOf { get; init; } = MessageId.FromAuthorAndSeqno;

    internal void Check()
    {
        bool ordered = Dout < Dlo && Dout <= D / 2 && Dlo <= D && D <= Dhi && Dscore <= D && Dout >= 0;
        if (!ordered) throw new ArgumentException("The mesh degrees must satisfy Dout < Dlo ≤ D ≤ Dhi, Dout ≤ D/2 and Dscore ≤ D.");
        if (HistoryGossip > HistoryLength) throw new ArgumentException("What is advertised must still be there: HistoryGossip ≤ HistoryLength.");
        if (HeartbeatInterval <= TimeSpan.Zero || OpportunisticGraftTicks < 1) throw new ArgumentException("Heartbeats need an interval, and some of them.");
        if (MaxIHaveLength is < 1 or > Limits.QueuedIds) throw new ArgumentException($"What is advertised at once must fit into a peer's queue: MaxIHaveLength ≤ {Limits.QueuedIds}.");
        Score.Check();
    }
}
