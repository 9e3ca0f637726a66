namespace Vault.Swarm;

/// <summary>A set of held ids in sixteen bytes: how many, and the sum of their keyed hashes. Two sets with the same are the same.</summary>
public readonly record struct HeldDigest(long Count, ulong Sum)
{
    /// <summary>Of two sets that have nothing in common, together.</summary>
    public static HeldDigest operator +(HeldDigest one, HeldDigest other) => new(one.Count + other.Count, unchecked(one.Sum + other.Sum));

    internal HeldDigest With(ulong hash) => new(Count + 1, unchecked(Sum + hash));

    internal HeldDigest Without(ulong hash) => new(Count - 1, unchecked(Sum - hash));
}
