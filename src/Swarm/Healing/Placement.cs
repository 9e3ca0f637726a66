using System.Buffers.Binary;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>A device as healing sees it.</summary>
/// <param name="Capacity">Bytes it offers to hold of what others lack. Zero: it doesn't hold a share, it holds everything it knows of.</param>
public sealed record Holder(DeviceId Device, Site Site, DeviceClass Class, ulong Capacity)
{
    public bool IsMirror => Capacity == 0;

    public static Holder Of(Member member) =>
        new(member.Device, Site.Of(member.Device, member.Profile?.Site ?? 0), member.Profile?.Class ?? DeviceClass.Desktop, member.Profile?.Capacity ?? 0);
}

/// <summary>
/// Who should hold a block, by weighted rendezvous hashing: every device draws a number for a stretch of block ids, larger ones draw
/// better, and all come to the same order from the list of members alone. A device that joins or goes changes the order of no two others.
/// Among very many devices chance alone would give some twice their due: there those who stand first in a stretch change places, so that who
/// has its due already steps back. Who stands among the first is no other by that, and a newcomer changes few places.
/// </summary>
public sealed class Placement
{
    readonly Holder[] all;
    readonly int first;
    readonly IReadOnlyList<Holder>?[] ranks = new IReadOnlyList<Holder>?[HealingLimits.Buckets];
    bool ranked; // every stretch

    /// <param name="target">Copies that the vault wants.</param>
    public Placement(IEnumerable<Holder> holders, int target)
    {
        all = [.. holders.OrderBy(holder => holder.Device)];
        (Target, first) = (target, target + HealingLimits.SpareRanks);
    }

    public int Target { get; }

    /// <summary>How many devices there are.</summary>
    public int Count => all.Length;

    public static int BucketOf(HeldId id) => (int)(id.Value >> 64 - HealingLimits.BucketBits);

    public IReadOnlyList<Holder> RankOf(HeldId id) => RankOf(BucketOf(id));

    /// <summary>The first in rank first; those that hold everything come after all that hold a share.</summary>
    public IReadOnlyList<Holder> RankOf(int bucket)
    {
        if (all.Length >= HealingLimits.Crowd && !ranked) RankEvenly();
        return ranks[bucket] ??= Named(Rank(bucket));
    }

    /// <summary>Those who look after a stretch where there are too many to look after everything.</summary>
    public IEnumerable<Holder> FirstOf(int bucket) => RankOf(bucket).Take(first);

    /// <summary>Those who stand in for them.</summary>
    public IEnumerable<Holder> NextOf(int bucket) => RankOf(bucket).Take(2 * first).Skip(first);

    /// <summary>One stretch after the other: who is to hold it depends on what everybody is to hold of those before.</summary>
    void RankEvenly()
    {
        double capacity = all.Sum(holder => (double)holder.Capacity);
        double[] due = [.. all.Select(holder => (double)HealingLimits.Buckets * Target * holder.Capacity / capacity)]; // stretches
        int[] taken = new int[all.Length];
        int most = Math.Min(first, all.Count(holder => !holder.IsMirror));
        for (int bucket = 0; bucket < HealingLimits.Buckets; bucket++)
        {
            int[] order = Rank(bucket);
            int[] fair = [.. order.Take(most).OrderBy(number => Math.Max(HealingLimits.Room, taken[number] / due[number]))]; // stable: who has room stays in rank
            fair.CopyTo(order, 0);
            foreach (int number in fair.DistinctBy(number => all[number].Site).Take(Target)) taken[number]++;
            ranks[bucket] = Named(order);
        }
        ranked = true;
    }

    Holder[] Named(int[] order) => [.. order.Select(number => all[number])];

    /// <summary>The devices by what they draw, by their number in the order of ids.</summary>
    int[] Rank(int bucket)
    {
        ReadOnlySpan<byte> label = SwarmLabels.Rendezvous;
        Span<byte> drawn = stackalloc byte[label.Length + sizeof(ushort) + DeviceId.Size];
        label.CopyTo(drawn);
        BinaryPrimitives.WriteUInt16BigEndian(drawn[label.Length..], (ushort)bucket);
        (bool IsMirror, double Less, int Number)[] order = new (bool, double, int)[all.Length];
        for (int i = 0; i < all.Length; i++)
        {
            all[i].Device.CopyTo(drawn[(label.Length + sizeof(ushort))..]);
            order[i] = (all[i].IsMirror, -Draw(all[i], drawn), i);
        }
        Array.Sort(order);
        return [.. order.Select(place => place.Number)];
    }

    /// <summary>
    /// With u uniform in (0, 1), -weight / ln u is the largest among all in proportion to the weights. Machines may round the logarithm
    /// otherwise in the last bit; that could change an order once in some 10^15 draws, and would cost a copy too many.
    /// </summary>
    static double Draw(Holder holder, ReadOnlySpan<byte> drawn)
    {
        Span<byte> hash = stackalloc byte[Hash32.Size];
        Hash32.Of(drawn).CopyTo(hash);
        double u = ((BinaryPrimitives.ReadUInt64BigEndian(hash) >> 11) + 0.5) / (1UL << 53);
        return -Math.Max(1.0, holder.Capacity) / Math.Log(u);
    }
}
