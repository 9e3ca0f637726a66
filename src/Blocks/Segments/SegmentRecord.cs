using System.Buffers.Binary;
using System.Security.Cryptography;
using Vault.Identity;

namespace Vault.Blocks;

/// <summary>
/// The form of a segment file: 16 bytes that say what it is, then records. A record is a header of 64 bytes and a block: "VSR1",
/// the block's length (big-endian), the vault's tag, the block's id, and the first 8 bytes of the SHA-256 of these 56. So whoever has
/// lost the index finds the records again, and the block behind each proves itself by its id.
/// </summary>
static class SegmentRecord
{
    public const int HeaderSize = 64;

    const int LengthAt = 4, TagAt = 8, IdAt = TagAt + VaultTag.Size, CheckAt = IdAt + BlockId.Size;

    /// <summary>How a segment begins.</summary>
    public static ReadOnlySpan<byte> FileHeader => "vault segment 1\n"u8;

    /// <summary>How a record begins.</summary>
    public static ReadOnlySpan<byte> Mark => "VSR1"u8;

    public static void WriteHeader(Span<byte> header, BlockPlace place, int length)
    {
        Mark.CopyTo(header);
        BinaryPrimitives.WriteInt32BigEndian(header[LengthAt..], length);
        place.Vault.CopyTo(header[TagAt..]);
        place.Id.CopyTo(header[IdAt..]);
        Check(header, header[CheckAt..HeaderSize]);
    }

    public static bool TryReadHeader(ReadOnlySpan<byte> header, out BlockPlace place, out int length)
    {
        (place, length) = (default, 0);
        if (header.Length < HeaderSize || !header.StartsWith(Mark)) return false;
        Span<byte> check = stackalloc byte[HeaderSize - CheckAt];
        Check(header, check);
        if (!check.SequenceEqual(header[CheckAt..HeaderSize])) return false;
        length = BinaryPrimitives.ReadInt32BigEndian(header[LengthAt..]);
        if (length is < BlockHeader.Size or > Limits.MaxBlock) return false;
        place = new BlockPlace(new VaultTag(header.Slice(TagAt, VaultTag.Size)), new BlockId(header.Slice(IdAt, BlockId.Size)));
        return true;
    }

    static void Check(ReadOnlySpan<byte> header, Span<byte> check)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(header[..CheckAt], hash);
        hash[..check.Length].CopyTo(check);
    }
}
