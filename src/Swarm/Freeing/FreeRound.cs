using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>
/// May these copies go? Every other device that claims some of the blocks is asked to prove and to lock them; a block may go when
/// enough of them did, at different sites. What nobody answered, or answered late, doesn't count.
/// </summary>
/// <param name="needed">Copies elsewhere that must be proven and locked.</param>
/// <param name="began">Since when promises can have been running.</param>
public sealed class FreeRound(IReadOnlyList<BlockId> blocks, int needed, TimeSpan began)
{
    readonly Dictionary<BlockId, HashSet<Site>> kept = blocks.ToDictionary(id => id, _ => new HashSet<Site>());

    public IReadOnlyList<BlockId> Blocks => blocks;

    /// <summary>A device has proven these blocks and promised to keep them. It says nothing about any other block.</summary>
    public void Kept(Site site, IEnumerable<BlockId> locked)
    {
        foreach (BlockId id in locked)
            if (kept.TryGetValue(id, out HashSet<Site>? sites)) sites.Add(site);
    }

    public int CopiesOf(BlockId block) => kept[block].Count;

    /// <summary>The blocks that may go, if that happens by <see cref="Until"/>.</summary>
    public IReadOnlyList<BlockId> Free(TimeSpan now) => needed < 1 || now >= Until ? [] : [.. blocks.Where(id => CopiesOf(id) >= needed)];

    /// <summary>Promises may be over after that, by the slowest clock that is still a clock.</summary>
    public TimeSpan Until => began + FreeingLimits.Patience;
}

/// <summary>Where one fire takes all copies: what devices say, or a device alone where it said nothing.</summary>
public readonly record struct Site(ulong Number, DeviceId Device)
{
    public static Site Of(DeviceId device, ulong number) => number == 0 ? new Site(0, device) : new Site(number, default);
}
