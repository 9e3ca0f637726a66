using Vault.Identity;
using Vault.Store;

namespace Vault.Blocks;

/// <summary>A block that a vault needs. Info is null when it isn't here. Level is what its parent says; null for a root that isn't here.</summary>
readonly record struct Reached(BlockId Id, BlockInfo? Info, int? Level);

/// <summary>
/// Which blocks a vault needs: everything below its pins. Trees are walked along their public links, so a holder without keys
/// can do it. Only inner blocks are read, each once; a leaf is known from its parent.
/// </summary>
sealed class Reachability(BlockStore store, VaultTag vault)
{
    readonly HashSet<BlockId> walked = []; // inner blocks: one for some seven hundred leaves

    /// <summary>
    /// Inner blocks that should be here and aren't. What lies below them is needed and can't be told from garbage, so nothing
    /// may be deleted on the word of this walk.
    /// </summary>
    public int Hidden { get; private set; }

    /// <summary>Everything below the pins that count now, and the blocks of unfinished imports.</summary>
    /// <param name="skip">Pins that are passed over.</param>
    public IEnumerable<Reached> WalkAll(DateTimeOffset now, Predicate<Pin>? skip = null)
    {
        using ISnapshot view = store.Meta.Snapshot();
        foreach (Reached reached in WalkPins(now, view, skip)) yield return reached;
        foreach ((BlockId id, bool root) in ImportJournal.BlocksOf(store.Meta, vault, now, view))
            if (!root) yield return Child(id, 0);
            else foreach (Reached reached in Walk(id, whole: false)) yield return reached;
    }

    public IEnumerable<Reached> WalkPins(DateTimeOffset now, ISnapshot view, Predicate<Pin>? skip = null)
    {
        foreach (Pin pin in store.Pins.Of(vault, view))
        {
            if (pin.Until is { } until && until <= now || skip?.Invoke(pin) == true) continue;
            foreach (Reached reached in Walk(pin.Root, Pins.IsWhole(pin.Reason))) yield return reached;
        }
    }

    /// <summary>Everything below the current versions of files, and nothing that only this device keeps for itself.</summary>
    public IEnumerable<NeededBlock> WalkCurrent(ISnapshot view)
    {
        HashSet<BlockId> freed = store.Pins.Freed(vault, view);
        BlockId last = default;
        foreach (Pin pin in store.Pins.Of(vault, view))
        {
            if (pin.Reason is not (PinReason.Head or PinReason.Sibling or PinReason.Wanted) || pin.Root == last) continue;
            last = pin.Root;
            bool isFreed = freed.Contains(pin.Root);
            foreach (Reached reached in Walk(pin.Root, whole: false)) yield return new NeededBlock(reached.Id, reached.Info, reached.Info?.Level ?? reached.Level, isFreed);
        }
    }

    /// <summary>Every block from the root down that this walk hasn't met, the root first. Leaves that several parents share come again.</summary>
    public IEnumerable<Reached> Walk(BlockId root, bool whole)
    {
        Stack<Reached> open = new();
        BlockInfo? first = store.Info(vault, root);
        Reached top = new(root, first, first?.Level);
        yield return top;
        if (first is null) Miss(top, whole);
        else if (first.Value.Level > 0 && walked.Add(root)) open.Push(top);

        while (open.TryPop(out Reached next))
        {
            using StoredBlock? inner = store.Read(vault, next.Id);
            if (inner is null)
            {
                Reached damaged = next with { Info = null };
                Miss(damaged, whole);
                yield return damaged;
                continue;
            }
            for (int i = 0; i < inner.Header.Links; i++)
            {
                Reached child = Child(inner.Link(i), next.Level!.Value - 1);
                if (walked.Contains(child.Id)) continue;
                yield return child;
                if (child.Info is null) Miss(child, whole);
                // A link to a block of another level is no part of a file. It ends the walk, whatever it is.
                else if (child.Level > 0 && child.Info.Value.Level == child.Level && walked.Add(child.Id)) open.Push(child);
            }
        }
    }

    Reached Child(BlockId id, int level) => new(id, store.Info(vault, id), level);

    void Miss(Reached missing, bool whole)
    {
        if (missing.Level == 0) return; // a leaf hides nothing
        int? level = missing.Level ?? store.Quarantine.Find(vault, missing.Id)?.Level;
        if (whole ? level != 0 : level > 0 && store.Quarantine.Find(vault, missing.Id) != null) Hidden++;
    }
}
