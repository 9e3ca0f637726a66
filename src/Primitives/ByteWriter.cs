using System.Buffers;
using System.Buffers.Binary;

namespace Vault.Primitives;

/// <summary>Puts fields behind one another, numbers big-endian: the other half of <see cref="ByteReader"/>. Not for secrets: nothing is wiped.</summary>
public sealed class ByteWriter(int capacity = 256)
{
    readonly ArrayBufferWriter<byte> buffer = new(capacity);

    public ReadOnlySpan<byte> Written => buffer.WrittenSpan;

    public byte[] ToArray() => buffer.WrittenSpan.ToArray();

    public ByteWriter Bytes(ReadOnlySpan<byte> value)
    {
        buffer.Write(value);
        return this;
    }

    public ByteWriter Byte(byte value)
    {
        buffer.GetSpan(1)[0] = value;
        buffer.Advance(1);
        return this;
    }

    public ByteWriter UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(buffer.GetSpan(2), value);
        buffer.Advance(2);
        return this;
    }

    public ByteWriter UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(buffer.GetSpan(4), value);
        buffer.Advance(4);
        return this;
    }

    public ByteWriter UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(buffer.GetSpan(8), value);
        buffer.Advance(8);
        return this;
    }

    public ByteWriter Hash(Hash32 value)
    {
        value.CopyTo(buffer.GetSpan(Hash32.Size));
        buffer.Advance(Hash32.Size);
        return this;
    }
}
