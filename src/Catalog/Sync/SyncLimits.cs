namespace Vault.Catalog;

/// <summary>Everything a peer could make grow while two sets are compared, and how far.</summary>
public static class SyncLimits
{
    /// <summary>One message. A driver refuses longer ones unread.</summary>
    public const int Message = 256 << 10;

    /// <summary>One record: 16 KiB of body, its signature, and room.</summary>
    public const int Record = 17 << 10;

    /// <summary>A message of records is filled to here; then the next begins, so that reading, sending and checking overlap.</summary>
    public const int RecordsTarget = 64 << 10;

    /// <summary>Cells of a first message: 1 KiB, which reads up to about 30 differences.</summary>
    public const int FirstCells = 64;

    /// <summary>What a first message may carry: 8 KiB still travel in one flight on a fresh connection.</summary>
    public const int MaxFirstCells = 512;

    /// <summary>Cells in one message: 64 KiB.</summary>
    public const int CellsPerMessage = 4096;

    /// <summary>Cells in one comparison, 2 MiB: above some 70,000 differences the tree serves better.</summary>
    public const int CellsPerRun = 1 << 17;

    /// <summary>Ids in one message: under 40 KiB.</summary>
    public const int IdsPerMessage = 4096;

    /// <summary>Ids in a whole list, 64 MiB in memory. Sets that differ by more are compared by the tree.</summary>
    public const int ListedIds = 1 << 23;

    /// <summary>Prefixes asked for in one message, so that the answer stays under 64 KiB.</summary>
    public const int PrefixesPerMessage = 120;

    /// <summary>The same below the 16 bits where hashes are at hand: the answers are lists of leaves.</summary>
    public const int DeepPrefixesPerMessage = 32;

    /// <summary>Leaves under a prefix that are listed instead of hashed.</summary>
    public const int ListedLeaves = 16;

    /// <summary>
    /// Leaves listed under one prefix of 64 bits. Those are versions of one path, of which a set has at most 64; it takes 2^64
    /// hashes to have more share a prefix.
    /// </summary>
    public const int LeavesPerAnswer = 100;

    /// <summary>
    /// Prefixes answered in one comparison: the whole array of hashes (69,905 inner prefixes) twice, and beyond it one in four
    /// leaves. Someone who asks for more isn't comparing.
    /// </summary>
    public static long Prefixes(long count) => 2 * 69_905 + count / 4;

    /// <summary>Records a peer may send for each that was asked of it or that the sketch promised; more is a flood.</summary>
    public const int RecordsPerAsked = 3;

    /// <summary>Records beyond that, for what was written while the sets were compared.</summary>
    public const int SpareRecords = 64;

    /// <summary>Announcements that wait for a peer that reads too slowly; it gets the rest by a comparison.</summary>
    public const int QueuedNews = 256;

    /// <summary>Comparisons that a peer may begin: one a second, and a few at once after a change.</summary>
    public static readonly WorkRate Greetings = new(8, TimeSpan.FromSeconds(1));

    /// <summary>Walks over the whole set on a peer's account (0.1 to 0.5 s each at a million leaves).</summary>
    public static readonly WorkRate Walks = new(4, TimeSpan.FromSeconds(10));

    /// <summary>Records that nobody asked for: 2,000 a second, a tenth of the signatures a core can check.</summary>
    public static readonly WorkRate Unasked = new(4096, TimeSpan.FromMilliseconds(0.5));
}

/// <param name="Burst">How much may be done at once.</param>
/// <param name="Interval">The time in which one more becomes allowed.</param>
public readonly record struct WorkRate(int Burst, TimeSpan Interval);

/// <summary>What is left of a <see cref="WorkRate"/>.</summary>
sealed class WorkBudget(WorkRate rate)
{
    double left = rate.Burst;
    TimeSpan asOf;

    internal bool TryTake(int amount, TimeSpan now)
    {
        if (now > asOf)
        {
            left = Math.Min(rate.Burst, left + (now - asOf) / rate.Interval);
            asOf = now;
        }
        if (left < amount) return false;
        left -= amount;
        return true;
    }
}
