using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using Vault.Blocks;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>
/// The bytes of an <see cref="Entry"/> before they are sealed, in one form only: fields of tag, length and value, tags
/// ascending, none that says what its absence says; then zeros up to a multiple of 32 bytes, so that the length of a path shows
/// only roughly.
/// </summary>
static class SealedEntry
{
    /// <summary>Lengths of paths and targets differ by less than that for most of what has the same length sealed.</summary>
    internal const int Step = 32;

    internal const int MaxPlain = 12 << 10;

    /// <summary>What sealing adds: nonce and tag.</summary>
    internal const int Overhead = XChaCha20Poly1305.NonceSize + XChaCha20Poly1305.TagSize;

    const int FieldHead = 3; // tag (1), length (2)

    const byte Path = 1, Mode = 2, Modified = 3, Size = 4, Key = 5, Target = 6, Tags = 7, Mime = 8, Application = 9, User = 10;

    /// <summary>The first tag of an extension.</summary>
    internal const byte FirstExtension = 11;

    internal static bool IsPossibleSize(int length) => length is >= Overhead + Step and <= Overhead + MaxPlain && (length - Overhead) % Step == 0;

    /// <summary>An entry that a record of this kind can't have is the caller's error; a part that is too long may be the user's.</summary>
    internal static byte[] Encode(RecordKind kind, Entry entry)
    {
        ByteWriter writer = new(Step * 8);
        Text(writer, Path, entry.Path.Text, VaultPath.MaxBytes, "path");
        if (entry.Mode != 0) Head(writer, Mode, 2).UInt16(entry.Mode);
        if (entry.ModifiedNs != 0) Head(writer, Modified, 8).UInt64((ulong)entry.ModifiedNs);
        if (entry.Size != 0) Head(writer, Size, 8).UInt64((ulong)entry.Size);
        if (entry.ContentKey is { } key) Head(writer, Key, ContentKey.Size).Hash(key.Bytes);
        if (entry.Target is { } target) Text(writer, Target, target, EntryLimits.Target, "a symlink's target");
        WriteTags(writer, entry.Tags);
        if (entry.Mime is { } mime) Text(writer, Mime, mime, EntryLimits.Mime, "the MIME type");
        if (entry.Application is { } application) Text(writer, Application, application, EntryLimits.Application, "the application's name");
        if (entry.User is { } user) Text(writer, User, user, EntryLimits.User, "the user's name");
        foreach (EntryExtension extension in entry.Extensions) Head(writer, extension.Tag, extension.Value.Length).Bytes(extension.Value.Span);
        byte[] plain = new byte[(writer.Written.Length + Step - 1) / Step * Step];
        writer.Written.CopyTo(plain);
        // What is written must be what will be read: the reader is the one place that knows every rule.
        if (Decode(kind, plain) is null) throw new ArgumentException($"This can't be the entry of a {kind}.", nameof(entry));
        return plain;
    }

    /// <summary>Null for bytes that <see cref="Encode"/> wouldn't produce.</summary>
    internal static Entry? Decode(RecordKind kind, ReadOnlySpan<byte> plain)
    {
        ByteReader reader = new(plain);
        Entry? entry = null;
        List<EntryExtension>? extensions = null;
        int before = 0, extended = 0;
        while (!reader.Rest.IsEmpty && reader.Rest[0] != 0)
        {
            byte tag = reader.TakeByte();
            ReadOnlySpan<byte> value = reader.Take(reader.TakeUInt16());
            if (reader.Failed || tag <= before || (entry == null) != (tag == Path)) return null;
            before = tag;
            if (tag == Path) entry = VaultPath.Parse(value) is { } path ? new Entry(path) : null;
            else if (tag < FirstExtension) entry = Add(entry!, tag, value);
            else
            {
                extended += FieldHead + value.Length;
                (extensions ??= []).Add(new EntryExtension(tag, value.ToArray()));
            }
            if (entry == null || extended > EntryLimits.Extensions) return null;
        }
        bool padded = plain.Length % Step == 0 && reader.Rest.Length < Step && reader.Rest.IndexOfAnyExcept((byte)0) < 0;
        if (entry == null || !padded) return null;
        if (extensions != null) entry = entry with { Extensions = extensions };
        return Suits(kind, entry) ? entry : null;
    }

