using System.Buffers.Binary;

namespace Vault.Store;

/// <summary>A record found in a blob file. <paramref name="Whole"/>: key and value are what was written, by the record's checksum; null where only the key was read.</summary>
public readonly record struct BlobRecord(byte[] Key, long ValueOffset, int ValueLength, bool? Whole);

/// <summary>
/// Reads RocksDB's blob files without RocksDB, for the day when its index is lost: whatever whole records are there are found,
/// in files that are cut short, overwritten in places, or full of noise. Damage is never a fault here. Memory is bounded by the
/// limits below, whatever lengths the file claims.
/// </summary>
/// <remarks>
/// The format (db/blob/blob_log_format.h), little-endian: a file header of 30 bytes, which starts with the magic number;
/// records, each of key length (8), value length (8), expiration (8), masked CRC-32C of these 24 bytes (4), masked CRC-32C of key and
/// value (4), key, value; a footer of 32 bytes in files that were finished. The header isn't needed to read the records:
/// their own checksums say where one begins.
/// </remarks>
public sealed class BlobFile
{
    const int RecordHeaderSize = 32, CheckedHeaderSize = 24;
    const int MaxKey = 4 << 10;      // far above any key of ours; a longer one is noise
    const int SearchStep = 256 << 10;

    readonly Stream file;
    readonly int maxValue;
    byte[] search = [], value = [];

    /// <param name="file">Must be able to seek. The caller keeps it.</param>
    /// <param name="maxValue">A record that claims a longer value is taken for noise.</param>
    public BlobFile(Stream file, int maxValue)
    {
        this.file = file;
        this.maxValue = maxValue;
    }

    /// <summary>Every record whose header is good, keys only: values are skipped, not read, and may be damaged.</summary>
    public IEnumerable<BlobRecord> Keys() => Walk(readValues: false);

    /// <summary>Every record whose header is good, its key and value read and checked.</summary>
    public IEnumerable<BlobRecord> Records() => Walk(readValues: true);

    /// <summary>The value of the record that <see cref="Records"/> gave last; valid until its next step.</summary>
    public ReadOnlyMemory<byte> Value { get; private set; }

    IEnumerable<BlobRecord> Walk(bool readValues)
    {
        long at = 0; // the file's header is no record: the first one is found by searching
        while (true)
        {
            if (HeaderAt(at) is not Header header)
            {
                at = NextHeader(at + 1);
                if (at < 0) yield break;
                continue;
            }
            BlobRecord? record = Read(at, header, readValues);
            if (record is { } found) yield return found;
            // A record whose content fails its checksum may have swallowed others: its lengths are good by their own checksum,
            // but bytes may be missing inside, and the next record may begin anywhere.
            bool trusted = record is { Whole: not false };
            at = trusted ? at + RecordHeaderSize + header.KeyLength + header.ValueLength : NextHeader(at + 1);
            if (at < 0) yield break;
        }
    }

    readonly record struct Header(int KeyLength, int ValueLength, uint ContentChecksum);

    BlobRecord? Read(long at, Header header, bool readValue)
    {
        byte[] key = new byte[header.KeyLength];
        long valueAt = at + RecordHeaderSize + header.KeyLength;
        if (!ReadAt(at + RecordHeaderSize, key)) return null;
        if (!readValue) return valueAt + header.ValueLength <= file.Length ? new BlobRecord(key, valueAt, header.ValueLength, null) : null;
        if (value.Length < header.ValueLength) value = new byte[header.ValueLength];
        Span<byte> content = value.AsSpan(0, header.ValueLength);
        bool there = ReadAt(valueAt, content);
        bool whole = there && Crc32c.Mask(Crc32c.Extend(Crc32c.Extend(Crc32c.Start, key), content)) == header.ContentChecksum;
        Value = whole ? value.AsMemory(0, header.ValueLength) : default;
        return new BlobRecord(key, valueAt, header.ValueLength, whole);
    }

    Header? HeaderAt(long at)
    {
        Span<byte> bytes = stackalloc byte[RecordHeaderSize];
        return ReadAt(at, bytes) ? Parse(bytes) : null;
    }

    Header? Parse(ReadOnlySpan<byte> bytes)
    {
        ulong keyLength = BinaryPrimitives.ReadUInt64LittleEndian(bytes), valueLength = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        // Cheap conditions first: a search asks this of every byte of the file. Our files have no expiration.
        if (keyLength is 0 or > MaxKey || valueLength > (ulong)maxValue || BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]) != 0) return null;
        if (Crc32c.Masked(bytes[..CheckedHeaderSize]) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[CheckedHeaderSize..])) return null;
        return new Header((int)keyLength, (int)valueLength, BinaryPrimitives.ReadUInt32LittleEndian(bytes[28..]));
    }

    // The next place at or behind `from` where a header's checksum holds; -1 when there is none.
    long NextHeader(long from)
    {
        if (search.Length == 0) search = new byte[Math.Min(SearchStep, file.Length) + RecordHeaderSize];
        for (long at = from; ; at += SearchStep)
        {
            int length = ReadUpTo(at, search);
            if (length < RecordHeaderSize) return -1;
            int last = Math.Min(length - RecordHeaderSize, SearchStep - 1);
            for (int i = 0; i <= last; i++)
                if (Parse(search.AsSpan(i, RecordHeaderSize)) is not null) return at + i;
        }
    }

    bool ReadAt(long at, Span<byte> destination) => ReadUpTo(at, destination) == destination.Length;

    int ReadUpTo(long at, Span<byte> destination)
    {
        if (at >= file.Length) return 0;
        file.Position = at;
        return file.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
    }
}
