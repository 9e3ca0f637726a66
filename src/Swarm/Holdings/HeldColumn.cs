namespace Vault.Swarm;

/// <summary>One set of blocks in a <see cref="ProviderMap"/>, a bit for each of its rows: what one device holds, or what the vault needs.</summary>
public sealed class HeldColumn
{
    internal HeldColumn(int rows, bool isOwn) => (Words, IsOwn) = (new ulong[Length(rows)], isOwn);

    /// <summary>It is this device's own knowledge, and nobody's claim.</summary>
    internal bool IsOwn { get; }

    internal ulong[] Words { get; private set; }

    public HeldDigest Digest { get; internal set; }

    internal bool this[int row]
    {
        get => (Words[row >> 6] >> row & 1) != 0;
        set
        {
            if (value) Words[row >> 6] |= 1UL << row;
            else Words[row >> 6] &= ~(1UL << row);
        }
    }

    internal void Resize(int rows)
    {
        ulong[] resized = new ulong[Length(rows)];
        Words.AsSpan(0, Math.Min(Words.Length, resized.Length)).CopyTo(resized);
        Words = resized;
    }

    static int Length(int rows) => (rows + 63) >> 6;
}
