using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Identity.Tests;

public sealed class ControlRecordTests
{
    static readonly ControlRecord[] samples = [.. TestVector.Load("control.txt").Where(vector => vector.Text("what") == "record")
        .Select(vector => ControlRecord.Parse(new VaultId(vector.Bytes("vault")), vector.Bytes("bytes"))!)];

    [Fact]
    public void Every_kind_is_among_the_samples() =>
        Assert.Equal(Enum.GetValues<ControlKind>(), samples.Select(record => record.Kind).Distinct().Order());

    [Fact]
    public void What_is_read_is_written_in_the_same_bytes() => Seed.Check(LongRun.Cases(20_000, 1_000_000), random =>
    {
        ControlRecord sample = samples[random.Below(samples.Length)];
        byte[] bytes = Bent(random, sample.Encode().ToArray());
        if (ControlRecord.Restore(sample.Vault, bytes) is not { } record) return;
        ByteWriter writer = new();
        writer.Byte(1).Byte((byte)record.Kind).Time(record.Time).Key(record.Issuer).Hash(record.Authority);
        record.Statement.Write(writer);
        Assert.Equal(bytes[..^Ed25519PublicKey.SignatureSize], writer.ToArray());
        Assert.Equal(0, bytes.Length > ControlLimits.MaxRecord ? 1 : 0);
    });

    [Fact]
    public void Nothing_bent_verifies() => Seed.Check(LongRun.Cases(3_000, 1_000_000), random =>
    {
        ControlRecord sample = samples[random.Below(samples.Length)];
        byte[] whole = sample.Encode().ToArray(), bytes = Bent(random, whole);
        if (!bytes.AsSpan().SequenceEqual(whole)) Assert.Null(ControlRecord.Parse(sample.Vault, bytes));
    });

    [Fact]
    public void Noise_is_no_record_and_no_answer() => Seed.Check(LongRun.Cases(10_000, 1_000_000), random =>
    {
        byte[] noise = random.BytesUpTo(600);
        if (noise.Length > 2) (noise[0], noise[1]) = (1, (byte)(64 + random.Below(12)));
        Assert.Null(ControlRecord.Parse(samples[0].Vault, noise));
        Assert.Null(JoinRequest.Parse(noise));
    });

    [Fact]
    public void A_record_over_the_limit_is_none_however_well_signed()
    {
        using Ed25519Key root = Ed25519Key.FromSeed(new byte[32]);
        VaultId vault = new(root.Public.Bytes);
        byte[] digests = [.. Enumerable.Range(0, ControlLimits.MaxKeptPerPage + 1).SelectMany(i => new Hash32([.. new byte[30], (byte)(i >> 8), (byte)i]).ToArray())];
        Assert.NotNull(ControlRecord.Sign(vault, root, null, new HybridTime(1), new KeepPage(default, digests.AsMemory(32))));
        Assert.Throws<ArgumentException>(() => ControlRecord.Sign(vault, root, null, new HybridTime(1), new KeepPage(default, digests)));
        Assert.Throws<ArgumentException>(() => ControlRecord.Sign(vault, root, null, new HybridTime(1), new KeepPage(default, digests.AsMemory(0, 64).ToArray().Reverse().ToArray())));
        (DeviceId, HybridTime)[] many = [.. Enumerable.Range(0, ControlLimits.MaxCut + 1).Select(i => (DeviceId.Of(new Ed25519PublicKey(Hash32.Of([(byte)i, (byte)(i >> 8)]))), new HybridTime(1)))];
        using Ed25519Key admin = Ed25519Key.Generate(RandomSource.Seeded(1));
        ControlRecord certificate = ControlRecord.Sign(vault, root, null, new HybridTime(1), new Certificate(admin.Public, Role.Admin, HybridTime.Never));
        Assert.Throws<ArgumentException>(() => ControlRecord.Sign(vault, admin, certificate, new HybridTime(2), new TombstoneEpoch(Cut.Of(many))));
        Assert.NotNull(ControlRecord.Sign(vault, admin, certificate, new HybridTime(2), new TombstoneEpoch(Cut.Of(many.Skip(1)))));
    }

    [Fact]
    public void The_root_key_makes_admins_and_revokes_and_says_nothing_else()
    {
        using Ed25519Key root = Ed25519Key.FromSeed(new byte[32]);
        VaultId vault = new(root.Public.Bytes);
        ControlStatement[] others = [new Certificate(root.Public, Role.Writer, HybridTime.Never), VaultSettings.Default, new Retirement(root.Public),
            new Invite(root.Public, Role.Admin, HybridTime.Never, HybridTime.Never), new DeviceProfile(DeviceClass.Server, 0, 0, null)];
        Assert.All(others, statement => Assert.Throws<ArgumentException>(() => ControlRecord.Sign(vault, root, null, new HybridTime(1), statement)));
    }

    // One to three changes: a bit, a byte, a cut, an insertion, a stretch repeated.
    static byte[] Bent(RandomSource random, byte[] bytes)
    {
        List<byte> bent = [.. bytes];
        for (int i = 1 + random.Below(3); i > 0 && bent.Count > 0; i--)
        {
            int at = random.Below(bent.Count);
            switch (random.Below(5))
            {
                case 0: bent[at] ^= (byte)(1 << random.Below(8)); break;
                case 1: bent[at] = (byte)random.Below(256); break;
                case 2: bent.RemoveRange(at, Math.Min(bent.Count - at, 1 + random.Below(40))); break;
                case 3: bent.InsertRange(at, random.Bytes(1 + random.Below(40))); break;
                default: bent.InsertRange(at, bent.GetRange(at, Math.Min(bent.Count - at, 1 + random.Below(60)))); break;
            }
        }
        return [.. bent];
    }
}
