using Vault.Blocks;

namespace Vault.Swarm;

/// <summary>
/// A block in what devices say of their holdings: the first eight bytes of its id. Whoever wants two blocks to share one has to make
/// both, so that nobody else's content is spoken of by mistake; and what deletes bytes goes by whole ids.
/// </summary>
public readonly record struct HeldId(ulong Value) : IComparable<HeldId>
{
    public const int Size = 8;

    public static HeldId Of(BlockId id) => new(id.Hash.Prefix64);

    public int CompareTo(HeldId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
}
