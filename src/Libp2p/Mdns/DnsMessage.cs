using System.Buffers.Binary;

namespace Vault.Libp2p.Mdns;

/// <summary>The two types of record that discovery uses; others are stepped over.</summary>
enum DnsType : ushort { Ptr = 12, Txt = 16, Any = 255 }

readonly record struct DnsQuestion(DnsName Name, DnsType Type);

/// <summary>A PTR record, which has a <see cref="Target"/>, or a TXT record, which has <see cref="Strings"/>.</summary>
sealed record DnsRecord(DnsName Name, DnsType Type, TimeSpan TimeToLive)
{
    public DnsName? Target { get; init; }
    public IReadOnlyList<byte[]> Strings { get; init; } = [];

    public static DnsRecord Ptr(DnsName name, DnsName target, TimeSpan timeToLive) => new(name, DnsType.Ptr, timeToLive) { Target = target };
    public static DnsRecord Txt(DnsName name, TimeSpan timeToLive, params IReadOnlyList<byte[]> strings) => new(name, DnsType.Txt, timeToLive) { Strings = strings };
}

/// <summary>
/// A DNS message (RFC 1035, 4) as multicast DNS uses it: no identifier, the top bit of a class is a flag and no part of it, and
/// only the internet's class counts.
/// </summary>
sealed record DnsMessage(bool IsResponse)
{
    const int HeaderSize = 12, RecordHeadSize = 10;
    const ushort ResponseFlags = 0x8400; // a response, authoritative
    const ushort Internet = 1, ClassMask = 0x7FFF;
    const int MaxPointer = 0x3FFF;

    public IReadOnlyList<DnsQuestion> Questions { get; init; } = [];
    public IReadOnlyList<DnsRecord> Answers { get; init; } = [];
    public IReadOnlyList<DnsRecord> Additionals { get; init; } = [];

    /// <summary>Null for a packet that isn't a whole DNS message, or holds more than <see cref="MdnsLimits"/> allow.</summary>
    public static DnsMessage? Decode(ReadOnlySpan<byte> packet)
    {
        if (packet.Length is < HeaderSize or > MdnsLimits.MaxReceived) return null;
        ushort flags = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        if ((flags & 0x780F) != 0) return null; // another operation than a query, or an error: to be ignored (RFC 6762, 18.3 and 18.11)
        Span<int> counts = [Count(packet, 4), Count(packet, 6), Count(packet, 8), Count(packet, 10)];
        if (counts[0] + counts[1] + counts[2] + counts[3] > MdnsLimits.MaxRecords) return null;

        int at = HeaderSize;
        List<DnsQuestion> questions = [];
        for (int i = 0; i < counts[0]; i++)
        {
            if (!DnsName.TryRead(packet, ref at, out DnsName? name) || at + 4 > packet.Length) return null;
            if (IsInternet(packet, at + 2)) questions.Add(new DnsQuestion(name, (DnsType)Count(packet, at)));
            at += 4;
        }
        List<DnsRecord> answers = [], authorities = [], additionals = [];
        if (!TryReadRecords(packet, ref at, counts[1], answers)
            || !TryReadRecords(packet, ref at, counts[2], authorities)
            || !TryReadRecords(packet, ref at, counts[3], additionals)) return null;
        return new DnsMessage((flags & 0x8000) != 0) { Questions = questions, Answers = answers, Additionals = additionals };
    }

