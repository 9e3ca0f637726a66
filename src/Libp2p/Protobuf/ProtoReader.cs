using System.Text;
using System.Text.Unicode;

namespace Vault.Libp2p.Protobuf;

/// <summary>
/// Reads a protobuf message field by field without allocating. Unknown fields are passed over; bytes that aren't protobuf make
/// <see cref="Malformed"/> true and end the reading, so that a caller checks once, after its loop.
/// </summary>
ref struct ProtoReader(ReadOnlySpan<byte> message)
{
    readonly int size = message.Length;
    ReadOnlySpan<byte> rest = message;

    public bool Malformed { get; private set; }

    /// <summary>Number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>Value of the current field, of a varint or fixed field; 0 otherwise.</summary>
    public ulong Number { get; private set; }

    /// <summary>Value of the current field, of a length-delimited field; empty otherwise.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    public bool IsBytes { get; private set; }

    /// <summary>Whether <see cref="Number"/> is a varint's.</summary>
    public bool IsNumber { get; private set; }

    /// <summary>Where in the message <see cref="Bytes"/> are, for a caller that keeps a slice of what it lent.</summary>
    public readonly Range Range => (size - rest.Length - Bytes.Length)..(size - rest.Length);

    /// <summary>The current field's bytes as text; malformed if that isn't UTF-8 or is longer than allowed.</summary>
    public string Text(int max)
    {
        if (Bytes.Length <= max && Utf8.IsValid(Bytes)) return Encoding.UTF8.GetString(Bytes);
        Malformed = true;
        return "";
    }

    /// <summary>Where the current field's bytes are; malformed, and nowhere, if there are more than allowed.</summary>
    public Range RangeOf(int max)
    {
        if (Bytes.Length <= max) return Range;
        Malformed = true;
        return default;
    }

    public bool Next()
    {
        if (rest.IsEmpty || Malformed) return false;
        if (!TryNumber(out ulong tag) || tag >> 3 is 0 or > int.MaxValue) return Fail();
        Field = (int)(tag >> 3);
        Number = 0;
        Bytes = default;
        IsBytes = IsNumber = false;
        switch (tag & 7)
        {
            case 0:
                if (!TryNumber(out ulong number)) return Fail();
                Number = number;
                IsNumber = true;
                return true;
            case 1: return TryFixed(8) || Fail();
            case 2:
                if (!TryNumber(out ulong length) || length > (ulong)rest.Length) return Fail();
                Bytes = rest[..(int)length];
                rest = rest[(int)length..];
                IsBytes = true;
                return true;
            case 5: return TryFixed(4) || Fail();
            default: return Fail();
        }
    }

    // Protobuf's own varint: up to ten bytes, and longer forms than needed are allowed.
    bool TryNumber(out ulong value)
    {
        value = 0;
        for (int at = 0; at < rest.Length && at < 10; at++)
        {
            value |= (ulong)(rest[at] & 0x7F) << (7 * at);
            if (rest[at] >= 0x80) continue;
            if (at == 9 && rest[at] > 1) return false; // past 64 bits
            rest = rest[(at + 1)..];
            return true;
        }
        return false;
    }

    bool TryFixed(int size)
    {
        if (rest.Length < size) return false;
        for (int at = size - 1; at >= 0; at--) Number = Number << 8 | rest[at];
        rest = rest[size..];
        return true;
    }

    bool Fail()
    {
        Malformed = true;
        return false;
    }
}
