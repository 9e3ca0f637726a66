using System.Buffers.Binary;

namespace Vault.Identity;

/// <summary>Takes fields off bytes that may be anything. Reading past the end fails the reader for good; ask <see cref="Failed"/> before using what was read.</summary>
ref struct ByteReader(ReadOnlySpan<byte> rest)
{
    ReadOnlySpan<byte> rest = rest;

    public bool Failed { get; private set; }

    public readonly bool AtEnd => !Failed && rest.IsEmpty;

    public readonly ReadOnlySpan<byte> Rest => rest;

    public ReadOnlySpan<byte> Take(int length)
    {
        if (Failed || length > rest.Length)
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
}
