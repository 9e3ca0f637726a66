using System.Diagnostics.CodeAnalysis;
using Vault.Blocks;

namespace Vault.Swarm;

/// <summary>A block under its target as this device sees it.</summary>
/// <param name="Copies">At sites that count, this device's included.</param>
/// <param name="Sites">Those sites.</param>
/// <param name="Coming">Mirrors in reach that haven't got it yet.</param>
/// <param name="IsLive">Who is there to act.</param>
/// <param name="IsFreed">The user of this device has freed it here.</param>
public sealed record ShortBlock(BlockId Id, int Copies, IReadOnlySet<Site> Sites, int Coming, Func<Holder, bool> IsLive, bool IsFreed = false);

/// <summary>
/// Which missing copies this device makes, and when: a machine without clock, chance or disk. In the order of rank, devices that
/// stand at a site that has the block are passed over, and so are those that aren't there; of the rest as many as copies are missing act at
/// once, and the next after a delay that grows with rank. The one that lacks the copy pulls it; fewest copies first. What its user has freed, and
/// whatever it doesn't get by itself where it holds everything, a device takes only to keep the minimum.
/// </summary>
/// <remarks>Times are since any fixed moment and never go back. For one caller at a time.</remarks>
public sealed class HealingPlan(Holder self, Placement placement, int minimum)
{
    readonly Dictionary<BlockId, (TimeSpan Since, int Round)> waiting = [];
    readonly PriorityQueue<BlockId, (int Copies, long Order)> due = new();
    int round;
    long order;

    public int Target => placement.Target;
    public int Minimum => minimum;

    /// <summary>Blocks under their target that are looked after.</summary>
    public int Waiting => waiting.Count;

    public bool IsWaiting(BlockId id) => waiting.ContainsKey(id);

    /// <summary>A look at everything begins: what isn't named again by its end isn't short any more.</summary>
    public void Begin()
    {
        round++;
        due.Clear();
    }

    /// <summary>This block is under its target. What this device is to pull now waits in <see cref="TryTake"/>.</summary>
    public void Consider(ShortBlock block, TimeSpan now)
    {
        bool known = waiting.TryGetValue(block.Id, out (TimeSpan Since, int Round) wait);
        if (!known && waiting.Count >= HealingLimits.Short) return;
        if (!known) wait.Since = now;
        waiting[block.Id] = (wait.Since, round);
        if (IsMine(block, now - wait.Since)) due.Enqueue(block.Id, (block.Copies, order++));
    }

    public void End()
    {
        foreach (BlockId id in waiting.Where(wait => wait.Value.Round != round).Select(wait => wait.Key).ToList()) waiting.Remove(id);
    }

    /// <summary>Nothing is short any more, as is known without a look. What is short later waits anew: who restarts then has its time.</summary>
    public void Forget()
    {
        waiting.Clear();
        due.Clear();
    }

    public bool TryTake(out BlockId id) => due.TryDequeue(out id, out _);

    /// <summary>Whether this device is the one. Under the minimum nobody waits to see whether the block comes by itself.</summary>
    bool IsMine(ShortBlock block, TimeSpan since)
    {
        if (block.Sites.Contains(self.Site)) return false;
        bool urgent = block.Copies < minimum;
        if ((self.IsMirror || block.IsFreed) && !urgent) return false;
        // Who is away most often comes back: until its time is up, no more is made for it than the minimum takes.
        int missing = (urgent ? minimum : Target) - block.Copies;
        if (!urgent && since < HealingLimits.MirrorPatience) missing -= block.Coming;
        since -= urgent ? HealingLimits.UrgentPatience : HealingLimits.FirstPatience;
        if (missing <= 0 || since < TimeSpan.Zero) return false;
        int sites = 0, devices = 0; // in front of this one
        HashSet<Site> taken = [.. block.Sites];
        foreach (Holder holder in placement.RankOf(HeldId.Of(block.Id)))
        {
            if (holder.Device == self.Device)
                return sites < missing && !taken.Contains(self.Site) || since >= HealingLimits.RankPatience * Math.Max(1, devices - missing + 1);
            if (!block.IsLive(holder) || block.Sites.Contains(holder.Site)) continue;
            devices++;
            if (taken.Add(holder.Site)) sites++;
        }
        return false;
    }
}