    static Entry? Add(Entry entry, byte tag, ReadOnlySpan<byte> value) => tag switch
    {
        Mode => value.Length == 2 && BinaryPrimitives.ReadUInt16BigEndian(value) is > 0 and <= EntryLimits.MaxMode and var mode ? entry with { Mode = mode } : null,
        Modified => value.Length == 8 && BinaryPrimitives.ReadInt64BigEndian(value) is not 0 and var time ? entry with { ModifiedNs = time } : null,
        Size => value.Length == 8 && BinaryPrimitives.ReadInt64BigEndian(value) is > 0 and var size ? entry with { Size = size } : null,
        Key => value.Length == ContentKey.Size ? entry with { ContentKey = new ContentKey(new Hash32(value)) } : null,
        // Links may hold anything but the zero that ends them on their system.
        Target => ReadText(value, EntryLimits.Target, least: 1) is { } target ? entry with { Target = target } : null,
        Tags => ReadTags(value) is { } tags ? entry with { Tags = tags } : null,
        Mime => !value.ContainsAnyExceptInRange((byte)0x21, (byte)0x7E) && ReadText(value, EntryLimits.Mime) is { } mime ? entry with { Mime = mime } : null,
        Application => ReadText(value, EntryLimits.Application) is { } application ? entry with { Application = application } : null,
        User => ReadText(value, EntryLimits.User) is { } user ? entry with { User = user } : null,
        _ => null,
    };

    static bool Suits(RecordKind kind, Entry entry) =>
        (kind == RecordKind.File) == entry.ContentKey.HasValue
        && (kind == RecordKind.Symlink) == (entry.Target != null)
        && (kind == RecordKind.File || entry.Size == 0)
        && (kind is RecordKind.File or RecordKind.Folder || entry.Mode == 0)
        && (kind != RecordKind.Tombstone || entry.ModifiedNs == 0);

    static ByteWriter Head(ByteWriter writer, byte tag, int length) => writer.Byte(tag).UInt16(checked((ushort)length));

    static void Text(ByteWriter writer, byte tag, string text, int limit, string what)
    {
        byte[] bytes = strictUtf8.GetBytes(text);
        if (bytes.Length > limit) throw new LimitExceededException($"{what} has {bytes.Length} bytes; {limit} are possible");
        Head(writer, tag, bytes.Length).Bytes(bytes);
    }

    static void WriteTags(ByteWriter writer, IReadOnlyList<string> tags)
    {
        if (tags.Count == 0) return;
        byte[][] encoded = [.. tags.Distinct().Select(strictUtf8.GetBytes)];
        if (encoded.Length > EntryLimits.Tags) throw new LimitExceededException($"a file has {encoded.Length} tags; {EntryLimits.Tags} are possible");
        Array.Sort(encoded, (a, b) => a.AsSpan().SequenceCompareTo(b));
        if (encoded.FirstOrDefault(tag => tag.Length > EntryLimits.Tag) is { } tooLong)
            throw new LimitExceededException($"a tag has {tooLong.Length} bytes; {EntryLimits.Tag} are possible");
        Head(writer, Tags, encoded.Sum(tag => 1 + tag.Length));
        foreach (byte[] tag in encoded) writer.Byte((byte)tag.Length).Bytes(tag);
    }

    // Each a length (1) and text, ascending by their bytes.
    static string[]? ReadTags(ReadOnlySpan<byte> value)
    {
        List<string> tags = [];
        ByteReader reader = new(value);
        ReadOnlySpan<byte> before = default;
        while (!reader.Rest.IsEmpty)
        {
            ReadOnlySpan<byte> tag = reader.Take(reader.TakeByte());
            if (reader.Failed || ReadText(tag, EntryLimits.Tag) is not { } text || before.SequenceCompareTo(tag) >= 0) return null;
            if (tags.Count == EntryLimits.Tags) return null;
            tags.Add(text);
            before = tag;
        }
        return tags.Count > 0 ? [.. tags] : null;
    }

    // Not empty, well-formed, and without what would speak to a terminal.
    static string? ReadText(ReadOnlySpan<byte> value, int limit, byte least = 0x20)
    {
        if (value.IsEmpty || value.Length > limit || !Utf8.IsValid(value)) return null;
        if (value.ContainsAnyInRange((byte)0, (byte)(least - 1)) || (least > 1 && value.Contains((byte)0x7F))) return null;
        return Encoding.UTF8.GetString(value);
    }

    static readonly UTF8Encoding strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
