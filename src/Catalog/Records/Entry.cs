using Vault.Blocks;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>What readers know of a version: the part of a record that lies sealed. What a kind of record has no use for stays unset.</summary>
/// <param name="Path">Where it lies; the record's position is its keyed hash.</param>
public sealed record Entry(VaultPath Path)
{
    /// <summary>Permissions, at most 07777: of files and folders.</summary>
    public ushort Mode { get; init; }

    /// <summary>Last change, in nanoseconds since 1970.</summary>
    public long ModifiedNs { get; init; }

    /// <summary>Length of a file's content.</summary>
    public long Size { get; init; }

    /// <summary>Opens the block where a file's content begins.</summary>
    public ContentKey? ContentKey { get; init; }

    /// <summary>Where a symlink points, as the link says it. It may point anywhere: never follow it blindly.</summary>
    public string? Target { get; init; }

    /// <summary>As they are read: distinct, in the order of their bytes. What is written may come in any order.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    public string? Mime { get; init; }

    /// <summary>The program that wrote it.</summary>
    public string? Application { get; init; }

    /// <summary>Who wrote it, as the device's user calls themselves.</summary>
    public string? User { get; init; }

    /// <summary>Fields of later versions, ascending by tag, carried as they are.</summary>
    public IReadOnlyList<EntryExtension> Extensions { get; init; } = [];

    /// <summary>How to read the file's content; null for what isn't a file.</summary>
    public FileRef? File(FileRecord record) => record.Root is { } root && ContentKey is { } key ? new FileRef(root, key, Size) : null;

    /// <summary>As the entry of a file with that content.</summary>
    internal Entry With(FileRef? file) => file is { } content ? this with { ContentKey = content.Key, Size = content.Size } : this;

    // Lists are compared by what is in them.
    public bool Equals(Entry? other) =>
        other is not null && Path == other.Path && (Mode, ModifiedNs, Size, ContentKey) == (other.Mode, other.ModifiedNs, other.Size, other.ContentKey)
        && (Target, Mime, Application, User) == (other.Target, other.Mime, other.Application, other.User)
        && Tags.SequenceEqual(other.Tags) && Extensions.SequenceEqual(other.Extensions);

    public override int GetHashCode() => HashCode.Combine(Path, Mode, ModifiedNs, Size, ContentKey, Target);
}

/// <summary>A field that this version doesn't know.</summary>
/// <param name="Tag">Above those of the fields that it knows.</param>
public sealed record EntryExtension(byte Tag, ReadOnlyMemory<byte> Value)
{
    public bool Equals(EntryExtension? other) => other is not null && Tag == other.Tag && Value.Span.SequenceEqual(other.Value.Span);

    public override int GetHashCode() => HashCode.Combine(Tag, Value.Length);
}

/// <summary>How long the parts of an entry may be: all at once still fit into a record.</summary>
public static class EntryLimits
{
    public const ushort MaxMode = 0xFFF; // 07777

    /// <summary>What Linux takes as a target.</summary>
    public const int Target = 4095;

    public const int Tags = 32;
    public const int Tag = 64;
    public const int Mime = 127;
    public const int Application = 64;
    public const int User = 64;

    /// <summary>All extensions together, with their heads.</summary>
    public const int Extensions = 1024;
}
