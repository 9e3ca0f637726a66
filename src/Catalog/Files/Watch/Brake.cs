namespace Vault.Catalog;

/// <summary>Which way a change goes.</summary>
public enum WatchDirection
{
    /// <summary>From the folder into the vault, and so to all its devices.</summary>
    IntoVault,

    /// <summary>From the vault into the folder.</summary>
    IntoFolder,
}

/// <summary>
/// Holds back what would delete or replace unusually much one way: a folder emptied by mistake, a program that encrypts everything,
/// a device that was broken into. Single changes pass; many within ten minutes count together. What is held stays as it is on
/// both sides until somebody approves it or takes it back. Pure: the time comes in.
/// </summary>
/// <param name="most">More than so many are held; null turns it off.</param>
sealed class Brake(int? most)
{
    /// <summary>Nobody means to delete a tenth of a vault; but of ten files one is a tenth.</summary>
    public const int LeastHeld = 10;

    public const int UsualMost = 50;

    static readonly TimeSpan window = TimeSpan.FromMinutes(10);

    /// <summary>Paths that are told apart among those held; beyond it only that there are more.</summary>
    const int MostNamed = 10_000;

    readonly Dictionary<VaultPath, DateTimeOffset> passed = [];
    readonly HashSet<VaultPath> held = [];
    bool more;

    /// <summary>Once something is held, so is all that follows, until it is approved or there is nothing left to hold.</summary>
    public bool IsHolding { get; private set; }

    /// <summary>How many changes are held, at least.</summary>
    public int Held => held.Count;

    public bool HoldsMore => more;

    public IEnumerable<VaultPath> Examples => held.OrderBy(path => path).Take(5);

    public int? Limit(long entries) => most is not { } number ? null : (int)Math.Min(number, Math.Max(LeastHeld, entries / 10));

    /// <summary>Whether so many more deletions and replacements may be made without a look at all of them first.</summary>
    public bool Admits(int count, long entries, DateTimeOffset now)
    {
        if (IsHolding) return false;
        foreach ((VaultPath path, DateTimeOffset at) in passed.ToList())
            if (now - at >= window || now < at) passed.Remove(path); // a clock that was set back mustn't hold for ever
        return Limit(entries) is not { } limit || passed.Count + count <= limit;
    }

    /// <summary>A change has been made.</summary>
    public void Pass(VaultPath path, DateTimeOffset now)
    {
        if (most is { } number && passed.Count <= number) passed[path] = now;
    }

    public void Hold(VaultPath path)
    {
        IsHolding = true;
        if (held.Count < MostNamed) held.Add(path);
        else more = true;
    }

    /// <summary>What was held has been held before a restart: it still is.</summary>
    public void Resume() => IsHolding = true;

    /// <summary>There is nothing to hold of this path any more.</summary>
    public void Release(VaultPath path) => held.Remove(path);

    /// <summary>All paths are about to be looked at: what is held then is held again.</summary>
    public void Recount()
    {
        held.Clear();
        more = false;
    }

    /// <summary>Whether all that was held was taken back; after all paths were looked at.</summary>
    public bool TryEnd()
    {
        if (!IsHolding || held.Count > 0 || more) return false;
        IsHolding = false;
        return true;
    }

    /// <summary>What is held now is meant.</summary>
    public void Approve()
    {
        Recount();
        passed.Clear();
        IsHolding = false;
    }
}
