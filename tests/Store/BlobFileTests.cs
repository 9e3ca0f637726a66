using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Store.Tests;

/// <summary>Our reader of blob files against files that RocksDB wrote, whole and damaged.</summary>
public sealed class BlobFileTests
{
    const int MaxValue = 1 << 20;
    static readonly Family Main = new("main");

    /// <summary>A blob file by RocksDB with the given values under keys 0, 1, 2…</summary>
    static byte[] Written(params byte[][] values)
    {
        using TestFolder folder = new();
        using StoreMemory memory = new(1 << 20);
        using RocksDatabase database = RocksDatabase.Open(new DatabaseOptions { Path = folder["db"], Families = [Main], Memory = memory, Blobs = new BlobOptions(1) });
        Batch batch = new();
        for (byte n = 0; n < values.Length; n++) batch.Put(Main, new byte[] { 7, n }, values[n]);
        database.Commit(batch, Durability.Unlogged);
        database.Flush();
        return File.ReadAllBytes(Directory.EnumerateFiles(folder["db"], "*.blob").Single());
    }

    static List<(byte Key, string Value)> WholeRecords(byte[] file)
    {
        BlobFile blobs = new(new MemoryStream(file), MaxValue);
        List<(byte, string)> whole = [];
        foreach (BlobRecord record in blobs.Records())
            if (record.Whole == true) whole.Add((record.Key[1], Convert.ToHexString(blobs.Value.Span)));
        return whole;
    }

    static byte[][] SomeValues(RandomSource random, int count, int maxLength) => [.. Enumerable.Range(0, count).Select(_ => random.Bytes(1 + random.Below(maxLength)))];

    [Fact]
    public void Everything_RocksDB_wrote_is_read()
    {
        byte[][] values = [.. SomeValues(RandomSource.Seeded(1), 50, 3000), new byte[MaxValue]];
        byte[] file = Written(values);
        Assert.Equal(values.Select((value, n) => ((byte)n, Convert.ToHexString(value))), WholeRecords(file));
        int n = 0;
        foreach (BlobRecord record in new BlobFile(new MemoryStream(file), MaxValue).Keys())
        {
            Assert.Equal([7, (byte)n], record.Key);
            Assert.Null(record.Whole);
            Assert.True(file.AsSpan((int)record.ValueOffset, record.ValueLength).SequenceEqual(values[n++]));
        }
        Assert.Equal(values.Length, n);
    }

    [Fact]
    public void A_value_over_the_limit_is_passed_over()
    {
        byte[] file = Written(new byte[100], new byte[1000], new byte[100]);
        Assert.Equal([0, 2], new BlobFile(new MemoryStream(file), 500).Keys().Select(record => record.Key[1]));
    }

    [Fact]
    public void Of_a_file_that_is_cut_short_all_but_the_last_records_are_read()
    {
        byte[][] values = SomeValues(RandomSource.Seeded(2), 10, 200);
        byte[] file = Written(values);
        for (int length = 0; length <= file.Length; length++)
        {
            int end = 30, expected = 0;
            for (; expected < values.Length && (end += 32 + 2 + values[expected].Length) <= length; expected++) { }
            Assert.Equal(expected, WholeRecords(file[..length]).Count);
        }
    }

    [Fact]
    public void A_damaged_value_is_told_from_a_whole_one_and_costs_only_itself()
    {
        byte[][] values = SomeValues(RandomSource.Seeded(3), 3, 200);
        byte[] file = Written(values);
        file[30 + 32 + 2 + values[0].Length + 32 + 2] ^= 1; // the second record's value
        List<BlobRecord> records = [.. new BlobFile(new MemoryStream(file), MaxValue).Records()];
        Assert.Equal([true, false, true], records.Select(record => record.Whole));
    }

    // The oracle: what was not touched is found, and what is called whole is what was written.
    [Fact]
    public void Whatever_happens_to_a_file_untouched_records_are_found_and_nothing_else()
    {
        byte[][] values = SomeValues(RandomSource.Seeded(4), 8, 120);
        byte[] file = Written(values);
        Dictionary<byte, string> written = values.Select((value, n) => (n, value)).ToDictionary(pair => (byte)pair.n, pair => Convert.ToHexString(pair.value));
        Seed.Check(LongRun.Cases(100_000, 1_000_000), random =>
        {
            int from = random.Below(file.Length), length = Math.Min(1 + random.Below(random.Below(8) == 0 ? 400 : 12), file.Length - from);
            byte[] damaged = random.Below(4) switch
            {
                0 => Overwritten(file, from, random.Bytes(length)),
                1 => Overwritten(file, from, new byte[length]),
                2 => [.. file[..from], .. random.Bytes(length), .. file[from..]],
                _ => [.. file[..from], .. file[(from + length)..]],
            };
            List<(byte Key, string Value)> found = WholeRecords(damaged);
            Assert.All(found, record => Assert.Equal(written[record.Key], record.Value));
            int at = 30;
            for (byte n = 0; n < values.Length; n++)
            {
                int end = at + 32 + 2 + values[n].Length;
                if (end <= from || at >= from + length) Assert.Contains(found, record => record.Key == n);
                at = end;
            }
            foreach (BlobRecord _ in new BlobFile(new MemoryStream(damaged), MaxValue).Keys()) { }
        });
    }

    [Fact]
    public void Noise_is_no_record() => Seed.Check(LongRun.Cases(300, 10_000), random => Assert.Empty(WholeRecords(random.BytesUpTo(20_000))));

    static byte[] Overwritten(byte[] file, int at, byte[] with)
    {
        byte[] copy = [.. file];
        with.CopyTo(copy, at);
        return copy;
    }
}
