using Vault.Identity;

namespace Vault.Swarm;

/// <summary>
/// What a device looks after. In a vault of some hundred devices that is everything, and it follows what all others hold. Where there are more it
/// looks after the stretches of block ids in which it stands among the first, and follows those who stand there with it: what each of them
/// does grows no more with the number of devices. It is as mutual as the ranks, which all know alike.
/// </summary>
public sealed class Neighbourhood
{
    readonly bool[]? stretches; // null: all of them
    readonly HashSet<DeviceId>? partners; // null: everybody

    /// <param name="target">Copies that the vault wants.</param>
    public Neighbourhood(DeviceId self, Placement placement, int target)
    {
        if (placement.Count <= HoldingsLimits.Everybody) return;
        stretches = new bool[HealingLimits.Buckets];
        partners = [];
        for (int bucket = 0; bucket < HealingLimits.Buckets; bucket++)
        {
            IEnumerable<Holder> first = placement.RankOf(bucket).Take(target + HealingLimits.SpareRanks);
            stretches[bucket] = first.Any(holder => holder.Device == self);
            if (stretches[bucket]) partners.UnionWith(first.Select(holder => holder.Device));
        }
        partners.Remove(self);
    }

    /// <summary>There are more devices than one can follow.</summary>
    public bool IsPart => stretches != null;

    /// <summary>Those whose holdings it follows; null for all members.</summary>
    public IReadOnlyCollection<DeviceId>? Partners => partners;

    public bool LooksAfter(HeldId id) => stretches?[Placement.BucketOf(id)] != false;

    public bool Follows(DeviceId device) => partners?.Contains(device) != false;
}
