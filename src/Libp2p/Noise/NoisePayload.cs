using System.Text;
using Vault.Libp2p.Protobuf;
using Vault.Primitives;

namespace Vault.Libp2p.Noise;

/// <summary>
/// What libp2p says inside the handshake: who we are, our signature over the handshake's static key, and the muxers we speak
/// (which saves negotiating one afterwards).
/// </summary>
sealed record NoisePayload(Ed25519PublicKey Identity, IReadOnlyList<string> Muxers)
{
    /// <summary>More muxers than exist; what lies beyond is not looked at.</summary>
    const int MaxMuxers = 16;

    static ReadOnlySpan<byte> SignatureDomain => "noise-libp2p-static-key:"u8;

    public static byte[] Encode(Ed25519Key identity, Hash32 staticKey, IReadOnlyList<string> muxers)
    {
        ProtoWriter extensions = new();
        foreach (string muxer in muxers) extensions.Text(2, muxer);
        ProtoWriter payload = new ProtoWriter()
            .Bytes(1, IdentityKey.Encode(identity.Public))
            .Bytes(2, identity.Sign(Signed(staticKey)));
        if (muxers.Count > 0) payload.Message(4, extensions);
        return payload.ToArray();
    }

    /// <summary>Checks the signature over the static key that the handshake proved; a ProtocolException when the payload proves nothing.</summary>
    public static NoisePayload Verify(ReadOnlySpan<byte> encoded, Hash32 remoteStatic)
    {
        Ed25519PublicKey? identity = null;
        ReadOnlySpan<byte> signature = default;
        List<string> muxers = [];
        ProtoReader reader = new(encoded);
        while (reader.Next())
        {
            if (!reader.IsBytes) continue;
            if (reader.Field == 1) identity = IdentityKey.Decode(reader.Bytes);
            else if (reader.Field == 2) signature = reader.Bytes;
            else if (reader.Field == 4) ReadExtensions(reader.Bytes, muxers);
        }
        if (reader.Malformed) throw new ProtocolException("The Noise payload is malformed.");
        if (identity is not { } key) throw new ProtocolException("The peer's identity is missing, or not an Ed25519 key.");
        if (!key.Verify(Signed(remoteStatic), signature)) throw new ProtocolException("The peer's identity didn't sign its Noise key.");
        return new NoisePayload(key, muxers);
    }

    static void ReadExtensions(ReadOnlySpan<byte> encoded, List<string> muxers)
    {
        ProtoReader reader = new(encoded);
        while (reader.Next())
            if (reader.Field == 2 && reader.IsBytes && muxers.Count < MaxMuxers) muxers.Add(Encoding.UTF8.GetString(reader.Bytes));
        if (reader.Malformed) throw new ProtocolException("The Noise payload's extensions are malformed.");
    }

    static byte[] Signed(Hash32 staticKey) => [.. SignatureDomain, .. staticKey.ToArray()];
}
