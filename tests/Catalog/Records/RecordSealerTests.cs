using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

public sealed class RecordSealerTests : IDisposable
{
    readonly Writers writers = new(RandomSource.Seeded(2), 2);

    [Fact]
    public void The_same_entry_never_looks_the_same_twice()
    {
        VersionVector versions = VersionVector.Empty.With(writers.Ids[0], writers.At(1));
        FileRecord one = writers.Write(0, "a", versions), other = writers.Write(0, "a", versions);
        Assert.Equal(one.Position, other.Position);
        Assert.NotEqual(one.Leaf, other.Leaf);
        Assert.Equal(writers.Sealer.Open(one), writers.Sealer.Open(other));
    }

    [Fact]
    public void Nothing_of_a_path_is_in_the_bytes()
    {
        FileRecord record = writers.Write(0, "a-very-secret-name/and-another", VersionVector.Empty.With(writers.Ids[0], writers.At(1)));
        ReadOnlySpan<byte> bytes = record.Encode().Span;
        Assert.True(bytes.IndexOf("secret"u8) < 0 && bytes.IndexOf("another"u8) < 0 && bytes.IndexOf(Hash32.Of("a-very-secret-name/and-another"u8).ToArray()) < 0);
    }

    [Fact]
    public void Secrets_that_are_missing_are_no_damage()
    {
        using VaultKeys more = CopyOf(writers.Keys);
        more.AddEpoch(5, new byte[32], [.. Enumerable.Repeat((byte)1, 32)]);
        RecordSealer newer = new(more, RandomSource.System);
        FileRecord record = newer.Seal(writers.Devices[0], RecordKind.Folder, new Entry(VaultPath.Parse("a")!), VersionVector.Empty.With(writers.Ids[0], writers.At(1)));
        Assert.Equal(5U, record.Epoch);
        Assert.False(writers.Sealer.CanOpen(record));
        Assert.Null(writers.Sealer.Open(record));
        Assert.NotNull(newer.Open(record));
        Assert.Equal(writers.Sealer.PositionOf(VaultPath.Parse("a")!), record.Position);

        using VaultKeys blind = new(more.Vault, more.AllEpochs.Select(epoch => new SecretEpoch(epoch.Number, epoch.SyncSecret.Span)));
        Assert.False(new RecordSealer(blind, RandomSource.System).CanOpen(record));
        Assert.Null(new RecordSealer(blind, RandomSource.System).Open(record));
    }

    /// <summary>Each is in the set like any other, since nobody without keys could tell; readers show it as damaged.</summary>
    [Fact]
    public void A_sealed_part_that_breaks_the_rules_is_damaged_and_the_record_stands()
    {
        VersionVector versions = VersionVector.Empty.With(writers.Ids[0], writers.At(1));
        Hash32 place = writers.Sealer.PositionOf(VaultPath.Parse("a")!);
        Dictionary<string, FileRecord> damaged = new()
        {
            ["garbage"] = Made(place, sealedPart: new byte[72]),
            ["a path that stands elsewhere"] = Made(place, Padded([1, 0, 1, (byte)'b'])),
            ["a path upwards"] = Made(place, Padded([1, 0, 2, (byte)'.', (byte)'.'])),
            ["a path with a line end"] = Made(place, Padded([1, 0, 2, (byte)'a', (byte)'\n'])),
            ["another order of fields"] = Made(place, Padded([2, 0, 2, 1, 0xA4, 1, 0, 1, (byte)'a'])),
            ["too much padding"] = Made(place, [.. Padded([1, 0, 1, (byte)'a']), .. new byte[32]]),
            ["another record's sealed part"] = Made(place, sealedPart: Made(place, Padded([1, 0, 1, (byte)'a']), VersionVector.Empty.With(writers.Ids[0], writers.At(2))).Sealed.ToArray()),
        };
        Assert.All(damaged, one =>
        {
            Assert.Equal(RecordVerdict.Stands, RecordRules.Judge(one.Value, writers.Membership));
            Assert.True(writers.Sealer.CanOpen(one.Value));
            Assert.True(writers.Sealer.Open(one.Value) == null, one.Key);
        });
        Assert.NotNull(writers.Sealer.Open(Made(place, Padded([1, 0, 1, (byte)'a']))));

        FileRecord Made(Hash32 position, byte[]? plain = null, VersionVector? under = null, byte[]? sealedPart = null)
        {
            byte[] open = FileRecord.EncodePublic(RecordKind.Folder, position, writers.Ids[0], under ?? versions, null, 0);
            if (plain != null)
            {
                byte[] nonce = RandomSource.System.Bytes(24), body = new byte[plain.Length + 16];
                XChaCha20Poly1305.Encrypt(writers.Keys.Current.Record.Span, nonce, plain, open, body);
                sealedPart = [.. nonce, .. body];
            }
            return FileRecord.Parse(FileRecord.Sign([.. open, .. sealedPart!], writers.Vault, writers.Devices[0]))!;
        }

        static byte[] Padded(byte[] fields) => [.. fields, .. new byte[32 - fields.Length]];
    }

    static VaultKeys CopyOf(VaultKeys keys) => new(keys.Vault, keys.AllEpochs.Select(epoch => new SecretEpoch(epoch.Number, epoch.SyncSecret.Span, epoch.ReadSecret.Span)));

    public void Dispose() => writers.Dispose();
}
