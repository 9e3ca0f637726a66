using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Store.Tests;

/// <summary>What opening makes of a log that a power cut left half-written, and of one whose bytes have changed.</summary>
public sealed class DamagedLogTests : IDisposable
{
    const int Commits = 40;
    static readonly Family Main = new("main"), Other = new("other");
    readonly TestFolder folder = new();
    readonly StoreMemory memory = new(8 << 20);
    int copies;

    RocksDatabase Open(string name, params Family[] families) =>
        RocksDatabase.Open(new DatabaseOptions { Path = folder[name], Families = families, Memory = memory, WriteBufferBytes = 256 << 10 });

    string Written(int valueSize)
    {
        using RocksDatabase database = Open("db", Main);
        byte[] value = RandomSource.Seeded(1).Bytes(valueSize);
        for (byte n = 0; n < Commits; n++) database.Commit(new Batch().Put(Main, new[] { n }, value), Durability.Synced);
        folder.Copy("db", "killed");
        return Directory.EnumerateFiles(folder["killed"], "*.log").Order(StringComparer.Ordinal).Last();
    }

    (int Kept, string? CutShort) OpenWith(string log, byte[] content)
    {
        string name = $"copy{copies++}";
        folder.Copy("killed", name);
        File.WriteAllBytes(Path.Combine(folder[name], Path.GetFileName(log)), content);
        using RocksDatabase database = Open(name, Main);
        return (Keys(database, Main).Count, database.Opening.LogCutShort);
    }

    static List<int> Keys(RocksDatabase database, Family family)
    {
        using ICursor cursor = database.Range(family, default, default);
        List<int> keys = [];
        while (cursor.MoveNext()) keys.Add(cursor.Key[0]);
        return keys;
    }

    [Theory]
    [InlineData(100)]
    [InlineData(3000)]
    public void A_log_that_ends_inside_a_record_opens_without_alarm(int valueSize)
    {
        string log = Written(valueSize);
        byte[] whole = File.ReadAllBytes(log);
        foreach (int missing in new[] { 1, 5, 50, valueSize + 3 })
            Assert.Equal((Commits - 1, null), OpenWith(log, whole[..^missing]));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(3000)]
    public void A_log_whose_last_record_ends_in_zeros_opens_without_alarm(int valueSize)
    {
        string log = Written(valueSize);
        byte[] whole = File.ReadAllBytes(log);
        Assert.Equal((Commits, null), OpenWith(log, [.. whole, .. new byte[5000]]));
        Assert.Equal((Commits - 1, null), OpenWith(log, [.. whole[..^50], .. new byte[5000]]));
        Assert.Equal((Commits - 1, null), OpenWith(log, [.. whole[..^60], .. new byte[60]]));
    }

    [Fact]
    public void A_flipped_bit_is_reported_and_what_was_before_it_is_kept()
    {
        string log = Written(100);
        byte[] whole = File.ReadAllBytes(log);
        int record = whole.Length / Commits;
        for (int at = 3; at < whole.Length; at += LongRun.Cases(211, 7))
        {
            byte[] flipped = [.. whole];
            flipped[at] ^= 0x10;
            (int kept, string? cutShort) = OpenWith(log, flipped);
            Assert.Equal(at / record, kept);
            if (kept < Commits - 1) Assert.Contains("damaged", cutShort); // in the last record it can look like a torn one
        }
    }

    [Fact]
    public void Zeros_in_the_middle_are_reported()
    {
        string log = Written(100);
        byte[] holed = File.ReadAllBytes(log);
        holed.AsSpan(holed.Length / 2, 500).Clear(); // from the first byte of a record on: RocksDB alone would pass over it in silence
        (int kept, string? cutShort) = OpenWith(log, holed);
        Assert.Equal(Commits / 2, kept);
        Assert.NotNull(cutShort);
    }

    [Fact]
    public void Several_families_stay_openable_and_agree_whatever_byte_of_the_logs_changes() => Seed.Check(LongRun.Cases(12, 500), random =>
    {
        string name = Convert.ToHexString(random.Bytes(8));
        using (RocksDatabase database = Open(name, Main, Other))
        {
            byte[] value = random.Bytes(20_000);
            for (byte n = 0; n < 60; n++) // several write buffers: several logs, some flushed
            {
                Batch batch = new Batch().Put(Main, new[] { n }, value).Put(Other, new[] { n }, n % 7 == 0 ? value : default);
                database.Commit(batch, Durability.Logged);
            }
            folder.Copy(name, name + "k");
        }
        string[] logs = [.. Directory.EnumerateFiles(folder[name + "k"], "*.log").Where(file => new FileInfo(file).Length > 0).Order(StringComparer.Ordinal)];
        string log = logs[random.Below(logs.Length)];
        byte[] content = File.ReadAllBytes(log);
        content[random.Below(content.Length)] ^= (byte)(1 << random.Below(8));
        File.WriteAllBytes(log, content);
        using RocksDatabase again = Open(name + "k", Main, Other);
        Assert.Equal(Keys(again, Main), Keys(again, Other)); // a commit is in both or in none
        Assert.Equal(Enumerable.Range(0, Keys(again, Main).Count), Keys(again, Main));
    });

    public void Dispose()
    {
        memory.Dispose();
        folder.Dispose();
    }
}
