using System.Text;
using System.Text.Unicode;

namespace Vault.Libp2p.Gossipsub;

/// <summary>
/// Reads protobuf fields one after the other from bytes that anyone may have written. Never throws: what is malformed ends
/// the reading and leaves <see cref="Failed"/> set. Slices, never copies.
/// </summary>
internal struct WireReader(ReadOnlyMemory<byte> source)
{
    public const uint Number = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5;

    int at = 0;

    public bool Failed { get; private set; }

    /// <summary>The tag a field is written with: its number and its wire type.</summary>
    public static uint Tag(uint field, uint type) => field << 3 | type;

    /// <summary>Moves to the next field; false at the end and after a failure.</summary>
    public bool Next(out uint tag)
    {
        tag = 0;
        if (Failed || at == source.Length) return false;
        ulong value = ReadNumber();
        if (value >> 32 != 0 || value >> 3 == 0) Failed = true;
        tag = (uint)value;
        return !Failed;
    }

    /// <summary>A varint of up to ten bytes. Protobuf, unlike multiformats, allows longer forms than necessary.</summary>
    public ulong ReadNumber()
    {
        ReadOnlySpan<byte> span = source.Span;
        ulong value = 0;
        for (int shift = 0; shift < 70 && at < span.Length; shift += 7)
        {
            byte b = span[at++];
            if (shift == 63 && b > 1) break;
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80) return value;
        }
        Failed = true;
        return 0;
    }

    public ReadOnlyMemory<byte> ReadBytes()
    {
        ulong length = ReadNumber();
        if (Failed || length > (ulong)(source.Length - at))
        {
            Failed = true;
            return default;
        }
        ReadOnlyMemory<byte> bytes = source.Slice(at, (int)length);
        at += (int)length;
        return bytes;
    }

    /// <summary>Bytes that a limit bounds; longer ones are a failure.</summary>
    public ReadOnlyMemory<byte> ReadBytes(int limit)
    {
        ReadOnlyMemory<byte> bytes = ReadBytes();
        if (bytes.Length > limit) Failed = true;
        return bytes;
    }

    public string ReadTopic()
    {
        ReadOnlyMemory<byte> bytes = ReadBytes(Limits.TopicSize);
        if (Failed || !Utf8.IsValid(bytes.Span))
        {
            Failed = true;
            return "";
        }
        return Encoding.UTF8.GetString(bytes.Span);
    }

    /// <summary>Passes over a field that we don't know. Groups have been out of use for so long that they count as malformed.</summary>
    public void Skip(uint tag)
    {
        switch (tag & 7)
        {
            case Number: ReadNumber(); break;
            case Bytes: ReadBytes(); break;
            case Fixed64: Advance(8); break;
            case Fixed32: Advance(4); break;
            default: Failed = true; break;
        }
    }

    void Advance(int count)
    {
        if (count > source.Length - at) Failed = true;
        else at += count;
    }
}
