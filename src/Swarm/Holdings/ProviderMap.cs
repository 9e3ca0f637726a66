using System.Numerics;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>
/// Who says that it holds what: a row for each block, a column for each device, one bit where they meet. Three more columns are what
/// this device holds, what the vault needs, and which of that are inner blocks. At a million blocks and 50 devices it takes some 23 MB. Claims are hints:
/// nothing here makes anybody delete a byte.
/// </summary>
/// <remarks>For one caller at a time.</remarks>
public sealed class ProviderMap
{
    const int LeastRows = 1024, Nobody = 0;

    readonly SketchKey key;
    readonly ulong seed;
    readonly List<HeldColumn> columns = [];
    ulong[] ids = new ulong[LeastRows]; // by row
    int[] places = new int[4 * LeastRows]; // hash table with open addressing: a row and one, or nobody
    int rows;
    long remembered; // rows that an earlier run knew: the vault may need them, though that isn't known yet
    long taken; // bits that were taken away since all rows were looked through: so many may be nobody's now

    /// <param name="key">Of the vault, so that digests can be compared.</param>
    /// <param name="random">Nobody shall aim ids at one place of the table.</param>
    public ProviderMap(SketchKey key, RandomSource random)
    {
        (this.key, seed) = (key, random.NextUInt64() | 1);
        Needed = AddColumn(isOwn: true);
        Inner = AddColumn(isOwn: true);
        Self = AddColumn(isOwn: true);
    }

    /// <summary>What the vault needs, as far as this device knows.</summary>
    public HeldColumn Needed { get; }

    /// <summary>Those that link to others.</summary>
    public HeldColumn Inner { get; }

    /// <summary>What this device holds.</summary>
    public HeldColumn Self { get; }

    public int Rows => rows;

    internal ReadOnlySpan<ulong> Ids => ids.AsSpan(0, rows);

    /// <param name="isOwn">It is this device's own knowledge: there is room for all of it.</param>
    public HeldColumn AddColumn(bool isOwn = false)
    {
        HeldColumn column = new(ids.Length, isOwn);
        columns.Add(column);
        return column;
    }

    public void Remove(HeldColumn column)
    {
        taken += column.Digest.Count;
        columns.Remove(column);
    }

    /// <summary>Rows for what an earlier run knew, so that there is room for what others hold of it before it is known what the vault needs.</summary>
    internal void Remember(ReadOnlySpan<HeldId> known)
    {
        foreach (HeldId id in known)
            if (Find(id.Value) < 0) NewRow(id.Value, stranger: false);
        remembered = rows;
    }

    /// <summary>What the vault needs is known from now on.</summary>
    internal void EndRemembering() => remembered = 0;

    /// <summary>Whether the vault needs it, as far as is known here.</summary>
    public bool Contains(Blocks.BlockId needed) => Contains(Needed, HeldId.Of(needed));

    /// <summary>What is in one column and not in another.</summary>
    public IReadOnlyList<HeldId> Without(HeldColumn one, HeldColumn other)
    {
        List<HeldId> found = [];
        for (int word = 0; word < one.Words.Length; word++)
            for (ulong bits = one.Words[word] & ~other.Words[word]; bits != 0; bits &= bits - 1)
                found.Add(new HeldId(ids[(word << 6) + BitOperations.TrailingZeroCount(bits)]));
        return found;
    }

    public bool Contains(HeldColumn column, HeldId id) => Find(id.Value) is var row and >= 0 && column[row];

    /// <summary>Where a block's bits are, for several questions about it; null when nobody speaks of it. Good until the next block is added.</summary>
    internal int? RowOf(HeldId id) => Find(id.Value) is var row and >= 0 ? row : null;

    /// <summary>False when it is in already, or when there is no room for one more block.</summary>
    public bool Add(HeldColumn column, HeldId id)
    {
        int row = Find(id.Value);
        if (row < 0 && (row = NewRow(id.Value, stranger: !column.IsOwn)) < 0) return false;
        if (column[row]) return false;
        column[row] = true;
        column.Digest = column.Digest.With(key.Hash(id.Value));
        return true;
    }

