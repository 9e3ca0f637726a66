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
    readonly Dictionary<int, IReadOnlyList<Holder>> ranks = [];

    public static int BucketOf(HeldId id) => (int)(id.Value >> 64 - HealingLimits.BucketBits);

    /// <summary>The first in rank first; those that hold everything come after all that hold a share.</summary>
    public IReadOnlyList<Holder> RankOf(HeldId id)
    {
        int bucket = BucketOf(id);
        if (ranks.TryGetValue(bucket, out IReadOnlyList<Holder>? known)) return known;
        Holder[] ranked = [.. all.OrderBy(holder => holder.IsMirror).ThenByDescending(holder => Draw(holder, bucket)).ThenBy(holder => holder.Device)];
        ranks.Add(bucket, ranked);
        return ranked;
    }

    /// <summary>
    /// With u uniform in (0, 1), -weight / ln u is the largest among all in proportion to the weights. Machines may round the logarithm
    /// otherwise in the last bit; that could change an order once in some 10^15 draws, and would cost a copy too many.
    /// </summary>
    static double Draw(Holder holder, int bucket)
    {
        byte[] drawn = new ByteWriter(64).Bytes(SwarmLabels.Rendezvous).UInt16((ushort)bucket).Device(holder.Device).ToArray();
        Span<byte> hash = stackalloc byte[Hash32.Size];
        Hash32.Of(drawn).CopyTo(hash);
        double u = ((BinaryPrimitives.ReadUInt64BigEndian(hash) >> 11) + 0.5) / (1UL << 53);
        return -Math.Max(1.0, holder.Capacity) / Math.Log(u);
    }
}
