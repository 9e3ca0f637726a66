using System.Numerics;
using Vault.Primitives;

namespace Vault.Catalog.Tests;

/// <summary>Sets that someone who may write records could make to deceive a weaker fingerprint.</summary>
static class Forgery
{
    /// <summary>Some of 257 leaves whose digests XOR to zero: they are linearly dependent over the field of two, as any 257 are.</summary>
    public static Leaf[] XorToZero(RandomSource random)
    {
        Leaf[] leaves = [.. Enumerable.Range(0, 257).Select(_ => Leaf.Of(random.NextHash(), random.NextHash()))];
        List<(BigInteger Value, BigInteger Combination)> basis = [];
        for (int i = 0; i < leaves.Length; i++)
        {
            BigInteger value = Number(leaves[i].Digest), combination = BigInteger.One << i;
            foreach ((BigInteger other, BigInteger of) in basis)
                if ((value ^ other) < value) (value, combination) = (value ^ other, combination ^ of);
            if (value.IsZero) return [.. leaves.Where((_, at) => !(combination >> at).IsEven)];
            basis.Add((value, combination));
            basis.Sort((a, b) => b.Value.CompareTo(a.Value));
        }
        throw new InvalidOperationException("257 vectors of 256 bits can't be independent.");
    }

    /// <summary>Two pairs of leaves whose digests, cut to 32 bits, have the same sum: what adding finds equal although every leaf differs.</summary>
    public static (Leaf[] One, Leaf[] Other) SameSum(RandomSource random)
    {
        Dictionary<uint, (Leaf, Leaf)> sums = [];
        while (true)
        {
            Leaf a = Leaf.Of(random.NextHash(), random.NextHash()), b = Leaf.Of(random.NextHash(), random.NextHash());
            uint sum = Cut(a) + Cut(b);
            if (sums.TryGetValue(sum, out (Leaf, Leaf) found)) return ([a, b], [found.Item1, found.Item2]);
            sums[sum] = (a, b);
        }
    }

    public static uint Cut(Leaf leaf) => (uint)(leaf.Digest.Prefix64 >> 32);

    /// <summary>Two leaves of one bucket with the same id: what a member finds in 2^24 hashes, here simply made.</summary>
    public static (Leaf, Leaf) SameId(RandomSource random)
    {
        byte[] one = new byte[Leaf.Size], other = new byte[Leaf.Size];
        random.Fill(one);
        random.Fill(other);
        one.AsSpan(0, 2).CopyTo(other);
        one.AsSpan(Hash32.Size, 6).CopyTo(other.AsSpan(Hash32.Size));
        return (Leaf.Read(one), Leaf.Read(other));
    }

    static BigInteger Number(Hash32 hash) => new(hash.ToArray(), isUnsigned: true, isBigEndian: true);

    /// <summary>Cells that nobody's set has.</summary>
    public static Cell[] Garbage(RandomSource random, int count) => [.. Enumerable.Range(0, count).Select(_ => new Cell(random.NextUInt64(), random.NextUInt64()))];

    /// <summary>Cells each of which claims to hold one id, and vouches for it.</summary>
    public static Cell[] AllPure(RandomSource random, int count, SketchKey key)
    {
        Cell[] cells = new Cell[count];
        for (int i = 0; i < count; i++)
        {
            ulong id = random.NextUInt64();
            cells[i].Toggle(id, key.Hash(id), random.Below(2) == 0 ? 1 : -1);
        }
        return cells;
    }
}
