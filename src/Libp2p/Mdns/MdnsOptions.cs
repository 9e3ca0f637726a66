namespace Vault.Libp2p.Mdns;

/// <summary>How a node looks for others on its own networks.</summary>
public sealed record MdnsOptions
{
    /// <summary>Connect to whom is found. Without it their addresses are only remembered.</summary>
    public bool Dial { get; init; } = true;

    /// <summary>
    /// In a private network use the name of public ones all the same: other implementations know no other unless told. Who is
    /// found under it may be of any network.
    /// </summary>
    public bool CommonName { get; init; }

    /// <summary>Off in tests that say themselves who was found, and want no sockets.</summary>
    internal bool Speaks { get; init; } = true;
}
