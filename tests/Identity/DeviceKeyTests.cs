using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Identity.Tests;

public sealed class DeviceKeyTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly SecretBytes passphrase = Vectors.Passphrase("open sesame");

    public void Dispose()
    {
        folder.Dispose();
        passphrase.Dispose();
    }

    KeyFolder Plain(ulong seed = 1) => new(folder.Path, RandomSource.Seeded(seed));
    KeyFolder Sealed(SecretBytes? other = null) => new(folder.Path, RandomSource.Seeded(9), other ?? passphrase, Vectors.Cheap);

    [Fact]
    public void The_file_in_the_clear_is_as_specified()
    {
        TestVector vector = Vectors.Of("device");
        File.WriteAllBytes(folder["device.key"], vector.Bytes("clear"));
        using DeviceKey key = DeviceKey.LoadOrCreate(Plain());
        Assert.Equal(vector.Bytes("seed"), key.Key.Seed.ToArray());
        key.Save(Plain());
        Assert.Equal(vector.Bytes("clear"), File.ReadAllBytes(folder["device.key"]));
    }

    [Fact]
    public void The_sealed_file_is_as_specified()
    {
        TestVector vector = Vectors.Of("device");
        File.WriteAllBytes(folder["device.key"], vector.Bytes("sealed"));
        using SecretBytes given = SecretBytes.Copy(vector.Bytes("passphrase"));
        KeyFolder again = new(folder.Path, new DealtSource(vector.Bytes("random")), given, vector.Stretch());
        using DeviceKey key = DeviceKey.LoadOrCreate(again);
        Assert.Equal(vector.Bytes("seed"), key.Key.Seed.ToArray());
        key.Save(again);
        Assert.Equal(vector.Bytes("sealed"), File.ReadAllBytes(folder["device.key"]));
    }

    [Fact]
    public void A_device_is_the_same_after_a_restart()
    {
        using DeviceKey first = DeviceKey.LoadOrCreate(Plain(1)), second = DeviceKey.LoadOrCreate(Plain(2));
        Assert.Equal(first.Id, second.Id);
        Assert.Equal(PeerId.From(first.Key.Public), first.Id);
    }

    [Fact]
    public void The_file_is_its_owners_only_and_nothing_else_is_left_behind()
    {
        DeviceKey.LoadOrCreate(Plain()).Dispose();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, Mode());
        Assert.Equal([folder["device.key"]], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_file_that_others_could_read_is_tightened_and_said_so()
    {
        DeviceKey.LoadOrCreate(Plain()).Dispose();
        SetMode(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        KeyFolder keys = Plain();
        DeviceKey.LoadOrCreate(keys).Dispose();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, Mode());
        Assert.Contains("could be read by other users", Assert.Single(keys.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void What_an_interrupted_write_left_is_overwritten()
    {
        File.WriteAllText(folder["device.key.new"], "half a k");
        DeviceKey.LoadOrCreate(Plain()).Dispose();
        Assert.Equal([folder["device.key"]], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Under_a_passphrase_it_opens_with_that_passphrase_only()
    {
        using DeviceKey key = DeviceKey.LoadOrCreate(Sealed()), again = DeviceKey.LoadOrCreate(Sealed());
        Assert.Equal(key.Id, again.Id);
        using SecretBytes wrong = Vectors.Passphrase("open barley");
        Assert.StartsWith("wrong passphrase for ", Refused(Sealed(wrong)).Message);
        Assert.Contains("sealed under a passphrase", Refused(Plain()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_passphrase_can_be_set_changed_and_taken_away()
    {
        using DeviceKey key = DeviceKey.LoadOrCreate(Plain());
        KeyFolder warned = Sealed();
        DeviceKey.LoadOrCreate(warned).Dispose();
        Assert.Contains("isn't sealed", Assert.Single(warned.Warnings), StringComparison.Ordinal);

        key.Save(Sealed());
        Refused(Plain());
        key.Save(Plain());
        using DeviceKey again = DeviceKey.LoadOrCreate(Plain());
        Assert.Equal(key.Id, again.Id);
    }

    [Fact]
    public void Any_damage_is_said_and_never_repaired_by_making_a_new_key() => Seed.Check(200, random =>
    {
        File.Delete(folder["device.key"]);
        DeviceKey.LoadOrCreate(random.Below(2) == 0 ? Plain() : Sealed()).Dispose();
        byte[] bytes = File.ReadAllBytes(folder["device.key"]);
        if (random.Below(2) == 0) bytes[random.Below(bytes.Length)] ^= (byte)(1 << random.Below(8));
        else bytes = bytes[..random.Below(bytes.Length)];
        File.WriteAllBytes(folder["device.key"], bytes);

        ConfigException fault = Refused(Sealed());
        Assert.NotNull(fault.Hint);
        Assert.Contains(bytes.AsSpan().StartsWith("vaultkey"u8) ? "is damaged" : "is not a key file", fault.Message, StringComparison.Ordinal);
        Assert.Equal(bytes, File.ReadAllBytes(folder["device.key"]));
    });

    [Fact]
    public void A_huge_file_is_not_read_into_memory()
    {
        using (FileStream file = File.Create(folder["device.key"])) file.SetLength(1L << 40);
        Assert.Contains("is not a key file", Refused(Plain()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, 100 * 1024 * 1024)] // 100 GiB
    [InlineData(int.MaxValue, 64)]
    [InlineData(0, 64)]
    [InlineData(-1, -1)]
    public void A_file_can_not_demand_that_opening_it_cost_too_much(int passes, int memoryKiB)
    {
        byte[] file = Vectors.Of("device").Bytes("sealed");
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(11), passes);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(15), memoryKiB);
        System.Security.Cryptography.SHA256.HashData(file.AsSpan(0, file.Length - 32), file.AsSpan(file.Length - 32));
        File.WriteAllBytes(folder["device.key"], file);
        Assert.Contains("demands more", Refused(Sealed()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_file_of_another_kind_or_a_newer_version_is_refused()
    {
        File.WriteAllBytes(folder["device.key"], Vectors.Of("ring").Bytes("clear"));
        Assert.Contains("another kind", Refused(Plain()).Message, StringComparison.Ordinal);

        byte[] newer = Vectors.Of("device").Bytes("clear");
        newer[8] = 2;
        System.Security.Cryptography.SHA256.HashData(newer.AsSpan(0, newer.Length - 32), newer.AsSpan(newer.Length - 32));
        File.WriteAllBytes(folder["device.key"], newer);
        Assert.Equal("upgrade vault", Refused(Plain()).Hint);
    }

    [Fact]
    public void A_device_takes_a_recovered_key_only_while_it_is_nobody()
    {
        using Ed25519Key recovered = Ed25519Key.Generate(RandomSource.Seeded(5)), other = Ed25519Key.Generate(RandomSource.Seeded(6));
        using (DeviceKey key = DeviceKey.Restore(Plain(), recovered)) Assert.Equal(recovered.Public, key.Key.Public);
        using (DeviceKey key = DeviceKey.Restore(Plain(), recovered)) Assert.Equal(recovered.Public, key.Key.Public);
        Assert.Throws<ConfigException>(() => DeviceKey.Restore(Plain(), other));
        using DeviceKey after = DeviceKey.LoadOrCreate(Plain());
        Assert.Equal(recovered.Public, after.Key.Public);
    }

    static ConfigException Refused(KeyFolder keys) => Assert.Throws<ConfigException>(() => DeviceKey.LoadOrCreate(keys));

    UnixFileMode Mode() => OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(folder["device.key"]);

    void SetMode(UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder["device.key"], mode);
    }
}
