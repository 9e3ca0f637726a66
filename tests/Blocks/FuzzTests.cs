using Vault.Identity;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Blocks.Tests;

/// <summary>
/// Every decoder against valid bytes that were bent in places, and against noise: it answers, it takes no more memory than it
/// may, and whatever it accepts it would write in the same bytes.
/// </summary>
public sealed class FuzzTests : IDisposable
{
    readonly SecretEpoch epoch = Rig.NewEpoch();
    readonly Rig rig = Rig.InMemory();
    readonly Decompressor decompressor = new();

    public void Dispose()
    {
        epoch.Dispose();
        rig.Dispose();
        decompressor.Dispose();
    }

    /// <summary>What the runtime allocates on a thread now and then, for example when it compiles a method anew; more than that it does once.</summary>
    const int RuntimesOwn = 512;

    /// <summary>Tries mutations of the samples; <paramref name="decode"/> may allocate up to the limit beside what is mutated.</summary>
    static void Fuzz(byte[][] samples, int limit, Action<byte[]> decode)
    {
        foreach (byte[] sample in samples) decode(sample); // what is allocated once, is so here
        Seed.Check(LongRun.Cases(100_000, 1_000_000), random =>
        {
            byte[] bent = Bend(samples[random.Below(samples.Length)], random);
            if (Allocated(bent) is var used && used > limit + RuntimesOwn) used = Allocated(bent); // what the decoder takes it takes each time
            Assert.True(used <= limit + RuntimesOwn, $"{used} bytes allocated for {Convert.ToHexString(bent)}");
        });

        long Allocated(byte[] bent)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            decode(bent);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    static byte[] Bend(byte[] sample, RandomSource random)
    {
        byte[] bent = [.. sample];
        for (int i = random.Below(4); i > 0 && bent.Length > 0; i--)
        {
            // Near the front more often: there stand kinds, counts and lengths.
            int at = random.Below(random.Below(2) == 0 ? bent.Length : Math.Min(bent.Length, 16));
            bent[at] = random.Below(3) switch { 0 => (byte)(bent[at] ^ 1 << random.Below(8)), 1 => (byte)random.Below(256), _ => (byte)(random.Below(2) * 0xFF) };
        }
        return random.Below(8) switch
        {
            0 => bent[..random.Below(bent.Length + 1)],
            1 => [.. bent, .. random.BytesUpTo(40)],
            2 => random.BytesUpTo(60),
            _ => bent,
        };
    }

    byte[][] Blocks()
    {
        Child[] children = [.. Enumerable.Range(0, 5).Select(i => new Child(BlockId.Of([(byte)i]), new ContentKey(Hash32.Of([(byte)i])), 10 + i))];
        return
        [
            Some.Leaf([], out _),
            Some.Leaf("some content"u8, out _),
            Some.Leaf(Frame(1000), out _, SealedBody.Zstd),
            InnerBody.Build(epoch.Convergence.Span, 1, children, out _),
            InnerBody.Build(epoch.Convergence.Span, Limits.MaxLevel, children.AsSpan(0, 1), out _),
        ];
    }

    static byte[] Frame(int length)
    {
        using Compressor compressor = new();
        byte[] output = new byte[length];
        return output[..compressor.TryCompress(new byte[length], output)];
    }

    [Fact]
    public void A_block_is_parsed_or_refused() => Fuzz(Blocks(), 0, bytes =>
    {
        if (!Block.TryParse(bytes, out Block block)) return;
        Span<byte> header = stackalloc byte[BlockHeader.Size];
        block.Header.Write(header);
        if (!header.SequenceEqual(bytes.AsSpan(0, BlockHeader.Size))) throw new InvalidDataException("The header has another form.");
        if (block.Header.PublicSize + SealedBody.Overhead > bytes.Length) throw new InvalidDataException("The block is shorter than it says.");
        for (int i = 0; i < block.Header.Links; i++) _ = block.Link(i);
    });

    [Fact]
    public void A_body_that_was_not_sealed_under_its_key_does_not_open()
    {
        byte[] block = Some.Leaf("some content"u8, out ContentKey key);
        Fuzz([block], 16 << 10, bytes =>
        {
            if (!BlockHeader.TryRead(bytes, out BlockHeader header)) return;
            bool opened = SealedBody.TryOpen(key, bytes, header, new byte[bytes.Length - header.PublicSize - SealedBody.TagSize]);
            Assert.Equal(bytes.AsSpan().SequenceEqual(block), opened);
        });
    }

    /// <summary>What a holder of the keys could have sealed: any flag, any frame, any length.</summary>
    [Fact]
    public void A_leaf_body_is_opened_or_refused()
    {
        byte[][] bodies = [[SealedBody.Plain, .. "some content"u8], [SealedBody.Zstd, .. Frame(1000)], [SealedBody.Plain]];
        using BlockOpener opener = new(rig.Store, Rig.Vault);
        foreach ((byte[] body, int length) in bodies.Zip([12, 1000, 0]))
            Seed.Check(LongRun.Cases(2000, 100_000), random =>
            {
                byte[] bent = Bend(body, random);
                if (bent.Length == 0) return;
                byte[] bytes = Some.Leaf(bent.AsSpan(1), out ContentKey key, bent[0]);
                Assert.True(Block.TryParse(bytes, out Block block));
                using (WriteSession session = rig.Store.BeginWrite(Rig.Vault))
                {
                    session.AddAsync(block).AsTask().GetAwaiter().GetResult();
                    session.FlushAsync().GetAwaiter().GetResult();
                }
                int claimed = random.Below(4) == 0 ? random.Below(2000) : length;
                try
                {
                    using LeafContent content = opener.OpenLeaf(new Child(block.Id, key, claimed));
                    Assert.Equal(claimed, content.Bytes.Length);
                    Assert.True(bent[0] == SealedBody.Plain ? content.Bytes.Span.SequenceEqual(bent.AsSpan(1)) : bent[0] == SealedBody.Zstd && bent.Length - 1 < claimed);
                }
                catch (CorruptDataException)
                {
                    // refused
                }
            });
    }

    [Fact]
    public void An_inner_body_is_parsed_or_refused()
    {
        byte[] block = Blocks()[3];
        Assert.True(BlockHeader.TryRead(block, out BlockHeader header));
        InnerBody.Build(epoch.Convergence.Span, 1, [.. Enumerable.Range(0, 5).Select(i => new Child(BlockId.Of([(byte)i]), new ContentKey(Hash32.Of([(byte)i])), 10 + i))], out ContentKey key);
        byte[] whole = new byte[block.Length - header.PublicSize - SealedBody.TagSize];
        Assert.True(SealedBody.TryOpen(key, block, header, whole));
        Fuzz([whole], 16 << 10, body =>
        {
            if (InnerBody.Parse(block, header, body, 60) is not { } children) return;
            byte[] again = InnerBody.Build(epoch.Convergence.Span, 1, children, out ContentKey other);
            byte[] opened = new byte[again.Length - header.PublicSize - SealedBody.TagSize];
            if (!SealedBody.TryOpen(other, again, header, opened) || !opened.AsSpan().SequenceEqual(body)) throw new InvalidDataException("The body has another form.");
        });
    }

    [Fact]
    public void A_file_reference_is_read_or_refused()
    {
        byte[] sample = new byte[FileRef.EncodedSize];
        new FileRef(BlockId.Of("root"u8), new ContentKey(Hash32.Of("key"u8)), 123_456).Write(sample);
        byte[] again = new byte[FileRef.EncodedSize];
        Fuzz([sample], 0, bytes =>
        {
            if (FileRef.Read(bytes) is not { } file) return;
            file.Write(again);
            if (!again.AsSpan().SequenceEqual(bytes)) throw new InvalidDataException("The reference has another form.");
        });
    }

    [Fact]
    public void A_frame_is_opened_into_the_memory_given_or_refused()
    {
        byte[] content = new byte[1000 + 16];
        Fuzz([Frame(1000)], 0, bytes =>
        {
            bool opened = decompressor.TryDecompress(bytes, content.AsSpan(0, 1000));
            if (content.AsSpan(1000).ContainsAnyExcept((byte)0)) throw new InvalidDataException("Something was written behind the end.");
            if (!opened) content.AsSpan(0, 1000).Clear();
        });
    }

    [Fact]
    public void What_the_index_knows_of_a_block_is_read_or_refused() => Fuzz([new BlockInfo(100, 0).Encode(), new BlockInfo(100, 0, new SegmentPlace(3, 99)).Encode(), new BlockInfo(Limits.MaxBlock, Limits.MaxLevel).Encode()], 200, bytes =>
    {
        if (BlockInfo.Decode(bytes) is not { } info) return;
        if (info.Length is < 0 or > Limits.MaxBlock || info.Level > Limits.MaxLevel) throw new InvalidDataException($"{info} is no block.");
        if (!info.Encode().AsSpan().SequenceEqual(bytes)) throw new InvalidDataException("The value has another form.");
    });

    [Fact]
    public void The_key_of_a_blocks_bytes_is_read_or_refused() => Fuzz([StoreKeys.BlockKey(StoreKeys.BytesOf, Rig.Vault, BlockId.Of("any"u8))], 200, bytes =>
    {
        if (!BlockPlace.TryRead(bytes, out BlockPlace place)) return;
        if (!StoreKeys.BlockKey(StoreKeys.BytesOf, place.Vault, place.Id).AsSpan().SequenceEqual(bytes)) throw new InvalidDataException("The key has another form.");
    });

    [Fact]
    public void The_header_of_a_record_in_a_segment_is_read_or_refused()
    {
        byte[] header = new byte[SegmentRecord.HeaderSize], again = new byte[SegmentRecord.HeaderSize];
        SegmentRecord.WriteHeader(header, new BlockPlace(Rig.Vault, BlockId.Of("any"u8)), 1000);
        Fuzz([header], 8192, bytes => // hashing sets something up now and then; nothing follows the length that is claimed
        {
            if (!SegmentRecord.TryReadHeader(bytes, out BlockPlace place, out int length)) return;
            SegmentRecord.WriteHeader(again, place, length);
            if (!again.AsSpan().SequenceEqual(bytes.AsSpan(0, again.Length))) throw new InvalidDataException("The header has another form.");
        });
    }

    [Fact]
    public void A_block_id_is_read_from_text_or_refused()
    {
        BlockId id = BlockId.Of("any"u8);
        Fuzz([System.Text.Encoding.ASCII.GetBytes(id.ToString()), System.Text.Encoding.ASCII.GetBytes(id.Hash.ToString())], 2000, bytes =>
        {
            string text = System.Text.Encoding.Latin1.GetString(bytes);
            if (!BlockId.TryParse(text, out BlockId read)) return;
            if (read.ToString() != text && !string.Equals(read.Hash.ToString(), text, StringComparison.OrdinalIgnoreCase)) throw new InvalidDataException($"{text} is another form of {read}.");
        });
    }

    [Fact]
    public void Values_in_meta_are_read_or_refused()
    {
        using MemoryDatabase meta = Rig.NewMeta();
        using BlockStore store = new(rig.Blocks, meta, rig.Clock);
        using ImportJournal journal = new(store, Rig.Vault, epoch, RandomSource.Seeded(1));
        SourceStamp source = journal.Stamp("source"u8);
        BlockId leaf = BlockId.Of("leaf"u8);
        journal.Checkpoint(source, 0, 0, [new Child(leaf, default, 5)]);
        journal.Finish([(journal.Stamp("finished"u8), new FileRef(leaf, default, 5))]);
        byte[][] keys = new byte[2][], values = new byte[2][];
        using (ICursor cursor = meta.Range(StoreKeys.Imports, default, default))
            for (int i = 0; cursor.MoveNext(); i++) (keys[i], values[i]) = (cursor.Key.ToArray(), cursor.Value.ToArray());
        byte[] blockKey = StoreKeys.MetaKey(Rig.Vault, leaf), pinKey = [.. blockKey, (byte)PinReason.Lease];
        Seed.Check(LongRun.Cases(20_000, 1_000_000), random =>
        {
            int which = random.Below(2);
            Batch batch = new Batch().Put(StoreKeys.Imports, keys[which], Bend(values[which], random));
            byte[] time = Bend(StoreKeys.TimeValue(rig.Clock.Now), random);
            meta.Commit(batch.Put(StoreKeys.Pins, pinKey, time).Put(StoreKeys.Condemned, blockKey, time).Put(StoreKeys.Quarantine, blockKey, (byte[])[.. time, 0, 65]), Durability.Logged);
            long before = GC.GetAllocatedBytesForCurrentThread();
            _ = journal.Progress(source);
            _ = journal.Finished(journal.Stamp("finished"u8));
            _ = Explanation.Of(store, Rig.Vault, leaf);
            foreach (BlockId _ in store.Missing(Rig.Vault)) { }
            foreach (DamagedBlock _ in store.Damaged(Rig.Vault)) { }
            long used = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(used < 100_000, $"{used} bytes allocated");
            meta.Flush(); // it keeps no history then
        });
    }
}
