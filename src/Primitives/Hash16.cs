using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Vault.Primitives;

/// <summary>
/// A 16-byte value, compared as bytes: the first half of a hash, or an authentication tag. Not a UInt128, because what touches one
/// isn't compiled ahead of time, and this lies in most keys: a command would spend a third of a second on compiling.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct Hash16 : IComparable<Hash16>
{
    public const int Size = 16;

    // Two big-endian words, so that comparing words compares bytes.
    readonly ulong a, b;

    public Hash16(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size) throw new ArgumentException("A Hash16 has exactly 16 bytes.", nameof(bytes));
        a = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        b = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
    }

    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, a);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], b);
    }

    public byte[] ToArray()
    {
        byte[] bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    public int CompareTo(Hash16 other)
    {
        int order = a.CompareTo(other.a);
        return order != 0 ? order : b.CompareTo(other.b);
    }

    /// <summary>Keyed by the process: a peer chooses some of these.</summary>
    public override int GetHashCode() => HashCode.Combine(a, b);

    public override string ToString() => Convert.ToHexStringLower(ToArray());

    public static bool operator <(Hash16 left, Hash16 right) => left.CompareTo(right) < 0;
    public static bool operator >(Hash16 left, Hash16 right) => left.CompareTo(right) > 0;
    public static bool operator <=(Hash16 left, Hash16 right) => left.CompareTo(right) <= 0;
    public static bool operator >=(Hash16 left, Hash16 right) => left.CompareTo(right) >= 0;
}
