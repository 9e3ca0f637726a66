using System.Buffers;
using System.Text;
using Vault.Primitives;

namespace Vault.Libp2p.Protobuf;

/// <summary>Writes a small protobuf message, fields in the order of the calls: callers write them by number, as signatures expect.</summary>
sealed class ProtoWriter
{
    readonly ArrayBufferWriter<byte> output = new();

    public ReadOnlySpan<byte> Written => output.WrittenSpan;

    public byte[] ToArray() => output.WrittenSpan.ToArray();

    public ProtoWriter Number(int field, ulong value)
    {
        Varint64((ulong)field << 3);
        Varint64(value);
        return this;
    }

    public ProtoWriter Bytes(int field, ReadOnlySpan<byte> value)
    {
        Varint64((ulong)field << 3 | 2);
        Varint64((ulong)value.Length);
        output.Write(value);
        return this;
    }

    public ProtoWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public ProtoWriter Message(int field, ProtoWriter value) => Bytes(field, value.Written);

    /// <summary>The message with its length in front, as libp2p puts it on a stream.</summary>
    public byte[] ToFramed()
    {
        byte[] framed = new byte[Varint.SizeOf((ulong)output.WrittenCount) + output.WrittenCount];
        int prefix = Varint.Write(framed, (ulong)output.WrittenCount);
        output.WrittenSpan.CopyTo(framed.AsSpan(prefix));
        return framed;
    }

    void Varint64(ulong value)
    {
        Span<byte> encoded = stackalloc byte[10];
        int at = 0;
        for (; value >= 0x80; value >>= 7) encoded[at++] = (byte)(value | 0x80);
        encoded[at++] = (byte)value;
        output.Write(encoded[..at]);
    }
}
