namespace Vault.Libp2p.Gossipsub;

/// <summary>What a peer's pubsub stream was negotiated as.</summary>
public enum Protocol
{
    /// <summary>No mesh, no gossip: gets every message of its topics.</summary>
    Floodsub,
    Gossip10,
    Gossip11,
    /// <summary>Understands IDONTWANT.</summary>
    Gossip12,
}

/// <summary>The protocols by the names that streams are negotiated with.</summary>
public static class ProtocolIds
{
    public const string Gossip12 = "/meshsub/1.2.0", Gossip11 = "/meshsub/1.1.0", Gossip10 = "/meshsub/1.0.0", Floodsub = "/floodsub/1.0.0";

    /// <summary>What to offer and accept, best first. Floodsub isn't among them: its peers cost a copy of everything each.</summary>
    public static IReadOnlyList<string> Preferred { get; } = [Gossip12, Gossip11, Gossip10];

    public static Protocol? Find(string id) => id switch
    {
        Gossip12 => Protocol.Gossip12,
        Gossip11 => Protocol.Gossip11,
        Gossip10 => Protocol.Gossip10,
        Floodsub => Protocol.Floodsub,
        _ => null,
    };
}
