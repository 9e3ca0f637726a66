using System.Text;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Identity.Tests;

public sealed class RecoveryFileTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly SecretBytes passphrase = Vectors.Passphrase("open sesame");
    readonly DeviceKey device;
    readonly KeyRing ring;

    public RecoveryFileTests()
    {
        device = DeviceKey.LoadOrCreate(Keys);
        ring = KeyRing.Load(Keys);
    }

    public void Dispose()
    {
        device.Dispose();
        ring.Dispose();
        passphrase.Dispose();
        folder.Dispose();
    }

    KeyFolder Keys => new(folder.Path, RandomSource.Seeded(1));

    RecoveryFile Export(params SwarmKey[] swarmKeys) =>
        RecoveryFile.Create(device, ring, swarmKeys, passphrase, RandomSource.Seeded(7), Vectors.Cheap);

    [Fact]
    public void The_text_is_as_specified()
    {
        TestVector vector = Vectors.Of("recovery");
        string text = Encoding.ASCII.GetString(vector.Bytes("text"));
        using SecretBytes given = SecretBytes.Copy(vector.Bytes("passphrase"));
        using Recovery recovery = RecoveryFile.Open(text, given);
        Assert.Equal(vector.Bytes("device"), recovery.Device.Seed.ToArray());
        Assert.Equal(vector.Bytes("swarm"), Assert.Single(recovery.SwarmKeys).Secret.Span.ToArray());
        Assert.Equal(["Größe", "photos"], recovery.Vaults.Select(entry => entry.Name).Order(StringComparer.Ordinal));

        using TemporaryFolder other = new();
        KeyFolder keys = new(other.Path, RandomSource.Seeded(1));
        using DeviceKey restored = DeviceKey.Restore(keys, recovery.Device);
        using KeyRing merged = KeyRing.Load(keys);
        merged.Merge(recovery);
        Assert.False(merged.NeedsExport);
        RecoveryFile again = RecoveryFile.Create(restored, merged, [.. recovery.SwarmKeys], given, new DealtSource(vector.Bytes("random")), vector.Stretch());
        Assert.Equal(text, again.Text);
    }

    [Fact]
    public void A_lost_device_comes_back_whole()
    {
        VaultKeys own = VaultKeys.Create(RandomSource.Seeded(2));
        ring.Add("photos", own);
        ring.AddEpoch(own.Vault, 1, new byte[32]);
        using SwarmKey swarm = SwarmKey.Generate(RandomSource.Seeded(3));
        string text = Export(swarm).Text;

        using TemporaryFolder machine = new();
        KeyFolder keys = new(machine.Path, RandomSource.Seeded(4));
        using (Recovery recovery = RecoveryFile.Open(text, passphrase))
        {
            DeviceKey.Restore(keys, recovery.Device).Dispose();
            using KeyRing empty = KeyRing.Load(keys);
            empty.Merge(recovery);
            Assert.Equal(swarm.Fingerprint, Assert.Single(recovery.SwarmKeys).Fingerprint);
        }
        using DeviceKey after = DeviceKey.LoadOrCreate(keys);
        using KeyRing back = KeyRing.Load(keys);
        Assert.Equal(device.Id, after.Id);
        KeyRingEntry entry = Assert.Single(back.Entries);
        Assert.Equal("photos", entry.Name);
        Assert.Equal(own.Root!.Seed.ToArray(), entry.Keys.Root!.Seed.ToArray());
        Assert.Equal(own.PositionKey.Span.ToArray(), entry.Keys.PositionKey.Span.ToArray());
        Assert.False(entry.Keys.Current.CanRead);
    }

    [Fact]
    public void Importing_into_a_device_that_knows_the_vault_adds_only_what_is_missing()
    {
        VaultKeys full = VaultKeys.Create(RandomSource.Seeded(2));
        ring.Add("photos", full);
        string text = Export().Text;

        using TemporaryFolder machine = new();
        KeyFolder keys = new(machine.Path, RandomSource.Seeded(4));
        using KeyRing other = KeyRing.Load(keys);
        VaultKeys blind = new(full.Vault, [new SecretEpoch(0, full.Current.SyncSecret.Span), new SecretEpoch(9, new byte[32])]);
        other.Add("mine", blind);
        using Recovery recovery = RecoveryFile.Open(text, passphrase);
        other.Merge(recovery);
        Assert.Equal("mine", Assert.Single(other.Entries).Name);
        Assert.True(blind.CanRead);
        Assert.NotNull(blind.Root);
        Assert.Equal(9u, blind.Current.Number);
    }

    [Fact]
    public void An_export_is_asked_for_until_it_was_done_and_again_after_new_secrets()
    {
        Assert.False(ring.NeedsExport);
        VaultKeys keys = VaultKeys.Create(RandomSource.Seeded(2));
        ring.Add("photos", keys);
        Assert.True(ring.NeedsExport);

        RecoveryFile file = Export();
        Assert.True(ring.NeedsExport); // made, but not yet safely anywhere
        ring.MarkExported(file);
        Assert.False(ring.NeedsExport);
        ring.Rename(keys.Vault, "pictures");
        Assert.False(ring.NeedsExport);
        using (KeyRing again = KeyRing.Load(Keys)) Assert.False(again.NeedsExport);

        ring.AddEpoch(keys.Vault, 1, new byte[32], new byte[32]);
        Assert.True(ring.NeedsExport);
        ring.MarkExported(file); // the old one doesn't hold them
        Assert.True(ring.NeedsExport);
    }

    [Fact]
    public void The_text_survives_mail_paste_and_foreign_line_ends()
    {
        ring.Add("photos", VaultKeys.Create(RandomSource.Seeded(2)));
        string text = Export().Text;
        string[] mangled =
        [
            text.ReplaceLineEndings("\r\n"),
            "Dear me,\n\nkeep this:\n" + text.TrimEnd() + "  \n-- \nme",
            text.Replace("\n", "\n   ", StringComparison.Ordinal),
            text.Replace("\n", " \t\n\n", StringComparison.Ordinal),
            "\uFEFF" + text,
        ];
        Assert.All(mangled, form =>
        {
            using Recovery recovery = RecoveryFile.Open(form, passphrase);
            Assert.Equal(device.Key.Public, recovery.Device.Public);
        });
    }

    [Fact]
    public void A_wrong_passphrase_and_a_damaged_file_are_told_apart()
    {
        string text = Export().Text;
        using SecretBytes wrong = Vectors.Passphrase("open barley");
        Assert.StartsWith("wrong passphrase for ", Assert.Throws<ConfigException>(() => RecoveryFile.Open(text, wrong)).Message);

        ConfigException foreign = Assert.Throws<ConfigException>(() => RecoveryFile.Open("hello", passphrase));
        Assert.Equal("this is not a recovery file", foreign.Message);
        Assert.NotNull(foreign.Hint);
    }

    [Fact]
    public void Any_changed_or_missing_character_is_damage() => Seed.Check(300, random =>
    {
        string text = Export().Text;
        int begin = text.IndexOf('\n', StringComparison.Ordinal) + 1, end = text.LastIndexOf("\n-----END", StringComparison.Ordinal);
        int at = begin + random.Below(end - begin);
        if (char.IsWhiteSpace(text[at]) || text[at] == '=') return;
        string damaged = random.Below(2) == 0
            ? text.Remove(at, 1 + random.Below(end - at))
            : text[..at] + (text[at] == 'A' ? 'B' : 'A') + text[(at + 1)..];
        ConfigException fault = Assert.Throws<ConfigException>(() => RecoveryFile.Open(damaged, passphrase));
        Assert.Matches("is damaged|is not a key file", fault.Message);
        Assert.Throws<ConfigException>(() => RecoveryFile.Open(text.AsSpan(0, at), passphrase));
    });

    [Fact]
    public void The_file_is_its_owners_only()
    {
        Export().WriteTo(folder["recovery.txt"]);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder["recovery.txt"]));
        using Recovery recovery = RecoveryFile.Open(File.ReadAllText(folder["recovery.txt"]), passphrase);
        Assert.Equal(device.Key.Public, recovery.Device.Public);
    }
}
