using System.Buffers.Binary;

namespace Vault.Blocks;

/// <summary>What the index knows of a stored block: its length in bytes and its level, 5 bytes.</summary>
public readonly record struct BlockInfo(int Length, int Level)
{
    internal byte[] Encode()
    {
        byte[] value = new byte[5];
        BinaryPrimitives.WriteInt32BigEndian(value, Length);
        value[4] = (byte)Level;
        return value;
    }

    internal static BlockInfo? Decode(ReadOnlySpan<byte> value)
    {
        if (value.Length != 5) return null;
        BlockInfo info = new(BinaryPrimitives.ReadInt32BigEndian(value), value[4]);
        return info.Length is >= 0 and <= Limits.MaxBlock && info.Level <= Limits.MaxLevel ? info : null;
    }
}
