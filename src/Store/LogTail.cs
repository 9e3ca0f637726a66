using System.Buffers.Binary;

namespace Vault.Store;

/// <summary>
/// Tells a write-ahead log that a power cut left half-written from one that was damaged. RocksDB's log is blocks of 32 KiB of
/// physical records: masked CRC-32C (4), length (2), type (1), payload; the CRC is of type and payload.
/// </summary>
static class LogTail
{
    const int BlockSize = 32 << 10, HeaderSize = 7;

    // File systems grow a file before they write its data, and what isn't written reads as zeros, in whole sectors. Encrypted
    // records don't end in that many zeros.
    const int ZerosOfATornRecord = 16;

    /// <summary>True if the newest log that holds anything is good up to a record that ends, with the file, in zeros.</summary>
    internal static bool IsTorn(string folder)
    {
        FileInfo? newest = new DirectoryInfo(folder).EnumerateFiles("*.log").Where(file => file.Length > 0).MaxBy(file => file.Name, StringComparer.Ordinal);
        if (newest is null) return false;
        using FileStream log = newest.OpenRead();
        Span<byte> block = new byte[BlockSize];
        while (true)
        {
            int length = log.ReadAtLeast(block, BlockSize, throwOnEndOfStream: false);
            if (length == 0) return false; // all of it is good: the damage is elsewhere
            int good = GoodBytes(block[..length]);
            if (good < length) return EndsInZeros(log, block[good..length]);
        }
    }

    static int GoodBytes(ReadOnlySpan<byte> block)
    {
        int at = 0;
        while (block.Length - at >= HeaderSize)
        {
            int size = HeaderSize + BinaryPrimitives.ReadUInt16LittleEndian(block[(at + 4)..]);
            if (size > block.Length - at) return at;
            if (Crc32c.Masked(block[(at + 6)..(at + size)]) != BinaryPrimitives.ReadUInt32LittleEndian(block[at..])) return at;
            at += size;
        }
        return block.Length; // a rest too short for a header is padding
    }

    // The damaged record is at most this block's; behind it nothing but zeros may follow.
    static bool EndsInZeros(FileStream log, ReadOnlySpan<byte> rest)
    {
        int zeros = rest.Length - 1 - rest.LastIndexOfAnyExcept((byte)0);
        byte[] buffer = new byte[BlockSize];
        long more = 0;
        for (int length; (length = log.Read(buffer)) > 0; more += length)
            if (buffer.AsSpan(0, length).ContainsAnyExcept((byte)0)) return false;
        return zeros > 0 && zeros + more >= ZerosOfATornRecord;
    }
}
