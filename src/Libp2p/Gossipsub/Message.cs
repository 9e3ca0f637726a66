using System.Buffers.Binary;
using Vault.Libp2p.Protobuf;
using Vault.Primitives;

namespace Vault.Libp2p.Gossipsub;

/// <summary>
/// One published message. As read it points into the frame it came in and is not to be trusted; <see cref="Seal"/> gives one that
/// stands alone, whose signature can be checked and which can be kept and forwarded.
/// </summary>
public sealed class Message
{
    const int FromField = 1, DataField = 2, SeqnoField = 3, TopicField = 4, SignatureField = 5, KeyField = 6;

    internal static ReadOnlySpan<byte> SigningDomain => "libp2p-pubsub:"u8;

    // SigningDomain ‖ canonical encoding. What is signed is a prefix of it, as signature and key have the highest tags.
    byte[]? sealedBytes;
    int signedLength;

    /// <summary>The author's peer id as bytes; empty where the field was absent.</summary>
    public ReadOnlyMemory<byte> From { get; private init; }

    public ReadOnlyMemory<byte> Data { get; private init; }
    public ReadOnlyMemory<byte> Seqno { get; private init; }
    public string Topic { get; private init; } = "";
    public ReadOnlyMemory<byte> Signature { get; private init; }

    /// <summary>The author's public key in its protobuf; needed only for ids that don't contain the key.</summary>
    public ReadOnlyMemory<byte> Key { get; private init; }

    // An empty data field and an absent one sign differently.
    bool HasData { get; init; }

    /// <summary>The author, if the from field is a peer id at all.</summary>
    public PeerId? Author => PeerId.FromBytes(From.Span);

    /// <summary>The canonical bytes that travel.</summary>
    internal ReadOnlyMemory<byte> Encoded => Sealed.AsMemory(SigningDomain.Length);

    byte[] Sealed => sealedBytes ?? Seal().Sealed;

    public static Message Sign(Ed25519Key author, ulong seqno, string topic, ReadOnlySpan<byte> data)
    {
        byte[] number = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(number, seqno);
        byte[] from = PeerId.From(author.Public).Bytes.ToArray();
        Message unsigned = new Message { From = from, Data = data.ToArray(), HasData = true, Seqno = number, Topic = topic }.Seal();
        return new Message
        {
            From = from, Data = unsigned.Data, HasData = true, Seqno = number, Topic = topic,
            Signature = author.Sign(unsigned.Sealed.AsSpan(0, unsigned.signedLength)),
        }.Seal();
    }

    /// <summary>
    /// A copy in canonical form, free of the frame it came in. For a well-made message these are the very bytes received; padding
    /// that a relay added outside the signature is gone.
    /// </summary>
    internal Message Seal()
    {
        ProtoWriter writer = new(SigningDomain.Length + From.Length + Data.Length + Signature.Length + Key.Length + Topic.Length + 32);
        writer.Raw(SigningDomain);
        if (!From.IsEmpty) writer.Bytes(FromField, From.Span);
        if (HasData) writer.Bytes(DataField, Data.Span);
        if (!Seqno.IsEmpty) writer.Bytes(SeqnoField, Seqno.Span);
        if (Topic.Length > 0) writer.Text(TopicField, Topic);
        int signed = writer.Length;
        if (!Signature.IsEmpty) writer.Bytes(SignatureField, Signature.Span);
        if (!Key.IsEmpty) writer.Bytes(KeyField, Key.Span);
        byte[] bytes = writer.ToArray();
        Message message = Read(bytes.AsMemory(SigningDomain.Length)) ?? throw new InvalidOperationException("A message past its limits can't be sealed.");
        message.sealedBytes = bytes;
        message.signedLength = signed;
        return message;
    }

    /// <summary>Strict signing: author, sequence number and signature must be there, the key must be the author's, the signature good.</summary>
    internal bool IsAuthentic()
    {
        if (sealedBytes is null) throw new InvalidOperationException("Only a sealed message can be checked.");
        if (Seqno.Length != 8 || Author?.Key is not { } key) return false;
        if (!Key.IsEmpty && !Key.Span.SequenceEqual(From.Span[2..])) return false;
        return key.Verify(Sealed.AsSpan(0, signedLength), Signature.Span);
    }

    /// <summary>Null for malformed bytes.</summary>
    internal static Message? Read(ReadOnlyMemory<byte> encoded)
    {
        if (encoded.Length > Limits.MessageSize) return null;
        ReadOnlyMemory<byte> from = default, data = default, seqno = default, signature = default, key = default;
        string topic = "";
        bool hasData = false;
        ProtoReader reader = new(encoded.Span);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case FromField when reader.IsBytes: from = encoded[reader.Range]; break;
                case DataField when reader.IsBytes: (data, hasData) = (encoded[reader.Range], true); break;
                case SeqnoField when reader.IsBytes: seqno = encoded[reader.Range]; break;
                case TopicField when reader.IsBytes: topic = reader.Text(Limits.TopicSize); break;
                case SignatureField when reader.IsBytes: signature = encoded[reader.Range]; break;
                case KeyField when reader.IsBytes: key = encoded[reader.Range]; break;
            }
        }
        if (reader.Malformed) return null;
        return new Message { From = from, Data = data, HasData = hasData, Seqno = seqno, Topic = topic, Signature = signature, Key = key };
    }
}
