using System.Buffers.Binary;
using Vault.Identity;
using Vault.Store;

namespace Vault.Blocks;

/// <summary>
/// Where things lie in the two databases. <c>blocks/</c> has one family (a database that mixes logged and unlogged families
/// can't always be opened again): under 'i' what is known of a block without reading it, and where in the segments its bytes
/// are; under 'b' the bytes of those that aren't there; under 'q' what stood under 'i' of one that was set aside; under 's'
/// how far a segment is indexed. <c>meta/</c> holds what refers to blocks.
/// </summary>
public static class StoreKeys
{
    public static Family Blocks { get; } = new("default");

    public static Family Pins { get; } = new("pins");
    public static Family Condemned { get; } = new("condemned");
    public static Family Quarantine { get; } = new("quarantine");
    public static Family Imports { get; } = new("imports");

    /// <summary>What this project asks of <c>meta/</c>; others add theirs.</summary>
    public static IReadOnlyList<Family> MetaFamilies { get; } = [new("default"), Pins, Condemned, Quarantine, Imports];

    /// <summary>So far from the end of what .NET can count that a span can be added to it.</summary>
    static readonly DateTimeOffset Farthest = new(9000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    internal const byte BytesOf = (byte)'b';
    internal const byte InfoOf = (byte)'i';
    internal const byte AsideOf = (byte)'q';
    internal const byte SegmentOf = (byte)'s';
    internal const int BlockKeySize = 1 + VaultTag.Size + BlockId.Size;

    internal static byte[] BlockKey(byte kind, VaultTag vault, BlockId id)
    {
        byte[] key = new byte[BlockKeySize];
        WriteBlockKey(key, kind, vault, id);
        return key;
    }

    internal static void WriteBlockKey(Span<byte> key, byte kind, VaultTag vault, BlockId id)
    {
        key[0] = kind;
        vault.CopyTo(key[1..]);
        id.CopyTo(key[(1 + VaultTag.Size)..]);
    }

    internal static BlockId IdIn(ReadOnlySpan<byte> key) => new(key.Slice(1 + VaultTag.Size, BlockId.Size));

    internal static byte[] SegmentKey(uint segment)
    {
        byte[] key = new byte[1 + sizeof(uint)];
        key[0] = SegmentOf;
        BinaryPrimitives.WriteUInt32BigEndian(key.AsSpan(1), segment);
        return key;
    }

    internal static byte[] LengthValue(long length)
    {
        byte[] value = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(value, length);
        return value;
    }

    /// <summary>Zero for what is no length: then more is looked at than is needed.</summary>
    internal static long LengthIn(ReadOnlySpan<byte> value) => BinaryPrimitives.TryReadInt64BigEndian(value, out long length) && length > 0 ? length : 0;

    /// <summary>A range of all keys that begin with <paramref name="prefix"/>.</summary>
    internal static (byte[] From, byte[] To) Under(params ReadOnlySpan<byte> prefix)
    {
        byte[] to = prefix.ToArray();
        int last = to.Length - 1;
        while (last >= 0 && to[last] == 0xFF) last--;
        if (last < 0) return (prefix.ToArray(), []);
        to[last]++;
        return (prefix.ToArray(), to[..(last + 1)]);
    }

    internal static (byte[] From, byte[] To) BlocksOf(byte kind, VaultTag vault)
    {
        Span<byte> prefix = stackalloc byte[1 + VaultTag.Size];
        prefix[0] = kind;
        vault.CopyTo(prefix[1..]);
        return Under(prefix);
    }

    internal static (byte[] From, byte[] To) MetaOf(VaultTag vault)
    {
        Span<byte> prefix = stackalloc byte[VaultTag.Size];
        vault.CopyTo(prefix);
        return Under(prefix);
    }

    /// <summary>The key under a vault in the families of <c>meta/</c> that are kept by block.</summary>
    internal static byte[] MetaKey(VaultTag vault, BlockId id)
    {
        byte[] key = new byte[VaultTag.Size + BlockId.Size];
        vault.CopyTo(key);
        id.CopyTo(key.AsSpan(VaultTag.Size));
        return key;
    }

    internal static byte[] TimeValue(DateTimeOffset time)
    {
        byte[] value = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(value, time.ToUnixTimeMilliseconds());
        return value;
    }

    /// <summary>Bytes that are no time count as the farthest one there is: what depends on it is kept.</summary>
    internal static DateTimeOffset TimeIn(ReadOnlySpan<byte> value)
    {
        if (!BinaryPrimitives.TryReadInt64BigEndian(value, out long milliseconds)) return Farthest;
        return milliseconds < 0 || milliseconds > Farthest.ToUnixTimeMilliseconds() ? Farthest : DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
    }
}
