using System.Buffers.Binary;

namespace Vault.Blocks;

/// <summary>What the index knows of a stored block: its length in bytes and its level, and where in the segments it lies, 5 or 13 bytes.</summary>
/// <param name="Place">Null for one whose bytes are in the database.</param>
public readonly record struct BlockInfo(int Length, int Level, SegmentPlace? Place = null)
{
    const int Short = 5;
    internal const int Longest = 13;

    internal int EncodedLength => Place is null ? Short : Longest;

    internal byte[] Encode()
    {
        byte[] value = new byte[EncodedLength];
        Encode(value);
        return value;
    }

    internal void Encode(Span<byte> value)
    {
        BinaryPrimitives.WriteInt32BigEndian(value, Length);
        value[4] = (byte)Level;
        if (Place is not { } place) return;
        BinaryPrimitives.WriteUInt32BigEndian(value[Short..], place.Segment);
        BinaryPrimitives.WriteUInt32BigEndian(value[(Short + sizeof(uint))..], place.Offset);
    }

    internal static BlockInfo? Decode(ReadOnlySpan<byte> value)
    {
        if (value.Length is not (Short or Longest)) return null;
        SegmentPlace? place = value.Length == Short ? null
            : new SegmentPlace(BinaryPrimitives.ReadUInt32BigEndian(value[Short..]), BinaryPrimitives.ReadUInt32BigEndian(value[(Short + sizeof(uint))..]));
        BlockInfo info = new(BinaryPrimitives.ReadInt32BigEndian(value), value[4], place);
        return info.Length is >= 0 and <= Limits.MaxBlock && info.Level <= Limits.MaxLevel ? info : null;
    }
}
