using System.Security.Cryptography;
using System.Text;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Chat;

/// <summary>
/// What a header calls a room: a keyed hash of its name under one epoch's secrets. Readers find the name in the body; to others
/// two tags are the same room or not, and nothing more.
/// </summary>
public readonly record struct RoomTag
{
    public const int Size = 16;

    readonly UInt128 value;

    public RoomTag(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size) throw new ArgumentException("A room's tag has exactly 16 bytes.", nameof(bytes));
        value = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    public static RoomTag Of(SecretEpoch epoch, string room)
    {
        Span<byte> tag = stackalloc byte[Hash32.Size];
        HmacSha256.Hash(epoch.Room.Span, [.. "vault/v1/chat-room-tag"u8, .. Encoding.UTF8.GetBytes(room)], tag);
        return new RoomTag(tag[..Size]);
    }

    public void CopyTo(Span<byte> destination) => System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(destination, value);

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