    /// <summary>False when it wasn't in.</summary>
    public bool Take(HeldColumn column, HeldId id)
    {
        int row = Find(id.Value);
        if (row < 0 || !column[row]) return false;
        column[row] = false;
        taken++;
        column.Digest = column.Digest.Without(key.Hash(id.Value));
        return true;
    }

    public void Clear(HeldColumn column)
    {
        taken += column.Digest.Count;
        Array.Clear(column.Words);
        column.Digest = default;
    }

    /// <summary>The first has what the second has from now on.</summary>
    public void Copy(HeldColumn to, HeldColumn from)
    {
        taken += to.Digest.Count;
        from.Words.CopyTo(to.Words, 0);
        to.Digest = from.Digest;
    }

    public IEnumerable<HeldId> In(HeldColumn column)
    {
        for (int word = 0; word < column.Words.Length; word++)
            for (ulong bits = column.Words[word]; bits != 0; bits &= bits - 1)
                yield return new HeldId(ids[(word << 6) + BitOperations.TrailingZeroCount(bits)]);
    }

    /// <summary>So many of a column from a row on, and the row behind the last; 0 at the end.</summary>
    internal IReadOnlyList<HeldId> In(HeldColumn column, int from, int most, out int next)
    {
        List<HeldId> some = new((int)Math.Min(most, column.Digest.Count));
        for (int word = from >> 6; word < (rows + 63) >> 6; word++)
            for (ulong bits = word == from >> 6 ? column.Words[word] & ulong.MaxValue << from : column.Words[word]; bits != 0; bits &= bits - 1)
            {
                int row = (word << 6) + BitOperations.TrailingZeroCount(bits);
                if (some.Count == most)
                {
                    next = row;
                    return some;
                }
                some.Add(new HeldId(ids[row]));
            }
        next = 0;
        return some;
    }

    /// <summary>The first cells of a column's set.</summary>
    public CellRange Sketch(HeldColumn column, int cells)
    {
        CellRange range = new(0, cells);
        foreach (HeldId id in In(column)) range.Add(id.Value, key);
        return range;
    }

    /// <summary>So many that are in both, each as likely as any other; fewer when one is drawn twice, and none when the two have nothing in common.</summary>
    public IReadOnlyList<HeldId> Draw(HeldColumn one, HeldColumn other, int most, RandomSource random)
    {
        // Counting first costs a pass over the bits, and as much for two that share one block as for two that share all.
        int words = (rows + 63) >> 6, common = 0;
        for (int word = 0; word < words; word++) common += BitOperations.PopCount(one.Words[word] & other.Words[word]);
        if (common == 0) return [];
        SortedSet<int> places = [];
        for (int i = 0; i < most; i++) places.Add(random.Below(common));
        List<HeldId> drawn = [];
        int passed = 0, at = -1;
        ulong both = 0;
        foreach (int place in places)
        {
            for (; passed + BitOperations.PopCount(both) <= place; both = one.Words[at] & other.Words[at])
            {
                passed += BitOperations.PopCount(both);
                at++;
            }
            for (; passed < place; passed++) both &= both - 1;
            drawn.Add(new HeldId(ids[(at << 6) + BitOperations.TrailingZeroCount(both)]));
        }
        return drawn;
    }

    /// <summary>How many of the needed blocks have 0, 1, 2 … copies; in the last element as many or more. A group of columns is one copy.</summary>
    public long[] Histogram(HeldColumn[][] groups, int most)
    {
        long[] counts = new long[most + 1];
        ulong[] atLeast = new ulong[most + 1]; // bit r of [c]: this row has at least c copies
        for (int word = 0; word < (rows + 63) >> 6; word++)
        {
            ulong needed = Needed.Words[word];
            if (needed == 0) continue;
            Array.Clear(atLeast);
            atLeast[0] = ulong.MaxValue;
            foreach (HeldColumn[] group in groups)
            {
                ulong held = 0;
                foreach (HeldColumn column in group) held |= column.Words[word];
                for (int copies = most; copies > 0; copies--) atLeast[copies] |= atLeast[copies - 1] & held;
            }
            for (int copies = 0; copies <= most; copies++)
                counts[copies] += BitOperations.PopCount(needed & atLeast[copies] & ~(copies < most ? atLeast[copies + 1] : 0));
        }
        return counts;
    }

