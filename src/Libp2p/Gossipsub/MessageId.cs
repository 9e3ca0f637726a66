using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Vault.Libp2p.Gossipsub;

/// <summary>What a message is called in IHAVE, IWANT and IDONTWANT. Never sent with the message: each side computes it.</summary>
public readonly struct MessageId : IEquatable<MessageId>
{
    /// <summary>from ‖ seqno: the specification's default, and what go-libp2p uses.</summary>
    public static MessageId FromAuthorAndSeqno(Message message) => new([.. message.From.Span, .. message.Seqno.Span]);

    /// <summary>js-libp2p's form: the author's public key in its protobuf (a peer id without the two bytes of its multihash) ‖ seqno.</summary>
    public static MessageId FromKeyAndSeqno(Message message) =>
        new([.. message.From.Span[Math.Min(2, message.From.Length)..], .. message.Seqno.Span]);

    /// <summary>SHA-256 of the data: the same content is the same message, whoever says it and how often.</summary>
    public static MessageId FromData(Message message) => new(SHA256.HashData(message.Data.Span));

    readonly byte[]? bytes;

    public MessageId(byte[] bytes) => this.bytes = bytes;

    public ReadOnlySpan<byte> Bytes => bytes;

    public bool Equals(MessageId other) => bytes.AsSpan().SequenceEqual(other.bytes);
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is MessageId other && Equals(other);

    public override int GetHashCode()
    {
        HashCode hash = new();
        hash.AddBytes(bytes);
        return hash.ToHashCode();
    }

    public override string ToString() => Convert.ToHexStringLower(Bytes);

    public static bool operator ==(MessageId left, MessageId right) => left.Equals(right);
    public static bool operator !=(MessageId left, MessageId right) => !left.Equals(right);
}
