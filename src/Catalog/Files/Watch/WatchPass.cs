using Vault.Blocks;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>
/// One look at a number of paths, and what follows from it. Edits of the folder become durable in the vault, then what the folder
/// knows of them is noted; changes of the vault are announced, placed, then noted. Ended anywhere, the next look finds out how far it came.
/// </summary>
sealed class WatchPass
{
    /// <summary>Paths in work at once.</summary>
    public const int Slice = 256;

    /// <summary>A path that isn't in order after so many turns is being changed meanwhile.</summary>
    const int MaxTurns = 4;

    readonly WatchTools tools;
    readonly WatchedTree tree;
    readonly bool approved;
    readonly List<VaultPath> postponedIn = [], postponedOut = [];
    bool mayIn, mayOut;

    /// <param name="approved">The brake lets through whatever there is.</param>
    public WatchPass(WatchTools tools, WatchedTree tree, bool approved)
    {
        (this.tools, this.tree, this.approved) = (tools, tree, approved);
        mayIn = mayOut = approved;
    }

    /// <summary>To be looked at again soon: something was changing.</summary>
    public List<VaultPath> Again { get; } = [];

    /// <summary>Whose content has still to come.</summary>
    public List<VaultPath> Awaited { get; } = [];

    /// <summary>What isn't all there is to look at is small enough not to be counted first.</summary>
    public void Expect(int paths)
    {
        mayIn = approved || tools.Into.Admits(paths, Entries, Now);
        mayOut = approved || tools.Out.Admits(paths, Entries, Now);
    }

    public async Task LookAsync(IEnumerable<VaultPath> paths, CancellationToken stop)
    {
        foreach (VaultPath[] slice in paths.Chunk(Slice)) await LookAtSliceAsync(slice, stop);
    }

    /// <summary>Does what was held up until it was known how much it is, or holds it.</summary>
    public async Task FinishAsync(CancellationToken stop)
    {
        if (!mayIn) mayIn = Release(tools.Into, postponedIn);
        if (!mayOut) mayOut = Release(tools.Out, postponedOut);
        VaultPath[] rest = [.. (mayIn ? postponedIn : []).Concat(mayOut ? postponedOut : []).Distinct()];
        await LookAsync(rest, stop);
    }

    bool Release(Brake brake, List<VaultPath> postponed)
    {
        if (postponed.Count == 0) return false;
        if (brake.Admits(postponed.Count, Entries, Now)) return true;
        foreach (VaultPath path in postponed) brake.Hold(path);
        return false;
    }

    long Entries => tools.Catalog.Totals is var totals ? totals.Files + totals.Folders : 0;

    DateTimeOffset Now => tools.Ports.Time.GetUtcNow();

    async Task LookAtSliceAsync(VaultPath[] paths, CancellationToken stop)
    {
        using WriteSession session = tools.Ports.Store.BeginWrite(tools.Ports.Keys.Vault.Tag);
        FolderSide folder = new(tree, tools.Intake, session, tools.Ports.Time, tools.IsCaseBlind);
        FolderHands hands = new(tree, tools.Ports.Store, tools.Ports.Keys.Vault.Tag, tools.Small, tools.Ports.Random);
        List<VaultPath> left = [.. paths.Distinct().Order()];
        for (int turn = 1; left.Count > 0; turn++)
        {
            if (turn > MaxTurns)
            {
                Again.AddRange(left);
                return;
            }
            List<PathWork> works = await SeeAsync(left, folder, stop);
            left = [];
            List<PathWork> edited = [.. works.Where(MayEdit)];
            if (edited.Count > 0)
            {
                await session.FlushAsync();
                foreach (PathWork[] some in edited.Chunk(Slice / 2)) left.AddRange(Commit(some));
            }
            await ChangeFolderAsync(works, hands, left, stop);
            Batch notes = new();
            foreach (PathWork work in works) work.Note(notes, tools);
            // Lost in a power cut these are found out again; nothing waits for them.
            if (notes.Changes.Count > 0) tools.Ports.Meta.Commit(notes, Durability.Logged);
        }
    }

