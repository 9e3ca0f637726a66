namespace Vault.Primitives;

/// <summary>
/// Reads the difference of two sets out of the difference of their first cells: a cell that holds a single id gives it away,
/// and taking the id out of its other cells lays open the next. The cells may be anyone's invention, so the work is bounded:
/// no more ids than cells, none twice.
/// </summary>
public static class Peeling
{
    /// <summary>Null when these cells are too few for the difference, or nobody's.</summary>
    public static IdDifference? Peel(ReadOnlySpan<Cell> difference, SketchKey key)
    {
        Cell[] cells = difference.ToArray();
        List<ulong> mine = [], theirs = [];
        HashSet<ulong> seen = [];
        Stack<int> waiting = new();
        for (int i = cells.Length - 1; i >= 0; i--) Watch(i);
        while (waiting.TryPop(out int index))
        {
            if (!cells[index].IsPure(key)) continue;
            ulong id = cells[index].Ids;
            int sign = cells[index].Count;
            if (seen.Count == cells.Length || !seen.Add(id)) return null;
            (sign > 0 ? mine : theirs).Add(id);
            ulong hash = key.Hash(id);
            for (CellMapping mapping = new(hash); mapping.Index < cells.Length; mapping.Advance())
            {
                cells[mapping.Index].Toggle(id, hash, -sign);
                Watch((int)mapping.Index);
            }
        }
        foreach (Cell cell in cells)
            if (!cell.IsEmpty) return null;
        mine.Sort();
        theirs.Sort();
        return new IdDifference(mine, theirs);

        void Watch(int index)
        {
            if (cells[index].Count is 1 or -1) waiting.Push(index);
        }
    }
}

/// <summary>The ids that only one side has, ascending.</summary>
public sealed record IdDifference(IReadOnlyList<ulong> Mine, IReadOnlyList<ulong> Theirs);
