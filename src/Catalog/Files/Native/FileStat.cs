using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Vault.Catalog;

/// <summary>What stands at a name in a folder.</summary>
enum FileKind : byte
{
    Other,
    File,
    Folder,
    Symlink,
    Pipe,
    Socket,
    Device,
}

/// <summary>
/// What the file system says of one file without reading it. If two looks at a file give equal values and the second isn't
/// <see cref="MayStillChange"/>, the content between the looks was one and the same.
/// </summary>
readonly record struct FileStat(FileKind Kind, uint Mode, long Size, long ModifiedNs, long ChangedNs, ulong Inode, ulong Device)
{
    /// <summary>Permissions and the three bits above them.</summary>
    public const uint ModeBits = 0xFFF;

    /// <summary>Clocks of file systems tick at most this slowly on Linux (100 Hz); twice that, for the kernel's own rounding.</summary>
    const long TickNs = 20_000_000;

    /// <summary>FAT counts in two seconds, and some network file systems in one.</summary>
    const long CoarseTickNs = 2_000_000_000;

    const int StructSize = 256; // struct statx

    /// <summary>
    /// True when a file looked at now could be changed once more without a new time: its last change lies within one tick of the
    /// clock by which the file system dates changes. A time in whole seconds may come from a file system that knows no finer.
    /// </summary>
    public bool MayStillChange(long nowNs) => nowNs - ChangedNs < (ChangedNs % 1_000_000_000 == 0 ? CoarseTickNs : TickNs);

    /// <summary>Looks at a name in an open folder, itself when it is a symlink; with an empty name, at the open file itself.</summary>
    internal static unsafe int Read(int folder, ReadOnlySpan<byte> name, out FileStat stat)
    {
        stat = default;
        Span<byte> path = stackalloc byte[ZeroEnded.MaxName + 1];
        if (!ZeroEnded.TryWrite(name, path)) return Errno.Invalid;
        byte* result = stackalloc byte[StructSize];
        fixed (byte* p = path)
            if (Linux.statx(folder, p, Linux.AT_SYMLINK_NOFOLLOW | (name.IsEmpty ? Linux.AT_EMPTY_PATH : 0), Linux.STATX_BASIC_STATS, result) != 0) return Linux.Error;
        stat = Decode(new ReadOnlySpan<byte>(result, StructSize));
        return Errno.None;
    }

    static FileStat Decode(ReadOnlySpan<byte> statx)
    {
        uint mode = MemoryMarshal.Read<ushort>(statx[28..]);
        return new FileStat(
            KindOf(mode >> 12), mode & ModeBits, MemoryMarshal.Read<long>(statx[40..]), Time(statx[112..]), Time(statx[96..]), MemoryMarshal.Read<ulong>(statx[32..]),
            (ulong)MemoryMarshal.Read<uint>(statx[136..]) << 32 | MemoryMarshal.Read<uint>(statx[140..]));
    }

    static FileKind KindOf(uint type) => type switch
    {
        8 => FileKind.File,
        4 => FileKind.Folder,
        10 => FileKind.Symlink,
        1 => FileKind.Pipe,
        12 => FileKind.Socket,
        2 or 6 => FileKind.Device,
        _ => FileKind.Other,
    };

    // Nanoseconds since 1970 fit until 2262; a file from beyond is dated at the end.
    static long Time(ReadOnlySpan<byte> timestamp)
    {
        const long Second = 1_000_000_000;
        long seconds = MemoryMarshal.Read<long>(timestamp);
        return seconds < long.MinValue / Second ? long.MinValue : seconds >= long.MaxValue / Second ? long.MaxValue : seconds * Second + MemoryMarshal.Read<uint>(timestamp[8..]);
    }

    /// <summary>The bytes that a keyed hash of this is made of.</summary>
    internal void Write(Span<byte> destination)
    {
        destination[0] = (byte)Kind;
        BinaryPrimitives.WriteUInt32BigEndian(destination[1..], Mode);
        BinaryPrimitives.WriteInt64BigEndian(destination[5..], Size);
        BinaryPrimitives.WriteInt64BigEndian(destination[13..], ModifiedNs);
        BinaryPrimitives.WriteInt64BigEndian(destination[21..], ChangedNs);
        BinaryPrimitives.WriteUInt64BigEndian(destination[29..], Inode);
        BinaryPrimitives.WriteUInt64BigEndian(destination[37..], Device);
    }

    internal static FileStat Read(ReadOnlySpan<byte> written) => new(
        (FileKind)written[0], BinaryPrimitives.ReadUInt32BigEndian(written[1..]), BinaryPrimitives.ReadInt64BigEndian(written[5..]), BinaryPrimitives.ReadInt64BigEndian(written[13..]),
        BinaryPrimitives.ReadInt64BigEndian(written[21..]), BinaryPrimitives.ReadUInt64BigEndian(written[29..]), BinaryPrimitives.ReadUInt64BigEndian(written[37..]));

    internal const int EncodedSize = 45;
}
