using System.Diagnostics.CodeAnalysis;
using Vault.Primitives;

namespace Vault.Blocks;

/// <summary>The name of a block: the SHA-256 of all its bytes. Shown as a CIDv1 (raw, sha2-256): bafkrei….</summary>
public readonly record struct BlockId(Hash32 Hash) : IComparable<BlockId>
{
    public const int Size = Hash32.Size;

    static ReadOnlySpan<byte> CidPrefix => [0x01, 0x55, 0x12, 0x20]; // CID version 1, raw bytes, sha2-256, 32 bytes

    public BlockId(ReadOnlySpan<byte> bytes) : this(new Hash32(bytes)) { }

    public static BlockId Of(ReadOnlySpan<byte> block) => new(Hash32.Of(block));

    public void CopyTo(Span<byte> destination) => Hash.CopyTo(destination);

    public override string ToString()
    {
        Span<byte> cid = stackalloc byte[CidPrefix.Length + Size];
        CidPrefix.CopyTo(cid);
        CopyTo(cid[CidPrefix.Length..]);
        return "b" + Base32.Encode(cid);
    }

    /// <summary>Reads the CID form, and the plain 64 hex digits.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out BlockId id)
    {
        id = default;
        if (text is null) return false;
        if (Hash32.TryParse(text, out Hash32 hash))
        {
            id = new BlockId(hash);
            return true;
        }
        if (text.Length != 59 || text[0] != 'b' || Base32.Decode(text.AsSpan(1)) is not { } cid) return false;
        if (!cid.AsSpan().StartsWith(CidPrefix)) return false;
        id = new BlockId(cid.AsSpan(CidPrefix.Length));
        return true;
    }

    public int CompareTo(BlockId other) => Hash.CompareTo(other.Hash);
    public static bool operator <(BlockId left, BlockId right) => left.CompareTo(right) < 0;
    public static bool operator >(BlockId left, BlockId right) => left.CompareTo(right) > 0;
    public static bool operator <=(BlockId left, BlockId right) => left.CompareTo(right) <= 0;
    public static bool operator >=(BlockId left, BlockId right) => left.CompareTo(right) >= 0;
}
