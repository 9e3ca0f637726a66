namespace Vault.Blocks;

/// <summary>
/// Reads a segment without the index. Damage is never a fault: behind a record that isn't whole the next header is searched
/// for, because bytes may be missing inside. Memory is bounded by the largest block, whatever lengths the file claims.
/// </summary>
sealed class SegmentScan(string path, uint segment)
{
    const int SearchStep = 256 << 10;

    /// <param name="Block">Null when the bytes behind the header aren't the block that it names. Valid until the next one is asked for.</param>
    internal readonly record struct Found(BlockPlace Place, SegmentPlace At, int Length, Block? Block);

    readonly byte[] search = new byte[SearchStep + SegmentRecord.HeaderSize];
    byte[] bytes = [];

    internal IEnumerable<Found> Records(long from)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
        for (long at = NextHeader(file, from); at >= 0;)
        {
            Found found = ReadAt(file, at);
            yield return found;
            at = NextHeader(file, found.Block is null ? at + 1 : at + SegmentRecord.HeaderSize + found.Length);
        }
    }

    Found ReadAt(FileStream file, long at)
    {
        Span<byte> header = stackalloc byte[SegmentRecord.HeaderSize];
        file.Position = at;
        file.ReadExactly(header);
        SegmentRecord.TryReadHeader(header, out BlockPlace place, out int length);
        if (bytes.Length < length) bytes = new byte[length];
        bool there = file.ReadAtLeast(bytes.AsSpan(0, length), length, throwOnEndOfStream: false) == length;
        SegmentPlace start = new(segment, (uint)(at + SegmentRecord.HeaderSize));
        return new Found(place, start, length, there && Block.TryParse(bytes.AsMemory(0, length), place.Id, out Block block) ? block : null);
    }

    // The next place at or behind `from` where a whole header stands; -1 when there is none.
    long NextHeader(FileStream file, long from)
    {
        while (true)
        {
            file.Position = from;
            int length = file.ReadAtLeast(search.AsSpan(0, SegmentRecord.HeaderSize), SegmentRecord.HeaderSize, throwOnEndOfStream: false);
            if (length < SegmentRecord.HeaderSize) return -1;
            if (SegmentRecord.TryReadHeader(search, out _, out _)) return from; // as it nearly always is
            length += file.ReadAtLeast(search.AsSpan(length), search.Length - length, throwOnEndOfStream: false);
            int last = length - SegmentRecord.HeaderSize;
            for (int i = 0; i <= last; i++)
            {
                int next = search.AsSpan(i, last - i + SegmentRecord.Mark.Length).IndexOf(SegmentRecord.Mark);
                if (next < 0) break;
                i += next;
                if (SegmentRecord.TryReadHeader(search.AsSpan(i, SegmentRecord.HeaderSize), out _, out _)) return from + i;
            }
            if (length < search.Length) return -1;
            from += last + 1;
        }
    }
}
