namespace Vault.Catalog;

/// <summary>What an event says of a name, and so how soon it is worth a look.</summary>
enum Stir
{
    /// <summary>The vault has changed.</summary>
    Vault,

    /// <summary>Something is there and whole: a file was closed, moved here, or its mode was changed.</summary>
    Settled,

    /// <summary>It is being written.</summary>
    Writing,

    /// <summary>It went. Often something comes in its place at once: that is how editors save.</summary>
    Gone,

    /// <summary>It was looked at and couldn't be told.</summary>
    Again,
}

/// <summary>
/// Which paths are to be looked at, and when. One change alone is looked at after milliseconds; while many come they are collected,
/// and deletions wait until they end, so that the brake sees a whole and a file that is replaced isn't taken for deleted.
/// Pure: the time comes in, as ticks of a clock that only goes forward, in milliseconds.
/// </summary>
sealed class Agenda
{
    /// <summary>Most saves are over within it: the temporary file is gone again, or has become the file.</summary>
    const long SettledMs = 12;

    /// <summary>A program that keeps a file open gets its changes in after this pause, and at the latest after the other.</summary>
    const long WritingMs = 1000, WritingAtMostMs = 15_000;

    const long GoneMs = 250, GoneAtMostMs = 4000;

    const long AgainMs = 60, AgainAtMostMs = 30_000;

    /// <summary>So many at once are no single change: they are collected.</summary>
    const int Many = 64;

    const long ManyMs = 100, ManyAtMostMs = 1500;

    /// <summary>Beyond so many a look at everything costs less.</summary>
    const int Most = 200_000;

    readonly Dictionary<VaultPath, Item> items = [];
    long lastGone, firstGone, last, first;

    readonly record struct Item(long Due, long Since, bool Below, bool Gone, int Attempt);

    public int Count => items.Count;

    /// <summary>So much has happened that everything must be looked at.</summary>
    public bool IsOverfull => items.Count > Most;

    /// <param name="below">Also what lies below it.</param>
    /// <param name="attempt">How often it was looked at in vain.</param>
    public void Add(VaultPath path, Stir stir, bool below, long now, int attempt = 0)
    {
        if (IsOverfull) return;
        bool known = items.TryGetValue(path, out Item item);
        long since = known ? item.Since : now;
        long due = stir switch
        {
            Stir.Vault => now,
            Stir.Settled => now + SettledMs,
            Stir.Writing => Math.Min(now + WritingMs, since + WritingAtMostMs),
            Stir.Gone => now + GoneMs,
            _ => now + Math.Min(AgainMs << Math.Min(attempt, 12), AgainAtMostMs),
        };
        // What is whole now needn't wait any longer; what is being written again must.
        if (known && stir is Stir.Vault) due = Math.Min(due, item.Due);
        if (stir == Stir.Gone)
        {
            if (firstGone == 0) firstGone = now;
            lastGone = now;
        }
        if (first == 0) first = now;
        last = now;
        items[path] = new Item(due, since, below || item.Below, stir == Stir.Gone, attempt);
    }

    /// <summary>When the next path is due; null when there is none.</summary>
    public long? Next => items.Count == 0 ? null : items.Values.Min(DueOf);

    /// <summary>Takes all that is due.</summary>
    public List<(VaultPath Path, bool Below, int Attempt)> Take(long now)
    {
        List<(VaultPath, bool, int)> due = [];
        foreach ((VaultPath path, Item item) in items)
            if (DueOf(item) <= now) due.Add((path, item.Below, item.Attempt));
        foreach ((VaultPath path, _, _) in due) items.Remove(path);
        if (items.Count == 0) firstGone = lastGone = first = last = 0;
        return due;
    }

    public void Clear()
    {
        items.Clear();
        firstGone = lastGone = first = last = 0;
    }

    long DueOf(Item item)
    {
        long due = item.Due;
        if (item.Gone) due = Math.Max(due, Math.Min(lastGone + GoneMs, firstGone + GoneAtMostMs));
        if (items.Count > Many) due = Math.Max(due, Math.Min(last + ManyMs, first + ManyAtMostMs));
        return due;
    }
}
