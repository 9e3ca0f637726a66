using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

public sealed class VersionVectorTests
{
    static readonly DeviceId[] devices = [.. Enumerable.Range(0, 6).Select(i => new DeviceId([.. new byte[15], (byte)(i * 37)])).Order()];

    [Fact]
    public void It_does_what_a_dictionary_would() => Seed.Check(5000, random =>
    {
        Dictionary<DeviceId, ulong> a = Some(random), b = Some(random);
        VersionVector left = Of(a), right = Of(b);
        Assert.Equal(b.All(entry => a.GetValueOrDefault(entry.Key) >= entry.Value), left.Covers(right));
        Assert.Equal(left.Covers(right) && !right.Covers(left), left.Dominates(right));
        Assert.Equal(left.Covers(right) && right.Covers(left), left.Equals(right));
        Dictionary<DeviceId, ulong> sum = devices.ToDictionary(device => device, device => Math.Max(a.GetValueOrDefault(device), b.GetValueOrDefault(device)));
        Assert.Equal(Of(sum), left.Join(right));
        Assert.Equal(sum.Values.Max(), left.Join(right).Latest.Value);
        foreach (DeviceId device in devices) Assert.Equal(a.GetValueOrDefault(device), left[device].Value);

        DeviceId writer = devices[random.Below(devices.Length)];
        HybridTime time = new(left.Latest.Value + 1);
        VersionVector next = left.With(writer, time);
        Assert.True(next.Dominates(left));
        Assert.Equal((time, time), (next[writer], next.Latest));
        if (left.Count > 0) Assert.Throws<ArgumentOutOfRangeException>(() => left.With(writer, left.Latest));
    });

    [Fact]
    public void One_device_too_many_is_refused()
    {
        VersionVector full = VersionVector.Of([.. Enumerable.Range(1, VersionVector.MaxCount).Select(i => new VersionEntry(new DeviceId([.. new byte[15], (byte)i]), new HybridTime((ulong)i)))]);
        Assert.Throws<LimitExceededException>(() => full.With(new DeviceId([.. new byte[15], 200]), new HybridTime(200)));
        Assert.Equal(VersionVector.MaxCount, full.With(new DeviceId([.. new byte[15], 5]), new HybridTime(200)).Count);
    }

    [Fact]
    public void Bytes_are_read_only_if_they_would_be_written() => Seed.Check(LongRun.Cases(20_000, 1_000_000), random =>
    {
        byte[] bytes = Encode(Of(Some(random, least: 1)));
        for (int changes = random.Below(3); changes > 0; changes--) bytes[random.Below(bytes.Length)] = (byte)random.Below(8);
        if (random.Below(4) == 0) bytes = bytes[..random.Below(bytes.Length)];
        ByteReader reader = new(bytes);
        if (VersionVector.Read(ref reader) is { } read) Assert.Equal(bytes[..^reader.Rest.Length], Encode(read));
    });

    static byte[] Encode(VersionVector vector)
    {
        ByteWriter writer = new();
        vector.Write(writer);
        return writer.ToArray();
    }

    static VersionVector Of(Dictionary<DeviceId, ulong> entries) =>
        VersionVector.Of([.. entries.Where(entry => entry.Value != 0).Select(entry => new VersionEntry(entry.Key, new HybridTime(entry.Value)))]);

    static Dictionary<DeviceId, ulong> Some(RandomSource random, int least = 0)
    {
        Dictionary<DeviceId, ulong> entries = [];
        for (int i = Math.Max(least, random.Below(5)); i > 0; i--) entries[devices[random.Below(devices.Length)]] = (ulong)(1 + random.Below(4));
        return entries;
    }
}
