using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>The first bits of a key, at most 64: one node of the space in which leaves lie. <see cref="Value"/> is aligned to the left.</summary>
public readonly record struct LeafPrefix
{
    public const int MaxLength = 64;

    public LeafPrefix(ulong value, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)MaxLength, nameof(length));
        if ((value & ~Mask(length)) != 0) throw new ArgumentException("There are bits beyond the prefix's length.", nameof(value));
        Value = value;
        Length = length;
    }

    /// <summary>All leaves.</summary>
    public static LeafPrefix Everything => default;

    public static LeafPrefix Bucket(int bucket) => new((ulong)bucket << 48, 16);

    public ulong Value { get; }

    public int Length { get; }

    /// <summary>The last value of the first 64 bits of a key under this prefix.</summary>
    public ulong Last => Value | ~Mask(Length);

    public bool Contains(in Leaf leaf) => (leaf.Position.Prefix64 & Mask(Length)) == Value;

    /// <summary>One of the sixteen prefixes that are four bits longer.</summary>
    public LeafPrefix Child(int index) => new(Value | (ulong)index << (60 - Length), Length + 4);

    internal static ulong Mask(int length) => length == 0 ? 0 : ulong.MaxValue << (64 - length);
}
