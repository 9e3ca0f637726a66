using System.Buffers.Binary;
using System.Numerics;

namespace Vault.Store;

/// <summary>CRC-32C (Castagnoli), and the form in which RocksDB stores it: rotated and shifted, so that a checksum of data that holds checksums stays good.</summary>
static class Crc32c
{
    internal const uint Start = uint.MaxValue;

    internal static uint Masked(ReadOnlySpan<byte> data) => Mask(Extend(Start, data));

    internal static uint Extend(uint state, ReadOnlySpan<byte> data)
    {
        for (; data.Length >= 8; data = data[8..]) state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(data));
        foreach (byte b in data) state = BitOperations.Crc32C(state, b);
        return state;
    }

    internal static uint Mask(uint state) => BitOperations.RotateRight(~state, 15) + 0xA282EAD8;
}
