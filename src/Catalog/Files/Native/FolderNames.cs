using System.Buffers;
using System.Runtime.InteropServices;

namespace Vault.Catalog;

/// <summary>
/// The names in a folder, as bytes, sorted by them; what the folder says of their kinds. One array holds all names: a
/// folder of a million files takes some thirty megabytes while it is walked.
/// </summary>
sealed class FolderNames
{
    const int EntriesAtOnce = 64 << 10;

    readonly ArrayBufferWriter<byte> bytes = new(512);
    readonly List<(int Start, byte Length, FileKind Kind)> names = [];

    FolderNames() { }

    public int Count => names.Count;

    public ReadOnlySpan<byte> this[int index] => bytes.WrittenSpan.Slice(names[index].Start, names[index].Length);

    /// <summary>Other, where the file system doesn't say: then a stat tells.</summary>
    public FileKind KindOf(int index) => names[index].Kind;

    public static int Read(FolderHandle folder, out FolderNames names)
    {
        names = new FolderNames();
        byte[] entries = ArrayPool<byte>.Shared.Rent(EntriesAtOnce);
        try
        {
            while (true)
            {
                int error = folder.NextEntries(entries, out int length);
                if (error != 0 || length == 0)
                {
                    names.Sort();
                    return error;
                }
                names.Take(entries.AsSpan(0, length));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(entries);
        }
    }

    // inode (8) ‖ offset (8) ‖ record length (2) ‖ type (1) ‖ name, ended by a zero
    void Take(ReadOnlySpan<byte> entries)
    {
        while (!entries.IsEmpty)
        {
            int size = MemoryMarshal.Read<ushort>(entries[16..]);
            ReadOnlySpan<byte> name = entries[19..size];
            name = name[..name.IndexOf((byte)0)];
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
            {
                names.Add((bytes.WrittenCount, (byte)name.Length, KindOfEntry(entries[18])));
                bytes.Write(name);
            }
            entries = entries[size..];
        }
    }

    void Sort()
    {
        ReadOnlyMemory<byte> all = bytes.WrittenMemory;
        names.Sort((a, b) => all.Span.Slice(a.Start, a.Length).SequenceCompareTo(all.Span.Slice(b.Start, b.Length)));
    }

    static FileKind KindOfEntry(byte type) => type switch
    {
        8 => FileKind.File,
        4 => FileKind.Folder,
        10 => FileKind.Symlink,
        1 => FileKind.Pipe,
        12 => FileKind.Socket,
        2 or 6 => FileKind.Device,
        _ => FileKind.Other,
    };
}
