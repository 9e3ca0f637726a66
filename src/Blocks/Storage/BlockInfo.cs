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

    internal static BlockInfo? Decode(ReadOnlySpan<byte> value) => value.Length == 5 ? new BlockInfo(BinaryPrimitives.ReadInt32BigEndian(value), value[4]) : null;
}
