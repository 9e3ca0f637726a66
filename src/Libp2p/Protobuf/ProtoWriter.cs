using System.Text;
using Vault.Primitives;

namespace Vault.Libp2p.Protobuf;

/// <summary>Writes a protobuf message, fields in the order of the calls: callers write them by number, as signatures expect.</summary>
sealed class ProtoWriter(int capacity = 256)
{
    byte[] buffer = new byte[capacity];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => buffer.AsSpan(0, Length);

    public byte[] ToArray() => Written.ToArray();

    public ProtoWriter Number(int field, ulong value)
    {
        Varint64((ulong)field << 3);
        Varint64(value);
        return this;
    }

    public ProtoWriter Bytes(int field, ReadOnlySpan<byte> value)
    {
        Head(field, value.Length);
        return Raw(value);
    }

    public ProtoWriter Text(int field, string value)
    {
        int size = Encoding.UTF8.GetByteCount(value);
        Head(field, size);
        Length += Encoding.UTF8.GetBytes(value, Reserve(size));
        return this;
    }

    public ProtoWriter Message(int field, ProtoWriter value) => Bytes(field, value.Written);

    /// <summary>Bytes that are no field, such as a signature's domain.</summary>
    public ProtoWriter Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        Length += bytes.Length;
        return this;
    }

    /// <summary>Opens a nested message; what is written until <see cref="End"/> becomes its body.</summary>
    public int Begin(int field)
    {
        Varint64((ulong)field << 3 | 2);
        return Length;
    }

    /// <summary>Closes the message that began at <paramref name="start"/>: its length is known only now, so the body moves up to make room.</summary>
    public void End(int start)
    {
        int body = Length - start;
        int prefix = Varint.SizeOf((ulong)body);
        Reserve(prefix);
        buffer.AsSpan(start, body).CopyTo(buffer.AsSpan(start + prefix));
        Length = start;
        Varint64((ulong)body);
        Length += body;
    }

    /// <summary>The message with its length in front, as libp2p puts it on a stream.</summary>
    public byte[] ToFramed()
    {
        byte[] framed = new byte[Varint.SizeOf((ulong)Length) + Length];
        int prefix = Varint.Write(framed, (ulong)Length);
        Written.CopyTo(framed.AsSpan(prefix));
        return framed;
    }

    void Head(int field, int size)
    {
        Varint64((ulong)field << 3 | 2);
        Varint64((ulong)size);
    }

    // Unlike multiformats' varints, protobuf's may have all 64 bits.
    void Varint64(ulong value)
    {
        Span<byte> room = Reserve(10);
        int count = 0;
        for (; value >= 0x80; value >>= 7) room[count++] = (byte)(value | 0x80);
        room[count++] = (byte)value;
        Length += count;
    }

    Span<byte> Reserve(int count)
    {
        if (buffer.Length - Length < count) Array.Resize(ref buffer, Math.Max(buffer.Length * 2, Length + count));
        return buffer.AsSpan(Length);
    }
}
