using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Identity.Tests;

public sealed class SwarmKeyRingTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly VirtualTime time = new();
    readonly RandomSource random = RandomSource.Seeded(1);

    public void Dispose() => folder.Dispose();

    SwarmKeyRing Load() => SwarmKeyRing.LoadOrCreate(new KeyFolder(folder.Path, random), time);

    [Fact]
    public void The_file_is_as_specified()
    {
        TestVector vector = Vectors.Of("swarms");
        File.WriteAllBytes(folder["swarms.key"], vector.Bytes("clear"));
        using SwarmKeyRing ring = Load();
        Assert.Equal(vector.Bytes("own"), ring.Own.Secret.Span.ToArray());
        Assert.Single(ring.Keys); // the other one's time was in 1970
        ring.Save(new KeyFolder(folder.Path, random));
        Assert.Equal(vector.Bytes("clear"), File.ReadAllBytes(folder["swarms.key"]));
        foreach (int cut in (int[])[1, 8, 40])
        {
            File.WriteAllBytes(folder["swarms.key"], KeyFile.Encode(KeyFileKind.Swarms, vector.Bytes("clear").AsSpan(11..^(32 + cut))));
            Assert.Throws<ConfigException>(Load);
        }
    }

    [Fact]
    public void The_own_key_is_made_once_and_those_that_tickets_bring_stay()
    {
        using SwarmKey brought = SwarmKey.Generate(random);
        string own;
        using (SwarmKeyRing ring = Load())
        {
            own = ring.Own.Fingerprint;
            Assert.True(ring.Add(brought));
            Assert.False(ring.Add(brought));
            Assert.False(ring.Add(ring.Own));
        }
        using SwarmKeyRing again = Load();
        Assert.Equal([own, brought.Fingerprint], again.Keys.Select(key => key.Fingerprint));
    }

    [Fact]
    public void A_former_own_key_holds_for_a_week_unless_a_ticket_brings_it_back()
    {
        using SwarmKeyRing ring = Load();
        SwarmKey first = ring.Own, second = ring.Renew();
        Assert.NotEqual(first.Fingerprint, second.Fingerprint);
        Assert.Equal([second, first], ring.Keys);
        Let(TimeSpan.FromDays(6));
        Assert.Equal(2, ring.Keys.Count);
        Let(TimeSpan.FromDays(2));
        Assert.Equal(second, Assert.Single(ring.Keys));
        ring.Adopt(first);
        Assert.Equal([first.Fingerprint, second.Fingerprint], ring.Keys.Select(key => key.Fingerprint));
        ring.Add(second);
        Let(TimeSpan.FromDays(30));
        Assert.Equal(2, ring.Keys.Count);
        using SwarmKeyRing again = Load();
        Assert.Equal([first.Fingerprint, second.Fingerprint], again.Keys.Select(key => key.Fingerprint));
    }

    [Fact]
    public void There_is_an_end_to_how_many_it_answers_to()
    {
        using SwarmKeyRing ring = Load();
        for (int i = 1; i < SwarmKeyRing.MaxKeys; i++)
        {
            using SwarmKey key = SwarmKey.Generate(random);
            ring.Add(key);
        }
        using SwarmKey more = SwarmKey.Generate(random);
        Assert.Throws<LimitExceededException>(() => ring.Add(more));
        Assert.Equal(SwarmKeyRing.MaxKeys, ring.Keys.Count);
    }

    void Let(TimeSpan pass)
    {
        TimeSpan end = time.Elapsed + pass;
        _ = time.Pass(pass);
        while (time.Step(end)) { }
    }
}
