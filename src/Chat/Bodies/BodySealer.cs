using System.Buffers.Binary;
using System.Security.Cryptography;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Chat;

/// <summary>
/// Seals bodies under the key of their room and epoch, and opens them. The place in the chain is authenticated with them: a
/// body can't be moved to another message. Safe for use from several threads.
/// </summary>
public sealed class BodySealer(VaultKeys keys, RandomSource random)
{
    const int NonceSize = XChaCha20Poly1305.NonceSize, TagSize = XChaCha20Poly1305.TagSize;

    /// <summary>Bodies are filled up to a multiple of this, so that a storing machine can't tell a yes from a no by its length.</summary>
    const int Grain = 64;

    public byte[] Seal(SecretEpoch epoch, RoomTag room, FeedId feed, ulong sequence, MessageBody body)
    {
        byte[] plain = body.Encode();
        byte[] padded = new byte[(2 + plain.Length + Grain - 1) / Grain * Grain];
        BinaryPrimitives.WriteUInt16BigEndian(padded, (ushort)plain.Length);
        plain.CopyTo(padded, 2);
        byte[] sealedBody = new byte[NonceSize + padded.Length + TagSize];
        random.Fill(sealedBody.AsSpan(0, NonceSize));
        Span<byte> key = stackalloc byte[XChaCha20Poly1305.KeySize];
        DeriveKey(epoch, room, key);
        XChaCha20Poly1305.Encrypt(key, sealedBody.AsSpan(0, NonceSize), padded, Place(feed, sequence), sealedBody.AsSpan(NonceSize));
        CryptographicOperations.ZeroMemory(key);
        return sealedBody;
    }

    /// <summary>Null when this device lacks the epoch's read secret, or the body isn't what its author should have sealed.</summary>
    public MessageBody? Open(MessageHeader header, ReadOnlySpan<byte> sealedBody)
    {
        if (keys.Epoch(header.Epoch) is not { CanRead: true } epoch || sealedBody.Length < NonceSize + TagSize + Grain) return null;
        byte[] padded = new byte[sealedBody.Length - NonceSize - TagSize];
        Span<byte> key = stackalloc byte[XChaCha20Poly1305.KeySize];
        DeriveKey(epoch, header.Room, key);
        bool opened = XChaCha20Poly1305.TryDecrypt(key, sealedBody[..NonceSize], sealedBody[NonceSize..], Place(header.Feed, header.Sequence), padded);
        CryptographicOperations.ZeroMemory(key);
        if (!opened) return null;
        int length = BinaryPrimitives.ReadUInt16BigEndian(padded), filled = (2 + length + Grain - 1) / Grain * Grain;
        if (padded.Length != filled || padded.AsSpan(2 + length).IndexOfAnyExcept((byte)0) >= 0) return null;
        MessageBody? body = MessageBody.Parse(padded.AsSpan(2, length));
        return body != null && RoomTag.Of(epoch, body.Room) == header.Room && body.Witness.Committed(Blind(epoch, header.Feed, header.Sequence)) == header.Witness ? body : null;
    }

    /// <summary>What a header says of a witness.</summary>
    public static Hash32 Commit(SecretEpoch epoch, FeedId feed, ulong sequence, Witness witness) => witness.Committed(Blind(epoch, feed, sequence));

    /// <summary>A message's witness with the blind that opens its header's commitment. Null where there is none, or it can't be read here.</summary>
    public ShownWitness? Show(SignedMessage message) =>
        message.Header.Witness != default && message.Body is { } sealedBody && Open(message.Header, sealedBody.Span) is { } body && keys.Epoch(message.Header.Epoch) is { } epoch
            ? new ShownWitness(Blind(epoch, message.Header.Feed, message.Header.Sequence), body.Witness) : null;

    /// <summary>Of one message alone, and derived, so that it takes no room: to show it gives nothing else away.</summary>
    static byte[] Blind(SecretEpoch epoch, FeedId feed, ulong sequence) => HmacSha256.Hash(epoch.Room.Span, [.. "vault/v1/chat-witness-blind"u8, .. Place(feed, sequence)]);

    static void DeriveKey(SecretEpoch epoch, RoomTag room, Span<byte> key)
    {
        ReadOnlySpan<byte> label = "vault/v1/chat-room-key"u8;
        Span<byte> input = stackalloc byte[label.Length + RoomTag.Size];
        label.CopyTo(input);
        room.CopyTo(input[label.Length..]);
        HmacSha256.Hash(epoch.Room.Span, input, key);
    }

    static byte[] Place(FeedId feed, ulong sequence)
    {
        byte[] place = new byte[FeedId.Size + sizeof(ulong)];
        feed.CopyTo(place);
        BinaryPrimitives.WriteUInt64BigEndian(place.AsSpan(FeedId.Size), sequence);
        return place;
    }
}
