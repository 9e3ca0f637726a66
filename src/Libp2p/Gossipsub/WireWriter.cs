using System.Text;

namespace Vault.Libp2p.Gossipsub;

/// <summary>Writes protobuf fields in the order it is told to; the caller keeps to the order of the tags.</summary>
internal sealed class WireWriter(int capacity = 256)
{
    byte[] buffer = new byte[capacity];

    public int Length { get; private set; }

    public byte[] ToArray() => buffer.AsSpan(0, Length).ToArray();

    public void WriteNumber(uint field, ulong value)
    {
        WriteVarint(WireReader.Tag(field, WireReader.Number));
        WriteVarint(value);
    }

    public void WriteBytes(uint field, ReadOnlySpan<byte> bytes)
    {
        WriteVarint(WireReader.Tag(field, WireReader.Bytes));
        WriteVarint((ulong)bytes.Length);
        WriteRaw(bytes);
    }

    public void WriteText(uint field, string text)
    {
        WriteVarint(WireReader.Tag(field, WireReader.Bytes));
        int size = Encoding.UTF8.GetByteCount(text);
        WriteVarint((ulong)size);
        Length += Encoding.UTF8.GetBytes(text, Reserve(size));
    }

    public void WriteRaw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        Length += bytes.Length;
    }

    /// <summary>Opens a nested message; what is written until <see cref="End"/> becomes its body.</summary>
    public int Begin(uint field)
    {
        WriteVarint(WireReader.Tag(field, WireReader.Bytes));
        return Length;
    }

    /// <summary>Closes the message that began at <paramref name="start"/>: its length is known only now, so the body moves up to make room.</summary>
    public void End(int start)
    {
        int body = Length - start;
        int prefix = SizeOf((ulong)body);
        Reserve(prefix);
        buffer.AsSpan(start, body).CopyTo(buffer.AsSpan(start + prefix));
        Length = start;
        WriteVarint((ulong)body);
        Length += body;
    }

    void WriteVarint(ulong value)
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

    static int SizeOf(ulong value)
    {
        int size = 1;
        for (; value >= 0x80; value >>= 7) size++;
        return size;
    }
}
