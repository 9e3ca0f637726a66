using System.Buffers;
using System.Buffers.Binary;
using Vault.Blocks;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>Which of the answerer's two queues a question joins. The urgent one goes first.</summary>
enum Lane : byte { Urgent = 0, Bulk = 1 }

/// <summary>The beginning of an answer: a block's length, or -1 for a block that isn't there.</summary>
readonly record struct AnswerHeader(uint Number, int Length)
{
    public const int Missing = -1;
}

/// <summary>
/// The bytes of /vault/blocks/1. The opener only asks: <c>1 ‖ lane ‖ count ‖ ids</c>; the first id asked on a stream has number
/// 0, the next 1, and so on. The acceptor only answers, in any order: <c>1 ‖ number ‖ length ‖ block</c>, or <c>2 ‖ number</c>
/// for a block that it lacks. Integers are big-endian, count two bytes, number and length four.
/// </summary>
static class ExchangeCodec
{
    const byte AskType = 1, GiveType = 1, LackType = 2;
    const int AskHeader = 4, GiveHeader = 9, LackSize = 5;

    public static void WriteAsk(IBufferWriter<byte> output, Lane lane, ReadOnlySpan<BlockId> ids)
    {
        if (ids.Length is 0 or > ExchangeLimits.IdsInAsk) throw new ArgumentException("One question asks for 1 to 512 blocks.", nameof(ids));
        int size = AskHeader + ids.Length * BlockId.Size;
        Span<byte> message = output.GetSpan(size);
        message[0] = AskType;
        message[1] = (byte)lane;
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], (ushort)ids.Length);
        for (int i = 0; i < ids.Length; i++) ids[i].CopyTo(message[(AskHeader + i * BlockId.Size)..]);
        output.Advance(size);
    }

    /// <summary>Takes one question off the input. False while it isn't whole; what can be none is a <see cref="ProtocolException"/>.</summary>
    public static bool TryReadAsk(ref ReadOnlySequence<byte> input, out Lane lane, out BlockId[] ids)
    {
        (lane, ids) = (Lane.Bulk, []);
        if (input.Length < AskHeader) return false;
        Span<byte> header = stackalloc byte[AskHeader];
        input.Slice(0, AskHeader).CopyTo(header);
        int count = BinaryPrimitives.ReadUInt16BigEndian(header[2..]);
        if (header[0] != AskType || header[1] > (byte)Lane.Bulk || count is 0 or > ExchangeLimits.IdsInAsk) throw new ProtocolException("the peer asks for blocks in a form that can't be read");
        if (input.Length < AskHeader + count * BlockId.Size) return false;
        lane = (Lane)header[1];
        ids = new BlockId[count];
        Span<byte> id = stackalloc byte[BlockId.Size];
        for (int i = 0; i < count; i++)
        {
            input.Slice(AskHeader + i * BlockId.Size, BlockId.Size).CopyTo(id);
            ids[i] = new BlockId(id);
        }
        input = input.Slice(AskHeader + count * BlockId.Size);
        return true;
    }

    /// <summary>What goes before a block's bytes.</summary>
    public static void WriteGive(IBufferWriter<byte> output, uint number, int length)
    {
        Span<byte> header = output.GetSpan(GiveHeader);
        header[0] = GiveType;
        BinaryPrimitives.WriteUInt32BigEndian(header[1..], number);
        BinaryPrimitives.WriteInt32BigEndian(header[5..], length);
        output.Advance(GiveHeader);
    }

    public static void WriteLack(IBufferWriter<byte> output, uint number)
    {
        Span<byte> message = output.GetSpan(LackSize);
        message[0] = LackType;
        BinaryPrimitives.WriteUInt32BigEndian(message[1..], number);
        output.Advance(LackSize);
    }

    /// <summary>Takes the beginning of an answer off the input; a block's bytes follow it. A length that no block has is refused before anything is held for it.</summary>
    public static bool TryReadAnswer(ref ReadOnlySequence<byte> input, out AnswerHeader header)
    {
        header = default;
        if (input.Length < LackSize) return false;
        Span<byte> bytes = stackalloc byte[GiveHeader];
        int have = (int)Math.Min(GiveHeader, input.Length);
        input.Slice(0, have).CopyTo(bytes);
        uint number = BinaryPrimitives.ReadUInt32BigEndian(bytes[1..]);
        switch (bytes[0])
        {
            case LackType:
                header = new AnswerHeader(number, AnswerHeader.Missing);
                input = input.Slice(LackSize);
                return true;
            case GiveType when have < GiveHeader:
                return false;
            case GiveType when BinaryPrimitives.ReadUInt32BigEndian(bytes[5..]) is >= BlockHeader.Size and <= Limits.MaxBlock and var length:
                header = new AnswerHeader(number, (int)length);
                input = input.Slice(GiveHeader);
                return true;
            default:
                throw new ProtocolException("the peer answers in a form that can't be read");
        }
    }
}
