using System.Buffers;
using System.Buffers.Binary;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>Puts the fields of a message behind one another.</summary>
sealed class SyncWriter
{
    readonly ArrayBufferWriter<byte> buffer = new(256);

    internal byte[] ToArray() => buffer.WrittenSpan.ToArray();

    internal SyncWriter Byte(byte value) => Bytes([value]);

    internal SyncWriter Flag(bool value) => Byte(value ? (byte)1 : (byte)0);

    internal SyncWriter Bytes(ReadOnlySpan<byte> value)
    {
        buffer.Write(value);
        return this;
    }

    internal SyncWriter Number(ulong value, int size)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return Bytes(bytes[(8 - size)..]);
    }

    internal SyncWriter Varint(ulong value)
    {
        Span<byte> bytes = stackalloc byte[Primitives.Varint.MaxSize];
        return Bytes(bytes[..Primitives.Varint.Write(bytes, value)]);
    }

    internal SyncWriter Hash(Hash32 value, int size = Hash32.Size)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        value.CopyTo(bytes);
        return Bytes(bytes[..size]);
    }

    internal SyncWriter Cells(ReadOnlySpan<Cell> cells)
    {
        Span<byte> bytes = stackalloc byte[Cell.Size];
        foreach (Cell cell in cells)
        {
            cell.CopyTo(bytes);
            Bytes(bytes);
        }
        return this;
    }

    /// <summary>Ids that ascend: of each the distance of its bucket from the one before, and its other 48 bits.</summary>
    internal SyncWriter Ids(ReadOnlySpan<ulong> ids)
    {
        ulong bucket = 0;
        foreach (ulong id in ids)
        {
            Varint((id >> 48) - bucket);
            Number(id, 6);
            bucket = id >> 48;
        }
        return this;
    }
}

/// <summary>Takes fields off bytes that may be anything. Reading past the end fails the reader for good; ask <see cref="Failed"/> before using what was read.</summary>
ref struct SyncReader(ReadOnlySpan<byte> source)
{
    ReadOnlySpan<byte> rest = source;

    internal bool Failed { get; private set; }

    internal readonly bool AtEnd => Failed || rest.IsEmpty;

    internal readonly bool IsComplete => !Failed && rest.IsEmpty;

    internal readonly int Left => rest.Length;

    internal ReadOnlySpan<byte> Bytes(int length)
    {
        if (Failed || length < 0 || length > rest.Length)
        {
            Failed = true;
            return default;
        }
        ReadOnlySpan<byte> taken = rest[..length];
        rest = rest[length..];
        return taken;
    }

    internal byte Byte() => Bytes(1) is [byte value] ? value : (byte)0;

    internal bool Flag()
    {
        byte value = Byte();
        Failed |= value > 1;
        return value == 1;
    }

    internal ulong Number(int size)
    {
        ulong value = 0;
        foreach (byte b in Bytes(size)) value = value << 8 | b;
        return value;
    }

    internal int Varint(int max)
    {
        if (Failed || Primitives.Varint.Read(rest, out ulong value, out int length) != VarintResult.Done || value > (ulong)max)
        {
            Failed = true;
            return 0;
        }
        rest = rest[length..];
        return (int)value;
    }

    internal Hash32 Hash(int size = Hash32.Size)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        bytes.Clear();
        Bytes(size).CopyTo(bytes);
        return new Hash32(bytes);
    }

    /// <summary>Cells up to the end, at most <paramref name="max"/>.</summary>
    internal Cell[] Cells(int max)
    {
        if (Failed || rest.Length % Cell.Size != 0 || rest.Length / Cell.Size > max)
        {
            Failed = true;
            return [];
        }
        Cell[] cells = new Cell[rest.Length / Cell.Size];
        for (int i = 0; i < cells.Length; i++) cells[i] = Cell.Read(Bytes(Cell.Size));
        return cells;
    }

    /// <summary>Ids up to the end, at most <paramref name="max"/>.</summary>
    internal ulong[] Ids(int max)
    {
        List<ulong> ids = [];
        ulong bucket = 0;
        while (!AtEnd)
        {
            bucket += (ulong)Varint(0xFFFF);
            ulong id = bucket << 48 | Number(6);
            Failed |= bucket > 0xFFFF || ids.Count == max || (ids.Count > 0 && ids[^1] >= id);
            ids.Add(id);
        }
        return [.. ids];
    }
}
