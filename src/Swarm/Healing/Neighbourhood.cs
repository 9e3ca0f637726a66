using Vault.Identity;

namespace Vault.Swarm;

/// <summary>
/// What a device looks after. In a vault of some hundred devices that is everything, and it follows what all others hold. Where there are more it
/// looks after the stretches of block ids in which it stands among the first, and follows those who stand there with it: what each of them
/// does grows no more with the number of devices. It is as mutual as the ranks, which all know alike. Where too few of the first are left they
/// ask the next in rank to stand in.
/// </summary>
public sealed class Neighbourhood
{
    readonly DeviceId self;
    readonly Placement placement;
    readonly bool[]? stretches; // null: all of them
    readonly HashSet<DeviceId> partners = []; // of a part

    /// <param name="everybody">Up to so many devices each looks after everything.</param>
    public Neighbourhood(DeviceId self, Placement placement, int everybody = HoldingsLimits.Everybody)
    {
        (this.self, this.placement) = (self, placement);
        if (placement.Count <= everybody) return;
        stretches = new bool[HealingLimits.Buckets];
        for (int bucket = 0; bucket < HealingLimits.Buckets; bucket++)
            if (placement.FirstOf(bucket).Any(holder => holder.Device == self)) Take(bucket);
    }

    /// <summary>There are more devices than one can follow.</summary>
    public bool IsPart => stretches != null;

    /// <summary>Those whose holdings it follows; null for all members.</summary>
    public IReadOnlyCollection<DeviceId>? Partners => IsPart ? partners : null;

    public bool LooksAfter(HeldId id) => stretches?[Placement.BucketOf(id)] != false;

    public bool Follows(DeviceId device) => !IsPart || partners.Contains(device);

    /// <summary>
    /// Where hardly more of a stretch's first are there than it needs, the next in rank are followed as well, and asked to stand in.
    /// </summary>
    /// <returns>The stretches, by who is to be asked.</returns>
    public ILookup<DeviceId, ushort> PassOver(Predicate<DeviceId> isGone)
    {
        List<(DeviceId Device, ushort Bucket)> next = [];
        for (int bucket = 0; bucket < stretches?.Length; bucket++)
        {
            if (!stretches[bucket] || placement.FirstOf(bucket).Count(holder => holder.Device == self || !isGone(holder.Device)) > placement.Target) continue;
            next.AddRange(placement.NextOf(bucket).Where(holder => holder.Device != self).Select(holder => (holder.Device, (ushort)bucket)));
        }
        partners.UnionWith(next.Select(one => one.Device));
        return next.ToLookup(one => one.Device, one => one.Bucket);
    }

    /// <summary>
    /// Somebody who stands near it in a stretch asks it to stand in. True when it looks after more than before. Who asks for no reason gains
    /// nothing: for each device there are a few stretches that it may be asked for.
    /// </summary>
    public bool StandIn(DeviceId asker, ushort bucket)
    {
        if (stretches is null || bucket >= stretches.Length || stretches[bucket] || !IsNear(bucket, self) || !IsNear(bucket, asker)) return false;
        Take(bucket);
        partners.Add(asker);
        return true;
    }

    void Take(int bucket)
    {
        stretches![bucket] = true;
        foreach (Holder holder in placement.FirstOf(bucket))
            if (holder.Device != self) partners.Add(holder.Device);
    }

    bool IsNear(int bucket, DeviceId device) => placement.FirstOf(bucket).Concat(placement.NextOf(bucket)).Any(holder => holder.Device == device);
}