    /// <summary>The rows that at least so many groups have, a bit for each. Good until <see cref="Renumbered"/> changes.</summary>
    internal ulong[] HeldBy(HeldColumn[][] groups, int copies)
    {
        ulong[] enough = new ulong[(rows + 63) >> 6], atLeast = new ulong[copies + 1];
        for (int word = 0; word < enough.Length; word++)
        {
            Array.Clear(atLeast);
            atLeast[0] = ulong.MaxValue;
            foreach (HeldColumn[] group in groups)
            {
                ulong held = 0;
                foreach (HeldColumn column in group) held |= column.Words[word];
                for (int count = copies; count > 0; count--) atLeast[count] |= atLeast[count - 1] & held;
            }
            enough[word] = atLeast[copies];
        }
        return enough;
    }

    /// <summary>How often rows got other numbers.</summary>
    internal int Renumbered { get; private set; }

    int Find(ulong id)
    {
        for (int at = PlaceOf(id); ; at = at + 1 & places.Length - 1)
        {
            int place = places[at];
            if (place == Nobody) return -1;
            if (ids[place - 1] == id) return place - 1;
        }
    }

    int NewRow(ulong id, bool stranger)
    {
        // Looking through all rows for each block there is no room for would be a gift to whoever invents blocks.
        if (stranger && IsCrowded && taken >= HoldingsLimits.Strangers / 16) Compact();
        if (rows == HoldingsLimits.Rows || stranger && IsCrowded) return -1;
        if (rows == ids.Length) Resize(Math.Min(HoldingsLimits.Rows, rows + rows / 8 + LeastRows));
        ids[rows] = id;
        Place(rows++);
        return rows - 1;
    }

    bool IsCrowded => rows - Math.Max(Needed.Digest.Count, remembered) >= HoldingsLimits.Strangers;

    int PlaceOf(ulong id) => (int)(unchecked((id ^ seed) * (seed | 1)) >> 32) & places.Length - 1;

    void Place(int row)
    {
        int at = PlaceOf(ids[row]);
        while (places[at] != Nobody) at = at + 1 & places.Length - 1;
        places[at] = row + 1;
    }

    void Resize(int length)
    {
        Array.Resize(ref ids, length);
        foreach (HeldColumn column in columns) column.Resize(length);
        int wanted = (int)BitOperations.RoundUpToPowerOf2((uint)(length + length / 3));
        if (wanted > places.Length) places = new int[wanted];
        Rehash();
    }

    void Rehash()
    {
        Array.Clear(places);
        for (int row = 0; row < rows; row++) Place(row);
    }

    bool IsAllUsed()
    {
        for (int word = 0; word << 6 < rows; word++)
        {
            ulong unused = rows - (word << 6) is var left && left < 64 ? ulong.MaxValue >> (64 - left) : ulong.MaxValue;
            foreach (HeldColumn column in columns)
                if ((unused &= ~column.Words[word]) == 0) break;
            if (unused != 0) return false;
        }
        return true;
    }

    /// <summary>Forgets blocks that nobody claims and nothing needs.</summary>
    public void Compact()
    {
        taken = 0;
        if (IsAllUsed()) return;
        int kept = 0;
        for (int row = 0; row < rows; row++)
        {
            bool used = false;
            foreach (HeldColumn column in columns) used |= column[row];
            if (!used) continue;
            if (kept != row)
            {
                ids[kept] = ids[row];
                foreach (HeldColumn column in columns)
                {
                    column[kept] = column[row];
                    column[row] = false;
                }
            }
            kept++;
        }
        rows = kept;
        remembered = Math.Min(remembered, rows);
        Renumbered++;
        Rehash();
    }
}
