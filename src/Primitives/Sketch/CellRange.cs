namespace Vault.Primitives;

/// <summary>
/// A stretch of a set's endless row of cells: those from <see cref="From"/> up to <see cref="To"/>. It is linear, so one stays
/// current by putting ids in and taking them out, and two can be subtracted.
/// </summary>
public sealed class CellRange
{
    readonly Cell[] cells;

    public CellRange(int from, int to) : this(from, new Cell[to - from]) { }

    public CellRange(int from, Cell[] cells)
    {
        From = from;
        this.cells = cells;
    }

    public int From { get; }

    public int To => From + cells.Length;

    public ReadOnlySpan<Cell> Cells => cells;

    public void Add(ulong id, SketchKey key) => Toggle(id, key.Hash(id), 1);

    public void Remove(ulong id, SketchKey key) => Toggle(id, key.Hash(id), -1);

    /// <summary>Puts in what another row of the same stretch has; no id may be in both.</summary>
    public void Add(CellRange other)
    {
        if ((other.From, other.To) != (From, To)) throw new ArgumentException("These are cells of different stretches.", nameof(other));
        for (int i = 0; i < cells.Length; i++) cells[i] += other.cells[i];
    }

    public void Toggle(ulong id, ulong hash, int sign)
    {
        CellMapping mapping = new(hash);
        while (mapping.Index < From) mapping.Advance();
        for (; mapping.Index < To; mapping.Advance()) cells[mapping.Index - From].Toggle(id, hash, sign);
    }

    /// <summary>This row without what another's has, over the cells both have from the first on.</summary>
    public static Cell[] Subtract(ReadOnlySpan<Cell> mine, ReadOnlySpan<Cell> theirs)
    {
        Cell[] difference = new Cell[Math.Min(mine.Length, theirs.Length)];
        for (int i = 0; i < difference.Length; i++) difference[i] = mine[i] - theirs[i];
        return difference;
    }
}
