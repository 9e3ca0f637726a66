using System.Text;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Chat;

/// <summary>What a message is. Part of the format: numbers never change their meaning.</summary>
public enum BodyKind : byte
{
    /// <summary>Text in a small subset of Markdown.</summary>
    Text = 1,
    /// <summary>Text that answers <see cref="MessageBody.Target"/>.</summary>
    Reply = 2,
    /// <summary>One short mark on <see cref="MessageBody.Target"/>, for example an emoji.</summary>
    Reaction = 3,
    /// <summary>New text in place of <see cref="MessageBody.Target"/>, which stays readable. Only its author's counts.</summary>
    Edit = 4,
    /// <summary>The body of <see cref="MessageBody.Target"/> goes; its header stays. Only its author's counts.</summary>
    Erase = 5,
    /// <summary>The path of a file in the vault.</summary>
    File = 6,
    /// <summary>Something that happened rather than was said: a script notes that a backup is done.</summary>
    Marker = 7,
}

/// <summary>The private part of a message: what is said, in which room, and the witness.</summary>
public sealed record MessageBody(BodyKind Kind, string Room, string Text, Witness Witness, Hash32 Target = default)
{
    const byte Version = 1;
    static readonly UTF8Encoding strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Kinds that speak of another message, and only those, have a target.</summary>
    bool IsConsistent => (Kind is BodyKind.Reply or BodyKind.Reaction or BodyKind.Edit or BodyKind.Erase) == (Target != default) && IsRoomName(Room);

    /// <summary>A room's name is short, visible text on one line.</summary>
    public static bool IsRoomName(string name)
    {
        try
        {
            int size = strictUtf8.GetByteCount(name);
            return size is > 0 and <= ChatLimits.RoomName && name.Trim() == name && !name.Any(char.IsControl);
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }

    /// <summary>Bytes of UTF-8; null for text that isn't whole (half a surrogate pair).</summary>
    public static int? SizeOf(string text)
    {
        try
        {
            return strictUtf8.GetByteCount(text);
        }
        catch (EncoderFallbackException)
        {
            return null;
        }
    }

    public byte[] Encode()
    {
        byte[] room = strictUtf8.GetBytes(Room), text = strictUtf8.GetBytes(Text);
        if (!IsConsistent || text.Length > ChatLimits.Text) throw new ArgumentException("This body is not in the format's form.");
        ByteWriter writer = new(128 + text.Length);
        writer.Byte(Version).Byte((byte)Kind).Hash(Target).Byte((byte)room.Length).Bytes(room).UInt16((ushort)text.Length).Bytes(text);
        Witness.Write(writer);
        return writer.ToArray();
    }

    /// <summary>Null for bytes that <see cref="Encode"/> wouldn't produce.</summary>
    public static MessageBody? Parse(ReadOnlySpan<byte> bytes)
    {
        ByteReader reader = new(bytes);
        (byte version, byte kind, Hash32 target) = (reader.TakeByte(), reader.TakeByte(), reader.TakeHash());
        string? room = Text(reader.Take(reader.TakeByte()));
        int length = reader.TakeUInt16();
        string? text = length <= ChatLimits.Text ? Text(reader.Take(length)) : null;
        Witness witness = Witness.Read(ref reader);
        if (!reader.AtEnd || version != Version || !Enum.IsDefined((BodyKind)kind) || room is null || text is null) return null;
        MessageBody body = new((BodyKind)kind, room, text, witness, target);
        return body.IsConsistent ? body : null;

        static string? Text(ReadOnlySpan<byte> utf8)
        {
            try
            {
                return strictUtf8.GetString(utf8);
            }
            catch (DecoderFallbackException)
            {
                return null;
            }
        }
    }
}
