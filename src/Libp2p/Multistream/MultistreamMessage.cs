using System.Buffers;
using System.Text;
using Vault.Primitives;

namespace Vault.Libp2p.Multistream;

/// <summary>One line of multistream-select 1.0: a length, text, and a newline that the length counts.</summary>
static class MultistreamMessage
{
    /// <summary>Everyone's limit. No protocol id of the real world comes near it.</summary>
    public const int MaxSize = 1024;

    public const string Version = "/multistream/1.0.0";
    public const string NotAvailable = "na";
    public const string List = "ls";

    /// <summary>The first message of both sides, ready for the wire.</summary>
    public static ReadOnlySpan<byte> Header => "\u0013/multistream/1.0.0\n"u8;

    public static byte[] Encode(string text)
    {
        int length = Encoding.UTF8.GetByteCount(text) + 1;
        if (length > MaxSize) throw new ArgumentException("A multistream message holds at most 1024 bytes.", nameof(text));
        byte[] message = new byte[Varint.SizeOf((ulong)length) + length];
        int at = Varint.Write(message, (ulong)length);
        Encoding.UTF8.GetBytes(text, message.AsSpan(at));
        message[^1] = (byte)'\n';
        return message;
    }

    /// <summary>Takes one message off the front. Null when more bytes are needed; a ProtocolException when none can help.</summary>
    public static string? TryRead(ref ReadOnlySequence<byte> input)
    {
        Span<byte> prefix = stackalloc byte[2];
        int have = (int)Math.Min(2, input.Length);
        input.Slice(0, have).CopyTo(prefix);
        switch (Varint.Read(prefix[..have], out ulong length, out int size))
        {
            case VarintResult.Incomplete when have < 2: return null;
            case VarintResult.Done when length is > 0 and <= MaxSize: break;
            default: throw new ProtocolException("A multistream message is empty or longer than 1024 bytes.");
        }
        if (input.Length < size + (long)length) return null;

        Span<byte> body = stackalloc byte[MaxSize];
        body = body[..(int)length];
        input.Slice(size, body.Length).CopyTo(body);
        if (body[^1] != '\n') throw new ProtocolException("A multistream message doesn't end with a newline.");
        input = input.Slice(size + (long)length);
        return Encoding.UTF8.GetString(body[..^1]);
    }
}
