using System.Buffers.Binary;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>Ids that left a set and ids that came into it.</summary>
sealed record Toggles(ulong[] Removed, ulong[] Added)
{
    internal int Count => Removed.Length + Added.Length;
}

/// <summary>
/// The first cells of a vault's set, current in memory. They are stored now and then, and every change between leaves its ids
/// in a log, so that opening replays each of them exactly once: XOR forgives neither a lost nor a repeated one. When anything
/// is in doubt the cells are made again from the leaves.
/// </summary>
sealed class StoredSketch(IDatabase database, VaultTag tag, SketchKey key)
{
    /// <summary>64 KiB: reads up to about 3,000 differences without looking at the set.</summary>
    internal const int Cells = 4096;

    /// <summary>Changes between two checkpoints: replaying them takes a few milliseconds.</summary>
    const int CheckpointEvery = 4096;

    CellRange cells = new(0, Cells);
    int unsaved;
    bool logged = true; // false after a change too large for the log: only a checkpoint helps the next opening then

    internal SketchKey Key => key;

    internal bool IsCheckpointDue => unsaved >= CheckpointEvery || !logged;

    internal Cell[] Copy() => cells.Cells.ToArray();

    internal void Open(ulong sequence, long count, Func<IEnumerable<Leaf>> leaves)
    {
        if (TryLoad(sequence) && cells.Cells[0].Count == (short)count) return;
        CellRange built = new(0, Cells);
        foreach (Leaf leaf in leaves()) built.Add(leaf.Id, key);
        Take(built);
    }

    /// <summary>Goes on from cells that were worked out anew.</summary>
    internal void Take(CellRange built)
    {
        cells = built;
        logged = false;
    }

    internal void Log(Batch batch, ulong sequence, Toggles toggles)
    {
        if (toggles.Count <= CheckpointEvery) batch.Put(TreeKeys.Tree, TreeKeys.TogglesKey(tag, sequence), Encode(toggles));
        else batch.Delete(TreeKeys.Tree, TreeKeys.TreeKey(tag, TreeKeys.CellsOf));
    }

    internal void Apply(Toggles toggles)
    {
        foreach (ulong id in toggles.Removed) cells.Remove(id, key);
        foreach (ulong id in toggles.Added) cells.Add(id, key);
        unsaved += toggles.Count;
        logged &= toggles.Count <= CheckpointEvery;
    }

    // Sequence (8), fingerprint of the key (32), the cells, SHA-256 of all that.
    internal void Checkpoint(Batch batch, ulong sequence)
    {
        byte[] value = new byte[8 + Hash32.Size + Cells * Cell.Size + Hash32.Size];
        BinaryPrimitives.WriteUInt64BigEndian(value, sequence);
        key.Fingerprint.CopyTo(value.AsSpan(8));
        for (int i = 0; i < Cells; i++) cells.Cells[i].CopyTo(value.AsSpan(8 + Hash32.Size + i * Cell.Size));
        Hash32.Of(value.AsSpan(0, value.Length - Hash32.Size)).CopyTo(value.AsSpan(value.Length - Hash32.Size));
        batch.Put(TreeKeys.Tree, TreeKeys.TreeKey(tag, TreeKeys.CellsOf), value);
        batch.DeleteRange(TreeKeys.Tree, TreeKeys.TreeKey(tag, TreeKeys.TogglesOf), TreeKeys.TogglesKey(tag, sequence + 1));
        unsaved = 0;
        logged = true;
    }

    internal bool Agrees(CellRange built) => built.Cells.SequenceEqual(cells.Cells);

    bool TryLoad(ulong sequence)
    {
        byte[]? stored = database.Get(TreeKeys.Tree, TreeKeys.TreeKey(tag, TreeKeys.CellsOf));
        if (stored is not { Length: 8 + Hash32.Size + Cells * Cell.Size + Hash32.Size }) return false;
        if (Hash32.Of(stored.AsSpan(0, stored.Length - Hash32.Size)) != new Hash32(stored.AsSpan(stored.Length - Hash32.Size))) return false;
        if (new Hash32(stored.AsSpan(8, Hash32.Size)) != key.Fingerprint) return false;
        ulong saved = BinaryPrimitives.ReadUInt64BigEndian(stored);
        if (saved > sequence) return false;

        Cell[] loaded = new Cell[Cells];
        for (int i = 0; i < Cells; i++) loaded[i] = Cell.Read(stored.AsSpan(8 + Hash32.Size + i * Cell.Size));
        cells = new CellRange(0, loaded);
        return TryReplay(saved, sequence);
    }

    bool TryReplay(ulong saved, ulong sequence)
    {
        (_, byte[] to) = TreeKeys.AllOf(tag, TreeKeys.TogglesOf);
        ulong reached = saved;
        using ICursor cursor = database.Range(TreeKeys.Tree, TreeKeys.TogglesKey(tag, saved + 1), to);
        while (cursor.MoveNext())
        {
            if (cursor.Key.Length != VaultTag.Size + 9 || Decode(cursor.Value) is not { } toggles) return false;
            reached = BinaryPrimitives.ReadUInt64BigEndian(cursor.Key[(VaultTag.Size + 1)..]);
            Apply(toggles);
        }
        return reached == sequence;
    }

    // How many removed (4), those, the added; 8 bytes each.
    static byte[] Encode(Toggles toggles)
    {
        byte[] value = new byte[4 + 8 * toggles.Count];
        BinaryPrimitives.WriteInt32BigEndian(value, toggles.Removed.Length);
        int at = 4;
        foreach (ulong id in toggles.Removed.Concat(toggles.Added))
        {
            BinaryPrimitives.WriteUInt64BigEndian(value.AsSpan(at), id);
            at += 8;
        }
        return value;
    }

    static Toggles? Decode(ReadOnlySpan<byte> value)
    {
        int removed = value.Length < 4 ? -1 : BinaryPrimitives.ReadInt32BigEndian(value);
        if (removed < 0 || (value.Length - 4) % 8 != 0 || removed > (value.Length - 4) / 8) return null;
        ulong[] ids = new ulong[(value.Length - 4) / 8];
        for (int i = 0; i < ids.Length; i++) ids[i] = BinaryPrimitives.ReadUInt64BigEndian(value[(4 + 8 * i)..]);
        return new Toggles(ids[..removed], ids[removed..]);
    }
}
