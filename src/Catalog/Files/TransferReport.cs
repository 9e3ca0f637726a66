namespace Vault.Catalog;

/// <summary>How far files have come, in or out. Totals are null until they are known.</summary>
public readonly record struct TransferProgress(long Files, long Bytes, long? TotalFiles, long? TotalBytes);

/// <summary>Why something was left out, or isn't as it should be.</summary>
public enum SkipReason
{
    /// <summary>A pipe, a socket, a device: nothing that could be read as a file.</summary>
    Special,

    /// <summary>The system doesn't let this user read it, or the disk can't.</summary>
    Unreadable,

    /// <summary>A name that no vault can hold: not UTF-8, or with characters that paths don't have.</summary>
    BadName,

    /// <summary>Another entry of the same folder has the same name once both are written in one form.</summary>
    SameName,

    /// <summary>It went away while the folder was read.</summary>
    Vanished,

    /// <summary>It changed again and again while it was read: what was read last was stored all the same.</summary>
    Changing,

    /// <summary>This program's own data, or a second way to the same folder.</summary>
    Own,

    /// <summary>The file that is there has been changed, and force wasn't given.</summary>
    WouldOverwrite,

    /// <summary>Something else stands in its place: a folder, or a symlink that nothing is written through.</summary>
    InTheWay,

    /// <summary>Its content isn't on this machine, or is damaged.</summary>
    Missing,

    /// <summary>The disk refuses to take it.</summary>
    Unwritable,
}

/// <param name="Path">On this machine when adding, in the vault when getting; made fit for a terminal.</param>
/// <param name="Detail">One short sentence without a full stop.</param>
public sealed record Skipped(string Path, SkipReason Reason, string Detail);

/// <summary>What was skipped: all of it counted, the first thousands of it named. For any thread.</summary>
sealed class SkipList
{
    /// <summary>Who skips more has one cause for most of it, and sees it by then.</summary>
    const int MaxNamed = 10_000;

    readonly Lock gate = new();
    readonly List<Skipped> named = [];
    long count;

    public long Count => Interlocked.Read(ref count);

    public IReadOnlyList<Skipped> Named
    {
        get { lock (gate) return [.. named.OrderBy(skipped => skipped.Path, StringComparer.Ordinal)]; }
    }

    public void Add(string path, SkipReason reason, string detail)
    {
        lock (gate)
        {
            count++;
            if (named.Count < MaxNamed) named.Add(new Skipped(path, reason, detail));
        }
    }
}
