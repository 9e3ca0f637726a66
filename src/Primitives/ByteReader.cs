using System.Buffers.Binary;

namespace Vault.Primitives;

/// <summary>
/// Takes fields off bytes that may be anything; numbers are big-endian. Reading past the end fails the reader for good; ask
/// <see cref="Failed"/> before using what was read.
/// </summary>
public ref struct ByteReader(ReadOnlySpan<byte> source)
{
    ReadOnlySpan<byte> rest = source;

    public bool Failed { get; private set; }

    /// <summary>Everything was read, and all of it was there.</summary>
    public readonly bool AtEnd => !Failed && rest.IsEmpty;

    public readonly ReadOnlySpan<byte> Rest => rest;

    /// <summary>For a field that is there and can't be right.</summary>
    public void Fail() => Failed = true;

    public ReadOnlySpan<byte> Take(int length)
    {
        if (Failed || (uint)length > (uint)rest.Length)
        {
            Failed = true;
            return default;
        }
        ReadOnlySpan<byte> taken = rest[..length];
        rest = rest[length..];
        return taken;
    }

    public byte TakeByte() => Take(1) is [byte value] ? value : (byte)0;

    public ushort TakeUInt16() => Take(2) is { Length: 2 } bytes ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : (ushort)0;

    public uint TakeUInt32() => Take(4) is { Length: 4 } bytes ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : 0;

    public ulong TakeUInt64() => Take(8) is { Length: 8 } bytes ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : 0;

    public Hash16 TakeHash16() => Take(Hash16.Size) is { Length: Hash16.Size } bytes ? new Hash16(bytes) : default;

    public Hash32 TakeHash() => Take(Hash32.Size) is { Length: Hash32.Size } bytes ? new Hash32(bytes) : default;
}
