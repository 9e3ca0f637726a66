using Vault.Blocks;
using Vault.Store;

namespace Vault.Catalog;

// Content that this device decided to hold no longer, though the files stay.
public sealed partial class VaultCatalog
{
    /// <summary>
    /// From now on content with these roots needn't be here: what isn't here of it isn't missing. What is here stays until somebody drops it.
    /// </summary>
    public void Free(IReadOnlyCollection<BlockId> roots)
    {
        foreach (BlockId[] slice in roots.Chunk(PositionsPerCommit))
        {
            Leaf[] owners = [.. slice.SelectMany(root => parts.Ports.Store.Pins.On(parts.Tag, root))
                .Where(pin => pin.Reason is PinReason.Head or PinReason.Sibling && pin.Owner.Length == Leaf.Size).Select(pin => Leaf.Read(pin.Owner.Span))];
            Run(draft =>
            {
                foreach (Leaf owner in owners) draft.LetGo(owner);
                draft.Also((batch, _) =>
                {
                    foreach (BlockId root in slice) parts.Ports.Store.Pins.Add(batch, parts.Tag, root, PinReason.Assigned);
                });
            });
        }
    }

    /// <summary>The opposite: content with these roots is to be here again. Returns whether anything of it isn't.</summary>
    public bool Keep(IReadOnlyCollection<BlockId> roots)
    {
        foreach (BlockId[] slice in roots.Chunk(PositionsPerCommit))
            Run(draft =>
            {
                draft.Recalls = true;
                draft.Also((batch, _) =>
                {
                    foreach (BlockId root in slice) Pins.Remove(batch, parts.Tag, root, PinReason.Assigned);
                });
            });
        Arrived(roots);
        return roots.Any(root => !parts.Ports.Store.IsWhole(parts.Tag, root));
    }

    /// <summary>Whether this device has freed the content with this root.</summary>
    public bool IsFreed(BlockId root) => parts.Ports.Store.Pins.On(parts.Tag, root).Any(pin => pin.Reason == PinReason.Assigned);
}