    static bool TryReadRecords(ReadOnlySpan<byte> packet, ref int at, int count, List<DnsRecord> records)
    {
        for (int i = 0; i < count; i++)
        {
            if (!DnsName.TryRead(packet, ref at, out DnsName? name) || at + RecordHeadSize > packet.Length) return false;
            DnsType type = (DnsType)Count(packet, at);
            bool internet = IsInternet(packet, at + 2);
            TimeSpan timeToLive = TimeSpan.FromSeconds(BinaryPrimitives.ReadUInt32BigEndian(packet[(at + 4)..]));
            int end = at + RecordHeadSize + Count(packet, at + 8);
            at += RecordHeadSize;
            if (end > packet.Length) return false;
            if (internet && type == DnsType.Ptr)
            {
                if (!DnsName.TryRead(packet, ref at, out DnsName? target) || at != end) return false;
                records.Add(DnsRecord.Ptr(name, target, timeToLive));
            }
            else if (internet && type == DnsType.Txt)
            {
                if (ReadStrings(packet[at..end]) is not { } strings) return false;
                records.Add(DnsRecord.Txt(name, timeToLive, strings));
            }
            at = end;
        }
        return true;
    }

    static List<byte[]>? ReadStrings(ReadOnlySpan<byte> data)
    {
        List<byte[]> strings = [];
        while (!data.IsEmpty)
        {
            int length = data[0];
            if (1 + length > data.Length) return null;
            if (strings.Count < MdnsLimits.MaxRecords) strings.Add(data.Slice(1, length).ToArray());
            data = data[(1 + length)..];
        }
        return strings;
    }

    static int Count(ReadOnlySpan<byte> packet, int at) => BinaryPrimitives.ReadUInt16BigEndian(packet[at..]);

    static bool IsInternet(ReadOnlySpan<byte> packet, int at) => (Count(packet, at) & ClassMask) == Internet;

    public byte[] Encode()
    {
        List<byte> packet = [0, 0];
        Dictionary<DnsName, int> written = [];
        Number(packet, IsResponse ? ResponseFlags : 0);
        Number(packet, Questions.Count);
        Number(packet, Answers.Count);
        Number(packet, 0);
        Number(packet, Additionals.Count);
        foreach (DnsQuestion question in Questions)
        {
            Write(packet, question.Name, written);
            Number(packet, (ushort)question.Type);
            Number(packet, Internet);
        }
        foreach (DnsRecord record in Answers.Concat(Additionals)) Write(packet, record, written);
        return [.. packet];
    }

    static void Write(List<byte> packet, DnsRecord record, Dictionary<DnsName, int> written)
    {
        Write(packet, record.Name, written);
        Number(packet, (ushort)record.Type);
        Number(packet, Internet);
        uint seconds = (uint)record.TimeToLive.TotalSeconds;
        Number(packet, (int)(seconds >> 16));
        Number(packet, (int)(seconds & 0xFFFF));
        int lengthAt = packet.Count;
        Number(packet, 0);
        if (record.Target is { } target) Write(packet, target, written);
        foreach (byte[] text in record.Strings)
        {
            if (text.Length > byte.MaxValue) throw new ArgumentException("A string of a TXT record has 255 bytes at most.", nameof(record));
            packet.Add((byte)text.Length);
            packet.AddRange(text);
        }
        int length = packet.Count - lengthAt - 2;
        (packet[lengthAt], packet[lengthAt + 1]) = ((byte)(length >> 8), (byte)length);
    }

    // A name that stands in the message already, or ends with one that does, is pointed to (RFC 1035, 4.1.4).
    static void Write(List<byte> packet, DnsName name, Dictionary<DnsName, int> written)
    {
        ReadOnlySpan<byte> rest = name.Bytes;
        while (rest[0] != 0)
        {
            int at = 0;
            DnsName.TryRead(rest, ref at, out DnsName? suffix);
            if (written.TryGetValue(suffix!, out int pointer))
            {
                Number(packet, 0xC000 | pointer);
                return;
            }
            if (packet.Count <= MaxPointer) written[suffix!] = packet.Count;
            packet.AddRange(rest[..(1 + rest[0])]);
            rest = rest[(1 + rest[0])..];
        }
        packet.Add(0);
    }

    static void Number(List<byte> packet, int value)
    {
        packet.Add((byte)(value >> 8));
        packet.Add((byte)value);
    }
}