    async Task<List<PathWork>> SeeAsync(List<VaultPath> paths, FolderSide folder, CancellationToken stop)
    {
        PathWork?[] works = new PathWork?[paths.Count];
        if (paths.Count == 1) works[0] = await PathWork.SeeAsync(paths[0], tools, folder, stop);
        else await Parallel.ForAsync(0, paths.Count, stop, async (i, cancel) => works[i] = await PathWork.SeeAsync(paths[i], tools, folder, cancel));
        foreach (PathWork work in works.OfType<PathWork>())
            if (work.Again) Again.Add(work.Path);
        return [.. works.OfType<PathWork>()];
    }

    /// <summary>Whether a path's edits are to be made now; counts them if they are many's.</summary>
    bool MayEdit(PathWork work)
    {
        if (work.Decision.Edits.Count == 0)
        {
            tools.Into.Release(work.Path);
            return false;
        }
        if (!tools.Catalog.MayWrite)
        {
            tools.Troubles.Add(work.Path.Text, SkipReason.Unwritable, "this device may read the vault, not write to it; what you changed stays in the folder");
            return false;
        }
        if (work.IsDestructiveIn && !Passes(tools.Into, work.Path, mayIn, postponedIn)) return false;
        return true;
    }

    bool Passes(Brake brake, VaultPath path, bool may, List<VaultPath> postponed)
    {
        if (may)
        {
            if (!approved) brake.Pass(path, Now);
            return true;
        }
        if (brake.IsHolding || postponed.Count >= PathWork.Many) brake.Hold(path);
        else postponed.Add(path);
        return false;
    }

    /// <summary>Makes the edits of some paths. Returns those whose folder is to be looked at after it.</summary>
    List<VaultPath> Commit(PathWork[] works)
    {
        try
        {
            IReadOnlyList<Leaf?> leaves = tools.Catalog.Commit([.. works.SelectMany(work => work.Edits)]).Leaves;
            int at = 0;
            foreach (PathWork work in works)
            {
                work.Made([.. leaves.Skip(at).Take(work.Edits.Count).Select(leaf => leaf is { } made ? tools.Catalog.VersionsOf(made) : null)]);
                at += work.Edits.Count;
            }
            return [.. works.Select(work => work.Path)];
        }
        catch (LimitExceededException fault)
        {
            if (works.Length > 1) return [.. works.SelectMany(work => Commit([work]))];
            tools.Troubles.Add(works[0].Path.Text, SkipReason.Unwritable, fault.Message);
            return [];
        }
    }

    async Task ChangeFolderAsync(List<PathWork> works, FolderHands hands, List<VaultPath> left, CancellationToken stop)
    {
        List<PathWork> acting = [], blocked = [];
        Batch announced = new();
        foreach (PathWork work in works)
        {
            if (work.Decision.Edits.Count > 0) continue;
            if (work.IsDestructiveOut && !Passes(tools.Out, work.Path, mayOut, postponedOut)) continue;
            tools.Out.Release(work.Path);
            work.Announce(announced, tools);
            acting.Add(work);
        }
        // Not even a power cut may leave a name changed and this forgotten.
        if (announced.Changes.Count > 0) tools.Ports.Meta.Commit(announced, Durability.Synced);
        foreach (PathWork work in acting)
        {
            if (await work.ActAsync(hands, this, folders: false, stop)) blocked.Add(work);
        }
        // Folders go when all in them is gone, the deepest first, and what comes in their place comes after that.
        foreach (PathWork work in Enumerable.Reverse(works).Where(work => work.HasFolderToClear && work.IsAllowed)) await work.ActAsync(hands, this, folders: true, stop);
        foreach (PathWork work in blocked)
            if (await work.ActAsync(hands, this, folders: false, stop)) Again.Add(work.Path);
    }
}
