using Vault.Blocks;
using Vault.Identity;

namespace Vault.Catalog;

/// <summary>What a user can tell a version by. Times are left out: a file that was only touched is no new version.</summary>
readonly record struct Look(RecordKind Kind, BlockId? Root, ushort Mode, string? Target)
{
    public static Look Of(Head head) => new(head.Record.Kind, head.Record.Root, head.Entry!.Mode, head.Entry.Target);
}

/// <summary>What the vault shows under a name now.</summary>
/// <param name="Seen">What a version replaces that is written with this before its writer's eyes.</param>
/// <param name="Apart">A name made for it alone, whether it is shown under that now or not; null if none can be made.</param>
readonly record struct Shown(VaultPath Name, Look Look, VersionVector Seen, VaultPath? Apart);

/// <summary>What stood under a name when folder and vault last agreed about it.</summary>
/// <param name="Seen">What the vault showed there then.</param>
/// <param name="Next">What we were about to make of it when this was noted; null when nothing.</param>
readonly record struct Based(VaultPath Name, Look Look, VersionVector Seen, Turn? Next = null);

/// <summary>What a name is about to stand for.</summary>
/// <param name="Look">Null when it is about to be removed.</param>
readonly record struct Turn(Look? Look, VersionVector Seen);

/// <summary>What stands under a name in the folder now.</summary>
/// <param name="Look">Null when nothing does.</param>
/// <param name="IsUnknown">It can't be told now: it is being written, can't be read, or is nothing that a vault holds. Then nothing is concluded from it.</param>
readonly record struct Found(VaultPath Name, Look? Look, bool IsUnknown = false);

/// <summary>A version that stands no longer and whose content is kept.</summary>
readonly record struct Gone(Look Look, VersionVector Versions);

/// <summary>
/// All there is to know of one path of the vault: what it shows, under its own name and under those made for versions that lost;
/// what stands under these names in the folder; and what did when both last agreed.
/// </summary>
/// <param name="Shown">Each name once. A folder that is only there because something lies in it isn't among them.</param>
/// <param name="Base">Each name once.</param>
/// <param name="Folder">Of the path itself and of each name in the other two, once.</param>
/// <param name="IsFolder">Something lies in it, in the vault.</param>
/// <param name="Deleted">What the deletions that stand have seen.</param>
/// <param name="Unshown">What the versions have seen that stand and can't be shown beside the others: folders that lost.</param>
/// <param name="Known">What all versions have seen together that stand, were replaced, or are held aside.</param>
/// <param name="Past">Versions that were replaced.</param>
/// <param name="Me">Who writes what this folder's user does.</param>
sealed record PathState(
    VaultPath Path, IReadOnlyList<Shown> Shown, IReadOnlyList<Based> Base, IReadOnlyList<Found> Folder, bool IsFolder,
    VersionVector Deleted, VersionVector Unshown, VersionVector Known, IReadOnlyList<Gone> Past, DeviceId Me);

/// <summary>One thing to do so that folder and vault agree about a path.</summary>
abstract record Step
{
    private Step() { }

    /// <summary>A change to the vault.</summary>
    /// <param name="Basis">What it replaces.</param>
    public abstract record Edit(VersionVector Basis) : Step
    {
        /// <summary>The versions it is meant to replace, by the names they are shown under. A basis can cover others that nobody meant.</summary>
        public IReadOnlyList<VaultPath> Meant { get; init; } = [];
    }

    /// <summary>What stands under a name becomes a version of the path.</summary>
    /// <param name="Drops">Names that are settled with it.</param>
    /// <param name="Apart">It becomes a file of its own instead, under the name where it stands.</param>
    public sealed record Put(VaultPath From, Look Look, VersionVector Basis, IReadOnlyList<VaultPath> Drops, bool Overwrites, bool Apart = false) : Edit(Basis);

    /// <summary>The path is deleted.</summary>
    public sealed record Remove(VersionVector Basis, IReadOnlyList<VaultPath> Drops) : Edit(Basis);

    /// <summary>What is shown is written once more: over versions that the user has thrown away, or beside what is written with it.</summary>
    /// <param name="Apart">It becomes a file of its own instead, under the name made for it.</param>
    public sealed record Settle(Shown Keep, VersionVector Basis, IReadOnlyList<VaultPath> Drops, bool Apart = false) : Edit(Basis);

    /// <summary>What is shown is written into the folder.</summary>
    /// <param name="Over">What stands there, and may be replaced if it is still just that.</param>
    public sealed record Place(Shown What, Based? Over) : Step;

    /// <summary>What stands in the folder goes, if it is still just that.</summary>
    public sealed record Clear(Based What) : Step;
}

/// <param name="Base">What folder and vault agree about, as far as that is known before any step.</param>
/// <param name="Edits">Changes that the user made in the folder. While there are any nothing is done to the folder: afterwards the vault shows something else.</param>
/// <param name="Outs">Changes to the folder.</param>
sealed record Decision(IReadOnlyList<Based> Base, IReadOnlyList<Step.Edit> Edits, IReadOnlyList<Step> Outs)
{
    public bool IsNone => Edits.Count + Outs.Count == 0;

    /// <summary>
    /// What to note of a name before the changes to the folder are begun. Whoever ends on the way finds one or the other under a name, and
    /// what is neither was written by somebody who saw nobody knows which.
    /// </summary>
    public static Based Announced(Based now, IEnumerable<Step> outs)
    {
        foreach (Step step in outs)
        {
            if (step is Step.Place { Over: { } over, What: var what } && over.Name == now.Name) return now with { Next = new Turn(what.Look, what.Seen) };
            if (step is Step.Clear { What: var gone } && gone.Name == now.Name) return now with { Next = new Turn(null, VersionVector.Empty) };
        }
        return now;
    }
}
