using System.Buffers.Binary;
using System.Collections;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Swarm;

namespace Vault.Host.Simulation;

/// <summary>The blocks of the vault, which all devices know that it needs. A block's content is its number; for the network it is as long as <see cref="BlockBytes"/>.</summary>
sealed class BlockShelf
{
    readonly ulong[] contents;
    readonly Dictionary<BlockId, int> numbers;
    readonly Dictionary<HeldId, int> byHeld;

    public BlockShelf(int count, int blockBytes, RandomSource random)
    {
        BlockBytes = blockBytes;
        contents = new ulong[count];
        Ids = new BlockId[count];
        for (int i = 0; i < count; i++)
        {
            contents[i] = random.NextUInt64();
            Ids[i] = new BlockId(Hash32.Of(BitConverter.GetBytes(contents[i])));
        }
        numbers = Enumerable.Range(0, count).ToDictionary(number => Ids[number]);
        byHeld = Enumerable.Range(0, count).ToDictionary(number => HeldId.Of(Ids[number]));
    }

    public BlockId[] Ids { get; }
    public int BlockBytes { get; }
    public int Count => Ids.Length;

    public int NumberOf(BlockId id) => numbers[id];

    public int? Find(BlockId id) => numbers.TryGetValue(id, out int number) ? number : null;

    public int? Find(HeldId id) => byHeld.TryGetValue(id, out int number) ? number : null;

    /// <summary>
    /// Stands for the program's MAC of a block: it depends on all that the MAC depends on, and whoever lacks the block can only guess.
    /// Two HMACs for each of millions of proofs would be most of what a run takes, and how good they are isn't simulated.
    /// </summary>
    public Hash32 Prove(int number, Hash32 nonce, Hash32 binding, DeviceId prover)
    {
        Span<byte> device = stackalloc byte[DeviceId.Size], proof = stackalloc byte[Hash32.Size];
        prover.CopyTo(device);
        ulong mixed = contents[number];
        foreach (ulong more in (ReadOnlySpan<ulong>)[nonce.Prefix64, binding.Prefix64, BinaryPrimitives.ReadUInt64BigEndian(device)])
        {
            mixed = (mixed ^ more) * 0x9E3779B97F4A7C15;
            mixed ^= mixed >> 29;
        }
        BinaryPrimitives.WriteUInt64BigEndian(proof, mixed);
        return new Hash32(proof);
    }
}

/// <summary>The blocks on one device's disk. What was written and not yet flushed is gone after a crash.</summary>
sealed class HeldBlocks(int count)
{
    readonly BitArray durable = new(count);
    readonly List<int> written = [];

    public int Count { get; private set; }

    public bool this[int number] => durable[number];

    public void Write(int number) => written.Add(number);

    /// <summary>What has been written is safe from now on.</summary>
    public IReadOnlyList<int> Flush()
    {
        int[] safe = [.. written.Where(number => !durable[number]).Distinct()];
        foreach (int number in safe) durable[number] = true;
        Count += safe.Length;
        written.Clear();
        return safe;
    }

    public void Crash() => written.Clear();

    public bool Drop(int number)
    {
        if (!durable[number]) return false;
        durable[number] = false;
        Count--;
        return true;
    }

    public IEnumerable<int> All
    {
        get
        {
            for (int i = 0; i < count; i++)
                if (durable[i]) yield return i;
        }
    }
}
