using System.Buffers.Binary;

namespace Vault.Simulation.Tests.Gossip;

/// <summary>What the simulated application says: a number it counts by, and filling. Hostile members sign nonsense instead.</summary>
static class Payload
{
    const int Size = 160;
    const byte GoodMark = 1, BadMark = 2;

    public static byte[] Good(int number) => Make(GoodMark, number);

    public static byte[] Bad(int number) => Make(BadMark, number);

    public static bool IsGood(ReadOnlySpan<byte> data) => data.Length == Size && data[0] == GoodMark;

    public static int NumberOf(ReadOnlySpan<byte> data) => BinaryPrimitives.ReadInt32BigEndian(data[1..]);

    static byte[] Make(byte mark, int number)
    {
        byte[] data = new byte[Size];
        data[0] = mark;
        BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(1), number);
        return data;
    }
}
