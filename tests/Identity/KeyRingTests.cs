using System.Security.Cryptography;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Identity.Tests;

public sealed class KeyRingTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    KeyFolder Keys => new(folder.Path, RandomSource.Seeded(1));

    [Fact]
    public void The_file_is_as_specified()
    {
        TestVector vector = Vectors.Of("ring");
        File.WriteAllBytes(folder["vaults.key"], vector.Bytes("clear"));
        using KeyRing ring = KeyRing.Load(Keys);
        KeyRingEntry creator = ring.Find(new VaultId(vector.Bytes("creator")))!, blind = ring.Find(new VaultId(vector.Bytes("blind")))!;
        Assert.Equal("photos", creator.Name);
        Assert.Equal([0u, 7u], creator.Keys.AllEpochs.Select(epoch => epoch.Number));
        Assert.NotNull(creator.Keys.Root);
        Assert.True(creator.Keys.CanRead);
        Assert.Equal("Größe", blind.Name);
        Assert.Null(blind.Keys.Root);
        Assert.False(blind.Keys.CanRead);

        ring.Save(Keys);
        Assert.Equal(vector.Bytes("clear"), File.ReadAllBytes(folder["vaults.key"]));
    }

    [Fact]
    public void What_was_added_renamed_or_removed_is_so_after_a_restart()
    {
        VaultKeys first = VaultKeys.Create(RandomSource.Seeded(2)), second = VaultKeys.Create(RandomSource.Seeded(3));
        byte[] gate = first.Current.Gate.Span.ToArray();
        using (KeyRing ring = KeyRing.Load(Keys))
        {
            ring.Add("one", first);
            ring.Add("two", second);
            ring.Rename(first.Vault, "uno");
            Assert.True(ring.AddEpoch(first.Vault, 4, new byte[32], new byte[32]));
            Assert.False(ring.AddEpoch(first.Vault, 4, new byte[32], new byte[32]));
            ring.Remove(second.Vault)!.Dispose();
            Assert.Null(ring.Remove(second.Vault));
        }
        using KeyRing again = KeyRing.Load(Keys);
        KeyRingEntry entry = Assert.Single(again.Entries);
        Assert.Equal("uno", entry.Name);
        Assert.Equal(gate, entry.Keys.Epoch(0)!.Gate.Span.ToArray());
        Assert.Equal(4u, entry.Keys.Current.Number);
        Assert.NotNull(entry.Keys.Root);
    }

    [Fact]
    public void Secrets_that_came_to_the_keys_past_the_ring_are_kept_when_it_is_asked_and_nothing_is_written_twice()
    {
        VaultKeys keys = VaultKeys.Create(RandomSource.Seeded(2));
        using (KeyRing ring = KeyRing.Load(Keys))
        {
            Assert.False(ring.Keep());
            Assert.False(File.Exists(folder["vaults.key"])); // nothing is made where nothing is
            ring.Add("photos", keys);
            Assert.False(ring.Keep());
            keys.AddEpoch(4, new byte[32], new byte[32]);
            Assert.True(ring.Keep());
            Assert.False(ring.Keep());
        }
        using KeyRing again = KeyRing.Load(Keys);
        Assert.Equal(4u, again.Find(keys.Vault)!.Keys.Current.Number);
        Assert.False(again.Keep());
    }

    [Fact]
    public void A_name_is_neither_empty_nor_endless()
    {
        using KeyRing ring = KeyRing.Load(Keys);
        using VaultKeys keys = VaultKeys.Create(RandomSource.Seeded(2));
        Assert.Throws<ConfigException>(() => ring.Add("", keys));
        Assert.Throws<ConfigException>(() => ring.Add(new string('ö', 128), keys));
        Assert.Throws<ConfigException>(() => ring.Add("\uD800", keys));
        Assert.Empty(ring.Entries);
    }

    // Behind a good checksum, so that the payload's own parser is what answers.
    [Fact]
    public void Any_payload_is_read_and_written_back_the_same_or_refused() => Seed.Check(LongRun.Cases(20_000, 200_000), random =>
    {
        byte[] file = Vectors.Of("ring").Bytes("clear");
        Span<byte> payload = file.AsSpan(11..^32);
        for (int flips = 1 + random.Below(3); flips > 0; flips--)
            payload[random.Below(random.Below(3) == 0 ? 80 : payload.Length)] = (byte)(random.Below(2) == 0 ? random.Below(256) : random.Below(3));
        if (random.Below(4) == 0) file = file[..(12 + random.Below(file.Length - 12))];
        if (random.Below(4) == 0) file = [.. file, .. random.BytesUpTo(4)];
        if (file.Length < 11 + 32 + 1) return;
        SHA256.HashData(file.AsSpan(0, file.Length - 32), file.AsSpan(file.Length - 32));

        using SecretBytes read = KeyFile.Open(KeyFileKind.Vaults, file, null, "file");
        if (KeyRingCodec.Decode(read.Span) is not { } entries) return;
        Assert.Equal(read.Span.ToArray(), KeyRingCodec.Encode(entries));
        foreach (KeyRingEntry entry in entries) entry.Keys.Dispose();
    });

    [Fact]
    public void No_bytes_make_opening_a_key_file_throw_anything_but_its_fault() => Seed.Check(LongRun.Cases(100_000, 1_000_000), random =>
    {
        byte[] file = [.. "vaultkey"u8, 1, (byte)random.Below(4), (byte)random.Below(3), .. random.BytesUpTo(120)];
        file = random.Below(8) == 0 ? file[..random.Below(file.Length)] : file;
        if (file.Length > 32 && random.Below(2) == 0) SHA256.HashData(file.AsSpan(0, file.Length - 32), file.AsSpan(file.Length - 32));
        try
        {
            KeyFile.Open(KeyFileKind.Vaults, file, null, "file").Dispose();
        }
        catch (ConfigException)
        {
        }
    });
}
