using System.Text;
using Vault.Libp2p.Protobuf;
using Vault.Primitives;

namespace Vault.Libp2p.Records;

/// <summary>libp2p's signed envelope: a payload that its author signed for one purpose, the domain, and no other.</summary>
sealed record SignedEnvelope(Ed25519PublicKey Author, byte[] PayloadType, byte[] Payload, byte[] Signature)
{
    public static SignedEnvelope Seal(Ed25519Key author, string domain, ReadOnlySpan<byte> payloadType, ReadOnlySpan<byte> payload) =>
        new(author.Public, payloadType.ToArray(), payload.ToArray(), author.Sign(Signed(domain, payloadType, payload)));

    /// <summary>Null for what is malformed, of another type, or not signed by its author for this domain.</summary>
    public static SignedEnvelope? Open(ReadOnlySpan<byte> encoded, string domain, ReadOnlySpan<byte> payloadType)
    {
        Ed25519PublicKey? author = null;
        ReadOnlySpan<byte> type = default, payload = default, signature = default;
        ProtoReader reader = new(encoded);
        while (reader.Next())
        {
            if (reader.Field == 1) author = IdentityKey.Decode(reader.Bytes);
            else if (reader.Field == 2) type = reader.Bytes;
            else if (reader.Field == 3) payload = reader.Bytes;
            else if (reader.Field == 5) signature = reader.Bytes;
        }
        if (reader.Malformed || author is not { } key || !type.SequenceEqual(payloadType)) return null;
        if (!key.Verify(Signed(domain, type, payload), signature)) return null;
        return new SignedEnvelope(key, type.ToArray(), payload.ToArray(), signature.ToArray());
    }

    public byte[] Encode() => new ProtoWriter().Bytes(1, IdentityKey.Encode(Author)).Bytes(2, PayloadType).Bytes(3, Payload).Bytes(5, Signature).ToArray();

    static byte[] Signed(string domain, ReadOnlySpan<byte> type, ReadOnlySpan<byte> payload) =>
        [.. Prefixed(Encoding.UTF8.GetBytes(domain)), .. Prefixed(type), .. Prefixed(payload)];

    static byte[] Prefixed(ReadOnlySpan<byte> value)
    {
        byte[] prefixed = new byte[Varint.SizeOf((ulong)value.Length) + value.Length];
        value.CopyTo(prefixed.AsSpan(Varint.Write(prefixed, (ulong)value.Length)));
        return prefixed;
    }
}
