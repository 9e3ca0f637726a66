using Vault.Libp2p.Protobuf;
using Vault.Primitives;

namespace Vault.Libp2p;

/// <summary>libp2p's PublicKey message around an Ed25519 key: the form in which identities travel.</summary>
static class IdentityKey
{
    const ulong Ed25519Type = 1;

    public static byte[] Encode(Ed25519PublicKey key) => new ProtoWriter().Number(1, Ed25519Type).Bytes(2, key.Bytes.ToArray()).ToArray();

    /// <summary>Null for anything but an Ed25519 key.</summary>
    public static Ed25519PublicKey? Decode(ReadOnlySpan<byte> encoded)
    {
        ulong? type = null;
        ReadOnlySpan<byte> data = default;
        ProtoReader reader = new(encoded);
        while (reader.Next())
        {
            if (reader.Field == 1) type = reader.Number;
            else if (reader.Field == 2) data = reader.Bytes;
        }
        return !reader.Malformed && type == Ed25519Type && data.Length == Ed25519PublicKey.Size ? new Ed25519PublicKey(data) : null;
    }
}
