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
/// </summary>
public sealed class Placement(IEnumerable<Holder> holders)
{
    readonly Holder[] all = [.. holders.OrderBy(holder => holder.Device)];
    readonly IReadOnlyList<Holder>?[] ranks = new IReadOnlyList<Holder>?[HealingLimits.Buckets];

    public static int BucketOf(HeldId id) => (int)(id.Value >> 64 - HealingLimits.BucketBits);

    /// <summary>How many devices there are.</summary>
    public int Count => all.Length;

    public IReadOnlyList<Holder> RankOf(HeldId id) => RankOf(BucketOf(id));

    /// <summary>The first in rank first; those that hold everything come after all that hold a share.</summary>
    public IReadOnlyList<Holder> RankOf(int bucket) => ranks[bucket] ??= Rank(bucket);

    Holder[] Rank(int bucket)
    {
        ReadOnlySpan<byte> label = SwarmLabels.Rendezvous;
        Span<byte> drawn = stackalloc byte[label.Length + sizeof(ushort) + DeviceId.Size];
        label.CopyTo(drawn);
        BinaryPrimitives.WriteUInt16BigEndian(drawn[label.Length..], (ushort)bucket);
        (bool IsMirror, double Less, int Number)[] order = new (bool, double, int)[all.Length]; // the numbers are in the order of the devices' ids
        for (int i = 0; i < all.Length; i++)
        {
            all[i].Device.CopyTo(drawn[(label.Length + sizeof(ushort))..]);
            order[i] = (all[i].IsMirror, -Draw(all[i], drawn), i);
        }
        Array.Sort(order);
        return [.. order.Select(place => all[place.Number])];
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
