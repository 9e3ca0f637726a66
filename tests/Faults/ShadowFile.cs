using Vault.Primitives;

namespace Vault.Tests.Faults;

/// <summary>
/// A file as the disk may hold it: what was synced for certain, what was changed since perhaps. A disk writes sectors, each as
/// the page cache had it at some moment since the sync; so every sector shows the changes up to a moment of its own, and the
/// size one of its own too. Only cutting a file short is ordered, as journals order it: what was written to the space that
/// a cut freed is there only if the cut is.
/// </summary>
sealed class ShadowFile(int mode) : ShadowNode
{
    const int SectorSize = 512;

    readonly List<Change> pending = [];
    byte[] bytes = []; // zero from size on
    int size, latestSize;

    public int Mode => mode;

    public ReadOnlyMemory<byte> Durable => bytes.AsMemory(0, size);

    public void Load(byte[] contents)
    {
        bytes = contents;
        size = latestSize = contents.Length;
    }

    public void Write(long offset, ReadOnlyMemory<byte> data)
    {
        int from = checked((int)offset), to = checked(from + data.Length);
        Add(new Change(from, to, data, Math.Max(latestSize, to), Cuts: false));
    }

    public void Zero(long offset, long length) =>
        Add(new Change(checked((int)offset), (int)Math.Min(int.MaxValue, offset + length), null, latestSize, Cuts: false));

    public void Resize(long length)
    {
        int to = checked((int)length);
        Add(new Change(to, int.MaxValue, null, to, Cuts: to < latestSize));
    }

    public void Grow(long length) => Resize(Math.Max(length, latestSize));

    public void Sync()
    {
        Reserve(pending.Select(change => change.Size).Append(size).Max());
        foreach (Change change in pending) change.Apply(bytes, 0, bytes.Length);
        size = latestSize;
        pending.Clear();
    }

    /// <summary>What the running program sees, synced or not.</summary>
    public ReadOnlyMemory<byte> Latest()
    {
        Sync();
        return Durable;
    }

    /// <summary>What is left after a power cut.</summary>
    public ReadOnlyMemory<byte> Survive(RandomSource random) => (pending.Count == 0 ? 0 : random.Below(4)) switch
    {
        0 => Durable,
        1 => Latest(),
        _ => Scatter(random),
    };

    ReadOnlyMemory<byte> Scatter(RandomSource random)
    {
        // The cuts that survive are the first ones: no moment is later than the next cut, and where one freed space none earlier.
        int[] cuts = [.. Enumerable.Range(0, pending.Count).Where(i => pending[i].Cuts)];
        int survivors = random.Below(cuts.Length + 1);
        int earliest = survivors == 0 ? 0 : cuts[survivors - 1] + 1;
        int latest = survivors == cuts.Length ? pending.Count : cuts[survivors];
        int uncut = cuts.Take(survivors).Select(i => pending[i].Size).Append(int.MaxValue).Min() / SectorSize;

        int moment = earliest + random.Below(latest - earliest + 1);
        int survivingSize = moment == 0 ? size : pending[moment - 1].Size;

        Reserve(pending.Select(change => change.Size).Max());
        byte[] survivor = (byte[])bytes.Clone();
        int[] moments = new int[survivor.Length / SectorSize + 1];
        for (int sector = pending.Min(change => change.From) / SectorSize, run = 0; sector < moments.Length; sector++)
        {
            if (run-- == 0) // the sectors of a run reach the disk together
            {
                run = random.Below(random.Below(4) == 0 ? 1024 : 8);
                moment = random.Below(latest + 1);
            }
            moments[sector] = sector < uncut ? moment : Math.Max(moment, earliest);
        }

        for (int i = 0; i < pending.Count; i++)
            for (int at = pending[i].From / SectorSize; at < moments.Length && at * SectorSize < pending[i].To; at++)
                if (moments[at] > i) pending[i].Apply(survivor, at * SectorSize, (at + 1) * SectorSize);
        return survivor.AsMemory(0, survivingSize);
    }

    void Reserve(int length)
    {
        if (length > bytes.Length) Array.Resize(ref bytes, Math.Max(length, bytes.Length * 2));
    }

    void Add(Change change)
    {
        pending.Add(change);
        latestSize = change.Size;
    }

    /// <param name="Data">Null for zeros.</param>
    /// <param name="Size">The file's size after this change.</param>
    readonly record struct Change(int From, int To, ReadOnlyMemory<byte>? Data, int Size, bool Cuts)
    {
        /// <summary>Applies the part of this change that falls between two offsets.</summary>
        public void Apply(byte[] file, int from, int to)
        {
            from = Math.Max(from, From);
            to = Math.Min(Math.Min(to, To), file.Length);
            if (from >= to) return;
            if (Data is ReadOnlyMemory<byte> data) data.Span[(from - From)..(to - From)].CopyTo(file.AsSpan(from));
            else file.AsSpan(from, to - from).Clear();
        }
    }
}
