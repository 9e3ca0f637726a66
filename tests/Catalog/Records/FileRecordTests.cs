using System.Buffers.Binary;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

public sealed class FileRecordTests : IDisposable
{
    const int VectorAt = 2 + Hash32.Size + DeviceId.Size;

    readonly Writers writers = new(RandomSource.Seeded(1), 3);

    /// <summary>A file under a vector of three devices, written by the one in the middle.</summary>
    byte[] Good()
    {
        int middle = Array.IndexOf(writers.Ids, writers.Ids.Order().ElementAt(1));
        VersionVector seen = VersionVector.Of([.. writers.Ids.Where(id => id != writers.Ids[middle]).Select(id => new VersionEntry(id, writers.At(5)))]);
        return writers.Write(middle, "dir/file", seen.With(writers.Ids[middle], writers.At(9))).Encode().ToArray();
    }

    [Fact]
    public void A_record_has_one_encoding_and_everything_else_is_refused()
    {
        byte[] good = Good();
        Assert.NotNull(FileRecord.Parse(good));
        int root = VectorAt + 1 + 3 * VersionVector.EntrySize, @sealed = root + Hash32.Size + 4;

        Refused("another version", bytes => bytes[0] = 2);
        Refused("version 0", bytes => bytes[0] = 0);
        foreach (byte kind in (byte[])[0, 5, 63, 64, 73, 255]) Refused($"kind {kind}", bytes => bytes[1] = kind);
        Refused("a certificate's place", bytes => bytes[2] &= 0x7F);
        Refused("an author who isn't in the vector", bytes => bytes[VectorAt - 1] ^= 1);
        Refused("no versions", bytes => bytes[VectorAt] = 0);
        Refused("fewer versions than bytes", bytes => bytes[VectorAt] = 2);
        Refused("more versions than bytes", bytes => bytes[VectorAt] = 4);
        Refused("too many versions", bytes => bytes[VectorAt] = 65);
        Refused("devices out of order", bytes => Swap(bytes, VectorAt + 1, VectorAt + 1 + VersionVector.EntrySize, VersionVector.EntrySize));
        Refused("a device twice", bytes => bytes.AsSpan(VectorAt + 1, DeviceId.Size).CopyTo(bytes.AsSpan(VectorAt + 1 + VersionVector.EntrySize)));
        Refused("a time of zero", bytes => bytes.AsSpan(VectorAt + 1 + DeviceId.Size, 8).Clear());
        Refused("something seen later than it was written", bytes => BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(VectorAt + 1 + DeviceId.Size), writers.At(10).Value));
        Refused("something seen as it was written", bytes => BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(VectorAt + 1 + DeviceId.Size), writers.At(9).Value));
        Refused("a file without content", bytes => bytes.AsSpan(root, Hash32.Size).Clear());
        Refused("a folder with content", bytes => bytes[1] = (byte)RecordKind.Folder);
        Refused("a tombstone with content", bytes => bytes[1] = (byte)RecordKind.Tombstone);
        foreach (int cut in (int[])[1, 31, 33, 65, good.Length - @sealed, good.Length - 1, good.Length])
            Assert.Null(FileRecord.Parse(good.AsMemory(0, good.Length - cut)));
        Assert.Null(FileRecord.Parse((byte[])[.. good, 0]));
        Assert.Null(FileRecord.Parse((byte[])[.. good, .. new byte[16]]));
        // What is 32 bytes longer could be a record, but not one that was sealed or signed.
        FileRecord? longer = FileRecord.Parse((byte[])[.. good, .. new byte[32]]);
        Assert.NotNull(longer);
        Assert.Null(writers.Sealer.Open(longer));
        Assert.False(IsSignedByAnyone(longer));
        Assert.Null(FileRecord.Parse((byte[])[.. good, .. new byte[FileRecord.MaxSize / 32 * 32]]));

        void Refused(string what, Action<byte[]> change)
        {
            byte[] bytes = [.. good];
            change(bytes);
            Assert.True(FileRecord.Parse(bytes) is null, $"{what} was read");
        }
    }

    [Fact]
    public void No_flipped_bit_goes_unnoticed()
    {
        byte[] good = Good();
        for (int bit = 0; bit < 8 * good.Length; bit++)
        {
            byte[] bytes = [.. good];
            bytes[bit / 8] ^= (byte)(1 << bit % 8);
            if (FileRecord.Parse(bytes) is not { } record) continue;
            Assert.False(IsSignedByAnyone(record));
            // The signature isn't sealed, nor part of what the record is called.
            bool inSignature = bit / 8 >= good.Length - Ed25519PublicKey.SignatureSize;
            Assert.Equal(inSignature, writers.Sealer.Open(record) != null);
            Assert.Equal(inSignature, record.Leaf == FileRecord.Parse(good)!.Leaf);
        }
    }

    [Fact]
    public void A_record_is_of_one_vault_and_one_author()
    {
        FileRecord record = FileRecord.Parse(Good())!;
        int author = Array.IndexOf(writers.Ids, record.Author);
        Assert.True(record.IsSignedBy(writers.Vault, writers.Devices[author].Public));
        Assert.False(record.IsSignedBy(writers.Vault, writers.Devices[(author + 1) % 3].Public));
        Assert.False(record.IsSignedBy(new VaultId(Hash32.Of("another vault"u8)), writers.Devices[author].Public));

        // The same body signed by another member, who thereby claims to be the author.
        FileRecord stolen = FileRecord.Parse(FileRecord.Sign(record.Body.Span, writers.Vault, writers.Devices[(author + 1) % 3]))!;
        Assert.False(IsSignedByAnyone(stolen));
        Assert.Equal(record.Leaf, stolen.Leaf);
    }

    [Fact]
    public void Any_bytes_are_read_only_if_they_would_be_written()
    {
        byte[] good = Good();
        Seed.Check(LongRun.Cases(20_000, 1_000_000), random =>
        {
            byte[] bytes = random.Below(10) == 0 ? random.BytesUpTo(400) : [.. good];
            for (int changes = random.Below(4); changes > 0 && bytes.Length > 0; changes--) bytes[random.Below(random.Below(3) == 0 ? bytes.Length : Math.Min(bytes.Length, 160))] = (byte)random.NextUInt64();
            if (random.Below(5) == 0) bytes = bytes[..random.Below(bytes.Length + 1)];
            if (random.Below(5) == 0) bytes = [.. bytes, .. random.BytesUpTo(64)];
            if (FileRecord.Parse(bytes) is not { } record) return;
            byte[] open = FileRecord.EncodePublic(record.Kind, record.Position, record.Author, record.Versions, record.Root, record.Epoch);
            Assert.Equal(bytes, (byte[])[.. open, .. record.Sealed.Span, .. bytes[^Ed25519PublicKey.SignatureSize..]]);
            Assert.False(record.Leaf.IsControl);
        });
    }

    [Fact]
    public void The_largest_entry_under_the_largest_vector_fits()
    {
        string name = string.Join('/', Enumerable.Repeat(new string('é', 127), 16));
        Entry entry = new(VaultPath.Parse(name)!)
        {
            Mode = EntryLimits.MaxMode, ModifiedNs = long.MinValue, Size = long.MaxValue, ContentKey = new ContentKey(Hash32.Of("key"u8)),
            Tags = [.. Enumerable.Range(0, EntryLimits.Tags).Select(i => $"{i,2}".Replace(' ', '0') + new string('x', EntryLimits.Tag - 2))],
            Mime = new string('m', EntryLimits.Mime), Application = new string('a', EntryLimits.Application), User = new string('u', EntryLimits.User),
            Extensions = [new EntryExtension(255, new byte[EntryLimits.Extensions - 3])],
        };
        VersionEntry[] others = [.. Enumerable.Range(0, 63).Select(i => new VersionEntry(new DeviceId(Hash32.Of([(byte)i]).ToArray().AsSpan(0, 16)), writers.At(i)))];
        VersionVector full = VersionVector.Of(others).With(writers.Ids[0], writers.At(100));
        FileRecord file = writers.Sealer.Seal(writers.Devices[0], RecordKind.File, entry, full, new BlockId(Hash32.Of("root"u8)));
        Assert.Equal(entry, writers.Sealer.Open(file));

        Entry link = entry with { Mode = 0, Size = 0, ContentKey = null, Target = new string('t', EntryLimits.Target) };
        FileRecord symlink = writers.Sealer.Seal(writers.Devices[0], RecordKind.Symlink, link, full);
        Assert.Equal(link, writers.Sealer.Open(symlink));
        Assert.InRange(symlink.Encode().Length, FileRecord.MaxBody * 3 / 4, FileRecord.MaxSize);
        Assert.True(FileRecord.MaxSize <= SyncLimits.Record);
    }

    bool IsSignedByAnyone(FileRecord record) => writers.Devices.Any(device => record.IsSignedBy(writers.Vault, device.Public));

    static void Swap(byte[] bytes, int one, int other, int length)
    {
        byte[] kept = bytes[one..(one + length)];
        bytes.AsSpan(other, length).CopyTo(bytes.AsSpan(one));
        kept.CopyTo(bytes, other);
    }

    public void Dispose() => writers.Dispose();
}
