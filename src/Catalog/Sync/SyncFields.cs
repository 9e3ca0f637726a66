using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>The fields of messages that are more than a number or a hash, written and read.</summary>
static class SyncFields
{
    internal static ByteWriter Flag(this ByteWriter writer, bool value) => writer.Byte(value ? (byte)1 : (byte)0);

    /// <summary>The lowest bytes of a number.</summary>
    internal static ByteWriter Number(this ByteWriter writer, ulong value, int size)
    {
        for (int at = size - 1; at >= 0; at--) writer.Byte((byte)(value >> (8 * at)));
        return writer;
    }

    internal static ByteWriter Varint(this ByteWriter writer, ulong value)
    {
        Span<byte> bytes = stackalloc byte[Primitives.Varint.MaxSize];
        return writer.Bytes(bytes[..Primitives.Varint.Write(bytes, value)]);
    }

    /// <summary>A hash, or as much of it as tells it from another.</summary>
    internal static ByteWriter Hash(this ByteWriter writer, Hash32 value, int size)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        value.CopyTo(bytes);
        return writer.Bytes(bytes[..size]);
    }

    internal static ByteWriter Cells(this ByteWriter writer, ReadOnlySpan<Cell> cells)
    {
        Span<byte> bytes = stackalloc byte[Cell.Size];
        foreach (Cell cell in cells)
        {
            cell.CopyTo(bytes);
            writer.Bytes(bytes);
        }
        return writer;
    }

    /// <summary>Ids that ascend: of each the distance of its bucket from the one before, and its other 48 bits.</summary>
    internal static ByteWriter Ids(this ByteWriter writer, ReadOnlySpan<ulong> ids)
    {
        ulong bucket = 0;
        foreach (ulong id in ids)
        {
            writer.Varint((id >> 48) - bucket).Number(id, 6);
            bucket = id >> 48;
        }
        return writer;
    }

    internal static bool HasMore(this in ByteReader reader) => !reader.Failed && !reader.Rest.IsEmpty;

    internal static bool TakeFlag(this ref ByteReader reader)
    {
        byte value = reader.TakeByte();
        if (value > 1) reader.Fail();
        return value == 1;
    }

    internal static ulong TakeNumber(this ref ByteReader reader, int size)
    {
        ulong value = 0;
        foreach (byte b in reader.Take(size)) value = value << 8 | b;
        return value;
    }

    internal static int TakeVarint(this ref ByteReader reader, int max)
    {
        if (reader.Failed || Primitives.Varint.Read(reader.Rest, out ulong value, out int length) != VarintResult.Done || value > (ulong)max)
        {
            reader.Fail();
            return 0;
        }
        reader.Take(length);
        return (int)value;
    }

    /// <summary>A hash of which so many bytes are there; zeros follow.</summary>
    internal static Hash32 TakeHash(this ref ByteReader reader, int size)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        bytes.Clear();
        reader.Take(size).CopyTo(bytes);
        return new Hash32(bytes);
    }

    /// <summary>Cells up to the end, at most <paramref name="max"/>.</summary>
    internal static Cell[] TakeCells(this ref ByteReader reader, int max)
    {
        if (reader.Failed || reader.Rest.Length % Cell.Size != 0 || reader.Rest.Length / Cell.Size > max)
        {
            reader.Fail();
            return [];
        }
        Cell[] cells = new Cell[reader.Rest.Length / Cell.Size];
        for (int i = 0; i < cells.Length; i++) cells[i] = Cell.Read(reader.Take(Cell.Size));
        return cells;
    }

    /// <summary>Ids up to the end, at most <paramref name="max"/>.</summary>
    internal static ulong[] TakeIds(this ref ByteReader reader, int max)
    {
        List<ulong> ids = [];
        ulong bucket = 0;
        while (reader.HasMore())
        {
            bucket += (ulong)reader.TakeVarint(0xFFFF);
            ulong id = bucket << 48 | reader.TakeNumber(6);
            if (bucket > 0xFFFF || ids.Count == max || (ids.Count > 0 && ids[^1] >= id)) reader.Fail();
            ids.Add(id);
        }
        return [.. ids];
    }
}
