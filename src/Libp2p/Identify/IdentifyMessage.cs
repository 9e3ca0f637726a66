using System.Text;
using Vault.Libp2p.Multiaddrs;
using Vault.Libp2p.Protobuf;
using Vault.Primitives;

namespace Vault.Libp2p.Identify;

/// <summary>What a peer says about itself. A field that a message lacks is null: in a push, that means unchanged.</summary>
sealed record IdentifyMessage
{
    /// <summary>More of either than any node has; the rest of a longer list is ignored.</summary>
    const int MaxAddresses = 64, MaxProtocols = 256;

    public Ed25519PublicKey? PublicKey { get; init; }
    public IReadOnlyList<Multiaddr>? ListenAddresses { get; init; }
    public IReadOnlyList<string>? Protocols { get; init; }
    public Multiaddr? ObservedAddress { get; init; }
    public string? ProtocolVersion { get; init; }
    public string? Agent { get; init; }
    public byte[]? SignedPeerRecord { get; init; }

    public ProtoWriter Encode()
    {
        ProtoWriter writer = new();
        if (PublicKey is { } key) writer.Bytes(1, IdentityKey.Encode(key));
        foreach (Multiaddr address in ListenAddresses ?? []) writer.Bytes(2, address.Bytes);
        foreach (string protocol in Protocols ?? []) writer.Text(3, protocol);
        if (ObservedAddress is not null) writer.Bytes(4, ObservedAddress.Bytes);
        if (ProtocolVersion is not null) writer.Text(5, ProtocolVersion);
        if (Agent is not null) writer.Text(6, Agent);
        if (SignedPeerRecord is not null) writer.Bytes(8, SignedPeerRecord);
        return writer;
    }

    /// <summary>Null for bytes that aren't protobuf. An address that we can't read is skipped, the rest kept.</summary>
    public static IdentifyMessage? Decode(ReadOnlySpan<byte> encoded)
    {
        List<Multiaddr>? addresses = null;
        List<string>? protocols = null;
        IdentifyMessage message = new();
        ProtoReader reader = new(encoded);
        while (reader.Next())
        {
            if (!reader.IsBytes) continue;
            switch (reader.Field)
            {
                case 1: message = message with { PublicKey = IdentityKey.Decode(reader.Bytes) }; break;
                case 2:
                    addresses ??= [];
                    if (addresses.Count < MaxAddresses && Multiaddr.FromBytes(reader.Bytes)?.WithoutPeer() is { } address) addresses.Add(address);
                    break;
                case 3:
                    protocols ??= [];
                    if (protocols.Count < MaxProtocols) protocols.Add(Encoding.UTF8.GetString(reader.Bytes));
                    break;
                case 4: message = message with { ObservedAddress = Multiaddr.FromBytes(reader.Bytes)?.WithoutPeer() }; break;
                case 5: message = message with { ProtocolVersion = Encoding.UTF8.GetString(reader.Bytes) }; break;
                case 6: message = message with { Agent = Encoding.UTF8.GetString(reader.Bytes) }; break;
                case 8: message = message with { SignedPeerRecord = reader.Bytes.ToArray() }; break;
            }
        }
        return reader.Malformed ? null : message with { ListenAddresses = addresses, Protocols = protocols };
    }

    /// <summary>What is known after <paramref name="later"/>: its fields where it has them.</summary>
    public IdentifyMessage Merge(IdentifyMessage later) => new()
    {
        PublicKey = later.PublicKey ?? PublicKey,
        ListenAddresses = later.ListenAddresses ?? ListenAddresses,
        Protocols = later.Protocols ?? Protocols,
        ObservedAddress = later.ObservedAddress ?? ObservedAddress,
        ProtocolVersion = later.ProtocolVersion ?? ProtocolVersion,
        Agent = later.Agent ?? Agent,
        SignedPeerRecord = later.SignedPeerRecord ?? SignedPeerRecord,
    };

    /// <summary>The next part of one announcement that was cut into several messages: lists go on, single values are replaced.</summary>
    public IdentifyMessage Append(IdentifyMessage part) => Merge(part) with
    {
        ListenAddresses = Join(ListenAddresses, part.ListenAddresses),
        Protocols = Join(Protocols, part.Protocols),
    };

    static IReadOnlyList<T>? Join<T>(IReadOnlyList<T>? first, IReadOnlyList<T>? second) =>
        first is null ? second : second is null ? first : [.. first, .. second];
}
