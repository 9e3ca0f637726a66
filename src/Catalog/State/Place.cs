using Vault.Blocks;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>A path while a commit is put together: the versions that stood there, and those that will.</summary>
sealed class Place(Hash32 position, List<Held> before)
{
    internal Hash32 Position => position;
    internal IReadOnlyList<Held> Before => before;
    internal List<Held> Now { get; } = [.. before];

    /// <summary>What follows from its records is written as if it weren't there yet.</summary>
    internal bool IsRedone { get; set; }

    internal bool IsChanged => IsRedone || !Now.SequenceEqual(before);

    /// <summary>Whether other versions stand here than before; what has come or gone of their content changes nothing that can be listed.</summary>
    internal bool HasOtherVersions => IsRedone || !Now.Select(head => head.Leaf).SequenceEqual(before.Select(head => head.Leaf));

    /// <summary>What is known of sealed parts already, so that what was just sealed isn't opened again.</summary>
    internal Dictionary<Leaf, Entry> Entries { get; } = [];

    internal VersionVector Versions => Register.Seen(Now.Select(head => head.Record));

    /// <summary>Why the content of these versions is kept.</summary>
    internal static IEnumerable<(BlockId Root, PinReason Reason, Leaf Owner)> PinsOf(IReadOnlyList<Held> heads)
    {
        int files = heads.Count(head => head.Record.Root != null);
        foreach (Held head in heads)
            if (head.Record.Root is { } root)
                yield return (root, head.Wanted ? PinReason.Wanted : files > 1 ? PinReason.Sibling : PinReason.Head, head.Leaf);
    }
}
