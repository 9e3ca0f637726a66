using System.Buffers.Binary;

namespace Vault.Store;

/// <summary>The first place where a log isn't good. <paramref name="Torn"/>: it is no more than what a power cut leaves of an unfinished write.</summary>
sealed record LogDamage(string File, long Offset, bool Torn);

/// <summary>
/// Reads RocksDB's write-ahead logs before RocksDB does, because it is not strict enough for us (7.8.3, by trial): where a
/// record begins with zeros it skips the rest of the block without a word, a length that was changed in the last block passes
/// for a torn end, and a torn record that the file system filled up with zeros passes for damage.
/// </summary>
/// <remarks>The format: blocks of 32 KiB of records, each masked CRC-32C of all that follows the length (4), length (2), type (1), payload.</remarks>
static class LogCheck
{
    const int BlockSize = 32 << 10, HeaderSize = 7;

    // File systems grow a file before they write its data, and what isn't written reads as zeros, in whole sectors. Encrypted
    // records don't end in that many zeros.
    const int ZerosOfATornRecord = 16;

    internal static LogDamage? FirstDamage(string folder)
    {
        string[] logs = [.. Directory.EnumerateFiles(folder, "*.log").Where(file => new FileInfo(file).Length > 0).Order(StringComparer.Ordinal)];
        foreach (string file in logs)
            if (FirstDamage(file, newest: file == logs[^1]) is LogDamage damage) return damage;
        return null;
    }

    static LogDamage? FirstDamage(string file, bool newest)
    {
        using FileStream log = File.OpenRead(file);
        byte[] block = new byte[BlockSize];
        for (long start = 0; ; start += BlockSize)
        {
            int length = log.ReadAtLeast(block, BlockSize, throwOnEndOfStream: false);
            if (length == 0) return null;
            int good = GoodBytes(block.AsSpan(0, length));
            if (good == length) continue;
            return new LogDamage(file, start + good, newest && IsTorn(log, block.AsSpan(good, length - good)));
        }
    }

    /// <summary>
    /// Puts a record with a wrong checksum where the damage is, so that RocksDB stops there and nowhere else. The log as it was
    /// is kept beside it.
    /// </summary>
    internal static void MarkForRocksDB(LogDamage damage)
    {
        File.Copy(damage.File, damage.File + ".damaged", overwrite: true);
        using FileStream log = File.OpenWrite(damage.File);
        log.Position = damage.Offset;
        log.Write([0, 0, 0, 0, 0, 0, 1]); // an empty whole record, whose checksum is not zero
        log.Flush(flushToDisk: true);
    }

    static int GoodBytes(ReadOnlySpan<byte> block)
    {
        int at = 0;
        while (block.Length - at >= HeaderSize && RecordAt(block[at..]) is int size and > 0) at += size;
        return block.Length - at < HeaderSize && IsPadding(block, at) ? block.Length : at;
    }

    // What is too short for a header at a block's end is zeros; at the file's end it is a torn header.
    static bool IsPadding(ReadOnlySpan<byte> block, int at) => at == block.Length || (block.Length == BlockSize && !block[at..].ContainsAnyExcept((byte)0));

    /// <summary>The size of the good record there; 0 when there is none.</summary>
    static int RecordAt(ReadOnlySpan<byte> bytes)
    {
        int size = HeaderSize + BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]);
        if (size > bytes.Length || bytes[6] is 0 or > 4) return 0;
        return Crc32c.Masked(bytes[6..size]) == BinaryPrimitives.ReadUInt32LittleEndian(bytes) ? size : 0;
    }

    // Torn: the rest is one record that the file ends in, or that ends in zeros, and no good record comes behind.
    static bool IsTorn(FileStream log, ReadOnlySpan<byte> rest)
    {
        int zeros = rest.Length - 1 - rest.LastIndexOfAnyExcept((byte)0);
        bool cutByTheEnd = rest.Length < HeaderSize || HeaderSize + BinaryPrimitives.ReadUInt16LittleEndian(rest[4..]) > rest.Length;
        byte[] buffer = new byte[BlockSize];
        long more = 0;
        for (int length; (length = log.Read(buffer)) > 0; more += length)
            if (buffer.AsSpan(0, length).ContainsAnyExcept((byte)0)) return false;
        for (int at = 1; at + HeaderSize <= rest.Length - zeros; at++)
            if (RecordAt(rest[at..]) > 0) return false;
        return (cutByTheEnd && more == 0) || (zeros > 0 && zeros + more >= ZerosOfATornRecord);
    }
}
