using Vault.Identity;
using Vault.Primitives;

namespace Vault.Chat;

/// <summary>What two logs say to each other. docs/formats-chat.md has the bytes; framing is the stream's business.</summary>
public abstract record ChatWire
{
    private ChatWire() { }

    /// <summary>One message on the stream. A driver refuses longer ones unread.</summary>
    public const int MaxSize = 256 << 10;

    /// <summary>An answer is filled to here; then the next message begins, so that reading, sending and checking overlap.</summary>
    internal const int Target = 64 << 10;

    internal const int HeadsAtOnce = 1024;
    internal const int ForksAtOnce = 64;
    internal const int AskAtOnce = 2048;
    const int MessagesAtOnce = 1024;

    /// <summary>What the sender has: a whole list in parts, or what has moved since.</summary>
    public sealed record Heads(HeadsPart Part, IReadOnlyList<FeedHead> Values) : ChatWire;

    /// <summary>Proofs that chains forked.</summary>
    public sealed record Forks(IReadOnlyList<(SignedMessage A, SignedMessage B)> Values) : ChatWire;

    /// <summary>Asks for messages of a feed.</summary>
    public sealed record Ask(FeedId Feed, ulong From, int Count, bool HeadersOnly) : ChatWire;

    /// <summary>An answer to Ask, or a part of it; or news that nobody asked for.</summary>
    public sealed record Messages(MessagesPart Part, IReadOnlyList<SignedMessage> Values) : ChatWire;

    enum Kind : byte { Heads = 1, Forks, Ask, Messages }

    public byte[] Encode()
    {
        ByteWriter writer = new(1024);
        switch (this)
        {
            case Heads m:
                writer.Byte((byte)Kind.Heads).Byte((byte)m.Part);
                foreach (FeedHead head in m.Values) head.Write(writer);
                break;
            case Forks m:
                writer.Byte((byte)Kind.Forks);
                foreach ((SignedMessage a, SignedMessage b) in m.Values) ForkProof.Write(writer, a, b);
                break;
            case Ask m:
                Span<byte> feed = stackalloc byte[FeedId.Size];
                m.Feed.CopyTo(feed);
                writer.Byte((byte)Kind.Ask).Bytes(feed).UInt64(m.From).UInt16((ushort)m.Count).Byte(m.HeadersOnly ? (byte)1 : (byte)0);
                break;
            case Messages m:
                writer.Byte((byte)Kind.Messages).Byte((byte)m.Part);
                foreach (SignedMessage message in m.Values)
                {
                    byte[] header = message.EncodeHeader();
                    writer.UInt16((ushort)header.Length).Bytes(header).UInt16((ushort)(message.Body?.Length ?? 0)).Bytes(message.Body is { } body ? body.Span : default);
                }
                break;
        }
        return writer.ToArray();
    }

    /// <summary>Null for bytes that <see cref="Encode"/> wouldn't produce within the limits.</summary>
    public static ChatWire? Decode(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > MaxSize) return null;
        ByteReader reader = new(bytes.Span);
        return (Kind)reader.TakeByte() switch
        {
            Kind.Heads => ReadHeads(ref reader),
            Kind.Forks => ReadForks(ref reader),
            Kind.Ask => ReadAsk(ref reader),
            Kind.Messages => ReadMessages(ref reader),
            _ => null,
        };
    }

    static Heads? ReadHeads(ref ByteReader reader)
    {
        HeadsPart part = (HeadsPart)reader.TakeByte();
        List<FeedHead> heads = [];
        while (!reader.AtEnd)
        {
            if (reader.Failed || heads.Count == HeadsAtOnce) return null;
            heads.Add(FeedHead.Read(ref reader));
        }
        return Enum.IsDefined(part) ? new Heads(part, heads) : null;
    }

    static Forks? ReadForks(ref ByteReader reader)
    {
        List<(SignedMessage, SignedMessage)> forks = [];
        while (!reader.AtEnd)
        {
            if (reader.Failed || forks.Count == ForksAtOnce || ForkProof.Read(ref reader) is not { } two) return null;
            forks.Add(two);
        }
        return new Forks(forks);
    }

    static Ask? ReadAsk(ref ByteReader reader)
    {
        ReadOnlySpan<byte> feed = reader.Take(FeedId.Size);
        (ulong from, int count, byte headers) = (reader.TakeUInt64(), reader.TakeUInt16(), reader.TakeByte());
        return reader.AtEnd && from > 0 && count is > 0 and <= AskAtOnce && headers <= 1 ? new Ask(FeedId.Read(feed), from, count, headers == 1) : null;
    }

    static Messages? ReadMessages(ref ByteReader reader)
    {
        MessagesPart part = (MessagesPart)reader.TakeByte();
        List<SignedMessage> messages = [];
        while (!reader.AtEnd)
        {
            if (reader.Failed || messages.Count == MessagesAtOnce) return null;
            ReadOnlySpan<byte> header = reader.Take(reader.TakeUInt16());
            int size = reader.TakeUInt16();
            ReadOnlySpan<byte> body = reader.Take(size);
            if (reader.Failed || SignedMessage.From(header, size == 0 ? (ReadOnlyMemory<byte>?)null : body.ToArray()) is not { } message) return null;
            messages.Add(message);
        }
        return Enum.IsDefined(part) ? new Messages(part, messages) : null;
    }
}

public enum HeadsPart : byte { More = 0, Last = 1, Moved = 2 }

public enum MessagesPart : byte { More = 0, Last = 1, News = 2 }
