using Vault.Identity;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Blocks.Tests;

public sealed class SegmentScanTests
{
    /// <summary>Damage of all kinds: every record that it didn't touch is found, and nothing is taken for a block that isn't one.</summary>
    [Fact]
    public void Every_whole_record_of_a_damaged_segment_is_found_and_nothing_else() => Seed.Check(LongRun.Cases(150, 5000), random =>
    {
        using TemporaryFolder folder = new();
        using SegmentFiles files = new(folder["segments"]);
        using MemoryDatabase index = Rig.NewBlocks();
        Block[] blocks = [.. Enumerable.Range(0, 1 + random.Below(30)).Select(number => Some.Leaf(Some.Noise(random.Below(4) == 0 ? 300_000 : random.Below(3000), (ulong)number)))];
        using (SegmentBulk bulk = new(files, index))
        {
            bulk.Write(Rig.Vault, [.. blocks.Select(NewBlock.Of)]);
            bulk.Flush();
        }
        string path = Directory.GetFiles(files.FullPath).Single();
        byte[] sound = File.ReadAllBytes(path), damaged = Damage(sound, random);
        File.WriteAllBytes(path, damaged);

        Dictionary<BlockId, SegmentPlace> found = [];
        foreach (SegmentScan.Found record in files.Records(1, 0))
        {
            if (record.Block is not { } block) continue;
            Assert.Equal(BlockId.Of(block.Bytes.Span), record.Place.Id);
            found.TryAdd(block.Id, record.At);
        }
        foreach (Block block in blocks)
        {
            SegmentPlace place = BlockInfo.Decode(index.Get(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.InfoOf, Rig.Vault, block.Id))!)!.Value.Place!.Value;
            int from = (int)place.Offset - SegmentRecord.HeaderSize, to = (int)place.Offset + block.Bytes.Length;
            bool untouched = to <= damaged.Length && damaged.AsSpan(from, to - from).SequenceEqual(sound.AsSpan(from, to - from));
            if (untouched) Assert.Equal(place, found[block.Id]);
        }
    });

    static byte[] Damage(byte[] sound, RandomSource random)
    {
        byte[] bytes = [.. sound];
        for (int times = 1 + random.Below(3); times > 0 && bytes.Length > 0; times--)
        {
            int at = random.Below(bytes.Length), length = Math.Min(bytes.Length - at, 1 + random.Below(5000));
            switch (random.Below(4))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Below(8));
                    break;
                case 1:
                    bytes.AsSpan(at, length).Clear();
                    break;
                case 2:
                    random.Fill(bytes.AsSpan(at, length));
                    break;
                default:
                    bytes = bytes[..at];
                    break;
            }
        }
        return bytes;
    }
}
