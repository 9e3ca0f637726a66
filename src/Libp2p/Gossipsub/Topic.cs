using Vault.Primitives;

namespace Vault.Libp2p.Gossipsub;

/// <summary>A topic of ours: subscribed, filtered, or lately published to.</summary>
internal sealed class Topic(string name)
{
    public string Name { get; } = name;
    public bool IsSubscribed { get; set; }

    /// <summary>Messages wait for the application's verdict.</summary>
    public bool IsValidated { get; set; }

    /// <summary>Who may know of this topic; null for everyone.</summary>
    public Func<PeerId, bool>? Filter { get; set; }

    public HashSet<Peer> Mesh { get; } = [];

    /// <summary>Where own messages go while we aren't subscribed and don't flood.</summary>
    public HashSet<Peer> Fanout { get; } = [];
    public TimeSpan LastPublished { get; set; }

    public bool Admits(PeerId peer) => Filter is null || Filter(peer);

    public bool IsIdle => !IsSubscribed && Filter is null && Fanout.Count == 0;
}
