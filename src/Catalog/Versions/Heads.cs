using System.Globalization;
using System.Text;
using Vault.Blocks;

namespace Vault.Catalog;

/// <summary>One version that stands, and what readers know of it; no entry if it is damaged or closed to this device.</summary>
public sealed record Head(FileRecord Record, Entry? Entry)
{
    public bool IsTombstone => Record.Kind == RecordKind.Tombstone;

    /// <summary>Whether two versions are the same to a user: nothing that differs could be seen on a disk but the time.</summary>
    public bool LooksLike(Head other) => Look == other.Look;

    (RecordKind, BlockId?, ushort?, string?, Leaf?) Look => (Record.Kind, Record.Root, Entry?.Mode, Entry?.Target, Entry == null ? Record.Leaf : null);
}

/// <summary>
/// How versions that stand side by side are shown: one under the path's own name, the others under names made from them. Only a
/// view, the same on every device, never written anywhere: so no device's answer to a conflict becomes another's conflict.
/// </summary>
public sealed class Heads
{
    Heads(Head[] all)
    {
        All = all;
        Losers = all.Length == 1 ? [] : [.. all.Where(head => !head.IsTombstone && !head.LooksLike(all[0])).DistinctBy(head => all.First(head.LooksLike))];
    }

    public static Heads Of(IEnumerable<Head> heads)
    {
        if (heads is IReadOnlyList<Head> { Count: 1 } one) return new Heads([one[0]]); // nearly every path
        Head[] all = [.. heads.OrderByDescending(Rank).ThenByDescending(head => head.Record.Time).ThenByDescending(head => head.Record.Leaf)];
        return all.Length > 0 ? new Heads(all) : throw new ArgumentException("A path without versions isn't there.", nameof(heads));
    }

    /// <summary>The winner first.</summary>
    public IReadOnlyList<Head> All { get; }

    /// <summary>What the path's own name stands for.</summary>
    public Head Winner => All[0];

    /// <summary>Versions that a user would tell from the winner and from each other, deletions left out.</summary>
    public IReadOnlyList<Head> Losers { get; }

    /// <summary>Whether anything is there: a path is deleted only if nobody has changed it beside that.</summary>
    public bool IsDeleted => Winner.IsTombstone;

    public bool IsConflict => Losers.Count > 0;

    /// <summary>The winner can't be opened, and no other version can.</summary>
    public bool IsUnreadable => !IsDeleted && Winner.Entry == null;

    /// <summary>Someone deleted what someone else changed: the change stands.</summary>
    public bool WasDeletedToo => !IsDeleted && All.Any(head => head.IsTombstone);

    /// <summary>What a version has seen that is written in the knowledge of all of these; it replaces them.</summary>
    public VersionVector Seen => Register.Seen(All.Select(head => head.Record));

    /// <summary>Everything to show, each under its name. What can't be opened is left out.</summary>
    /// <param name="isFolder">Whether other paths lie under this one: a folder keeps its name, and a file that would be in its way gets another.</param>
    public IEnumerable<(VaultPath Path, Head Head)> Shown(VaultPath path, bool isFolder)
    {
        foreach (Head head in Losers.Prepend(Winner))
        {
            if (head.IsTombstone || head.Entry == null) continue;
            bool own = head == Winner && (!isFolder || head.Record.Kind == RecordKind.Folder);
            // A folder's record shows nothing of its own beside the folder that is there.
            if (!own && head.Record.Kind == RecordKind.Folder) continue;
            if ((own ? path : ConflictName(path, head.Record)) is { } name) yield return (name, head);
        }
    }

    /// <summary>
    /// <c>name (conflict 20300131T235959Z device leaf).ext</c>: when and by whom it was written, and which of several. A name that is
    /// too long with it loses its end. Null if even that is too long for a path.
    /// </summary>
    public static VaultPath? ConflictName(VaultPath path, FileRecord record)
    {
        string time = record.Time.Moment.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        string mark = $" (conflict {time} {record.Author.ToString()[..8]} {record.Leaf.Digest.ToString()[..8]})";
        string name = path.Name, folder = path.Text[..^name.Length];
        int room = Math.Min(VaultPath.MaxComponentBytes, VaultPath.MaxBytes - Encoding.UTF8.GetByteCount(folder)) - mark.Length;
        int dot = name.LastIndexOf('.');
        string extension = dot > 0 && Encoding.UTF8.GetByteCount(name.AsSpan(dot)) <= MaxExtension ? name[dot..] : "";
        string stem = Cut(name[..^extension.Length], room - Encoding.UTF8.GetByteCount(extension));
        return stem.Length == 0 ? null : VaultPath.Parse(folder + stem + mark + extension);
    }

    const int MaxExtension = 32; // in bytes; what is longer is no extension but a name with a dot

    // An edit outlives a deletion, a folder keeps its name, and what can be shown comes before what can't.
    static int Rank(Head head) => (head.IsTombstone, head.Entry == null, head.Record.Kind == RecordKind.Folder) switch
    {
        (true, _, _) => 0,
        (_, true, _) => 1,
        (_, _, false) => 2,
        _ => 3,
    };

    static string Cut(string text, int bytes)
    {
        int used = 0, end = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            used += rune.Utf8SequenceLength;
            if (used > bytes) break;
            end += rune.Utf16SequenceLength;
        }
        return text[..end];
    }
}
