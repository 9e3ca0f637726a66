using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>
/// Shows that a record is in the set of a root, or that a position is empty in it, to someone who has nothing but the root. It
/// leads from the top to the one leaf that the position's bits reach: the record itself, or the neighbour that stands where
/// the position's leaf would have to be.
/// </summary>
/// <param name="Count">How many leaves the set has.</param>
/// <param name="Position">Of the leaf reached; meaningless in an empty set.</param>
/// <param name="Content">The hash of the body of the record there.</param>
/// <param name="Steps">From the top down: the bit branched on and the hash of the other half.</param>
public sealed record TreeProof(long Count, Hash32 Position, Hash32 Content, IReadOnlyList<ProofStep> Steps)
{
    const byte Version = 1;
    const int HeadSize = 1 + 8 + 2 * Hash32.Size + 2;
    const int StepSize = 2 + Hash32.Size;

    /// <summary>A key has 512 bits, so no path is longer. Honest ones have about 21 steps at a million leaves.</summary>
    const int MaxSteps = Leaf.Bits;

    /// <summary>True when the set of this root holds this very record.</summary>
    public bool ShowsPresence(VaultId vault, Hash32 root, Hash32 position, Hash32 content) =>
        Count > 0 && Position == position && Content == content && LeadsTo(vault, root);

    /// <summary>
    /// True when the set of this root holds nothing at this position. Only a reader can ask: to others, a path's position is as
    /// unknown as the path.
    /// </summary>
    public bool ShowsAbsence(VaultId vault, Hash32 root, Hash32 position) =>
        LeadsTo(vault, root) && (Count == 0 || (Position != position && Steps.All(step => IsTakenBy(position, step.Bit))));

    // A branch beyond the position divides versions of one path: all of them stand at the same, other position.
    bool IsTakenBy(Hash32 position, int bit) => bit >= 8 * Hash32.Size || Leaf.Bit(position, bit) == Leaf.Bit(Position, bit);

    bool LeadsTo(VaultId vault, Hash32 root)
    {
        if (Count == 0) return TreeHash.Root(vault, TreeHash.Empty, 0) == root;
        Leaf leaf = Leaf.Of(Position, Content);
        Hash32 hash = leaf.Digest;
        foreach (ProofStep step in Steps.Reverse())
            hash = leaf.Bit(step.Bit) == 0 ? TreeHash.Node(step.Bit, hash, step.Other) : TreeHash.Node(step.Bit, step.Other, hash);
        return TreeHash.Root(vault, hash, Count) == root;
    }

    public byte[] Encode()
    {
        byte[] bytes = new byte[HeadSize + Steps.Count * StepSize];
        bytes[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(1), Count);
        Position.CopyTo(bytes.AsSpan(9));
        Content.CopyTo(bytes.AsSpan(9 + Hash32.Size));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(HeadSize - 2), (ushort)Steps.Count);
        for (int i = 0; i < Steps.Count; i++)
        {
            Span<byte> step = bytes.AsSpan(HeadSize + i * StepSize);
            BinaryPrimitives.WriteUInt16BigEndian(step, (ushort)Steps[i].Bit);
            Steps[i].Other.CopyTo(step[2..]);
        }
        return bytes;
    }

    /// <summary>False for bytes that <see cref="Encode"/> wouldn't produce.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out TreeProof? proof)
    {
        proof = null;
        if (bytes.Length < HeadSize || bytes[0] != Version) return false;
        long count = BinaryPrimitives.ReadInt64BigEndian(bytes[1..]);
        int steps = BinaryPrimitives.ReadUInt16BigEndian(bytes[(HeadSize - 2)..]);
        if (count < 0 || steps > MaxSteps || bytes.Length != HeadSize + steps * StepSize) return false;
        if (count < 2 && (steps > 0 || (count == 0 && bytes[9..].ContainsAnyExcept((byte)0)))) return false;

        ProofStep[] path = new ProofStep[steps];
        for (int i = 0; i < steps; i++)
        {
            ReadOnlySpan<byte> step = bytes.Slice(HeadSize + i * StepSize, StepSize);
            path[i] = new ProofStep(BinaryPrimitives.ReadUInt16BigEndian(step), new Hash32(step[2..]));
            // Each branch lies below the one before, and neither of its halves is empty.
            if (path[i].Bit >= Leaf.Bits || (i > 0 && path[i].Bit <= path[i - 1].Bit) || path[i].Other == TreeHash.Empty) return false;
        }
        proof = new TreeProof(count, new Hash32(bytes.Slice(9, Hash32.Size)), new Hash32(bytes.Slice(9 + Hash32.Size, Hash32.Size)), path);
        return true;
    }
}

/// <param name="Other">The hash of the half that the path does not take.</param>
public readonly record struct ProofStep(int Bit, Hash32 Other);
