using System.Buffers.Binary;

namespace Vault.Libp2p.Yamux;

enum FrameType : byte { Data = 0, WindowUpdate = 1, Ping = 2, GoAway = 3 }

[Flags]
enum FrameFlags : ushort { None = 0, Syn = 1, Ack = 2, Fin = 4, Rst = 8 }

enum GoAwayCode : uint { Normal = 0, ProtocolError = 1, InternalError = 2 }

/// <summary>Yamux's twelve bytes. <see cref="Length"/> counts payload bytes, window bytes, a ping's value or a go-away code, by type.</summary>
readonly record struct FrameHeader(FrameType Type, FrameFlags Flags, uint Stream, uint Length)
{
    public const int Size = 12;

    public void Write(Span<byte> destination)
    {
        destination[0] = 0;
        destination[1] = (byte)Type;
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)Flags);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], Stream);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], Length);
    }

    /// <summary>Null for another version or an unknown type: what follows such a header can't be told apart any more.</summary>
    public static FrameHeader? Read(ReadOnlySpan<byte> source)
    {
        if (source[0] != 0 || source[1] > (byte)FrameType.GoAway) return null;
        return new FrameHeader(
            (FrameType)source[1],
            (FrameFlags)BinaryPrimitives.ReadUInt16BigEndian(source[2..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[4..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[8..]));
    }

    public bool Has(FrameFlags flag) => (Flags & flag) != 0;
}
