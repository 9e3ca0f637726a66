using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Vault.Libp2p.Mdns;

/// <summary>
/// A domain name as the bytes of its labels, each behind its length, ending with the empty one. Names compare without regard to
/// ASCII case, so they are kept in lower case.
/// </summary>
sealed class DnsName : IEquatable<DnsName>
{
    public const int MaxSize = 255, MaxLabel = 63; // RFC 1035, 2.3.4

    readonly byte[] bytes;

    DnsName(byte[] bytes) => this.bytes = bytes;

    public ReadOnlySpan<byte> Bytes => bytes;

    /// <summary>From labels joined by dots; only for names of our own making, in which no label holds a dot.</summary>
    public static DnsName Of(string text)
    {
        List<byte> written = [];
        foreach (string label in text.Split('.'))
        {
            if (label.Length is 0 or > MaxLabel) throw new ArgumentException($"\"{label}\" is no label of a domain name.", nameof(text));
            written.Add((byte)label.Length);
            written.AddRange(Encoding.ASCII.GetBytes(label));
        }
        written.Add(0);
        return Create([.. written]);
    }

    public DnsName Under(DnsName parent) => Create([.. bytes.AsSpan(0, bytes.Length - 1), .. parent.bytes]);

    static DnsName Create(byte[] bytes) => bytes.Length <= MaxSize ? new DnsName(Lower(bytes)) : throw new ArgumentException("The name is too long.", nameof(bytes));

    /// <summary>Whether this is one label in front of <paramref name="parent"/>.</summary>
    public bool IsChildOf(DnsName parent) => bytes[0] > 0 && bytes.AsSpan(1 + bytes[0]).SequenceEqual(parent.bytes);

    /// <summary>
    /// Reads the name at <paramref name="at"/> and moves behind it. A compression pointer must lead to before where the name
    /// began, or before where the last pointer led: a loop is impossible.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> message, ref int at, [NotNullWhen(true)] out DnsName? name)
    {
        name = null;
        Span<byte> whole = stackalloc byte[MaxSize];
        int length = 0, from = at, limit = at;
        bool jumped = false;
        while (from < message.Length)
        {
            int head = message[from];
            if ((head & 0xC0) == 0xC0)
            {
                if (from + 1 >= message.Length) return false;
                int target = (head & 0x3F) << 8 | message[from + 1];
                if (target >= limit) return false;
                if (!jumped) at = from + 2;
                (jumped, from, limit) = (true, target, target);
                continue;
            }
            if (head > MaxLabel || from + 1 + head > message.Length || length + 1 + head > MaxSize) return false;
            message.Slice(from, 1 + head).CopyTo(whole[length..]);
            length += 1 + head;
            from += 1 + head;
            if (head > 0) continue;
            if (!jumped) at = from;
            name = new DnsName(Lower(whole[..length].ToArray()));
            return true;
        }
        return false;
    }

    // Lengths are at most 63 and so never look like letters.
    static byte[] Lower(byte[] bytes)
    {
        foreach (ref byte value in bytes.AsSpan())
            if (char.IsAsciiLetterUpper((char)value)) value |= 0x20;
        return bytes;
    }

    public bool Equals(DnsName? other) => other is not null && bytes.AsSpan().SequenceEqual(other.bytes);
    public override bool Equals(object? obj) => Equals(obj as DnsName);

    public override int GetHashCode()
    {
        HashCode hash = new();
        hash.AddBytes(bytes);
        return hash.ToHashCode();
    }

    public override string ToString()
    {
        StringBuilder text = new();
        for (int at = 0; bytes[at] > 0; at += 1 + bytes[at]) text.Append(Encoding.Latin1.GetString(bytes, at + 1, bytes[at])).Append('.');
        return text.ToString();
    }
}
