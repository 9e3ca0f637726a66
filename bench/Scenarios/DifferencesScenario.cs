using Vault.Catalog;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Bench;

/// <summary>What it takes two sets in memory to find out what they differ in, by the size of the difference: bytes each way without the records, and round trips.</summary>
static class DifferencesScenario
{
    static readonly VaultId vault = new(Hash32.Of("bench"u8));
    static readonly SketchKey key = new(Hash32.Of("bench key"u8).ToArray());
    static readonly byte[] channel = new byte[Hash32.Size];
    const int FirstCells = 4096; // as many as a stored set has at hand

    public static int Run(int count)
    {
        RandomSource random = RandomSource.Seeded(1);
        Leaf[] shared = Leaves(random, count);
        foreach ((int difference, int trials) in ((int, int)[])[(0, 1), (1, 5), (10, 15), (100, 15), (1000, 15), (10_000, 5)])
            for (int trial = 0; trial < trials; trial++) Compare(shared, Leaves(random, (difference + 1) / 2), Leaves(random, difference / 2));
        return 0;
    }

    static void Compare(Leaf[] shared, Leaf[] onlyOne, Leaf[] onlyOther)
    {
        Side[] sides = new Side[2];
        Parallel.Invoke(() => sides[0] = new Side(SyncSide.Primary, [.. shared, .. onlyOne]), () => sides[1] = new Side(SyncSide.Secondary, [.. shared, .. onlyOther]));
        using Side one = sides[0], other = sides[1];
        Meter comparing = new();
        one.Machine.Begin();
        other.Machine.Begin();
        for (int flight = 1; ; flight++)
        {
            List<byte[]> there = one.Drain(), back = other.Drain();
            if (there.Count + back.Count == 0) break;
            foreach (byte[] message in there) other.Receive(message, flight);
            foreach (byte[] message in back) one.Receive(message, flight);
        }
        Report.Line("catalog-difference", comparing, ("leaves", shared.Length), ("d", onlyOne.Length + onlyOther.Length), ("primary_bytes", one.Bytes), ("secondary_bytes", other.Bytes),
            ("known_rtt", Math.Max(one.KnownAt, other.KnownAt) / 2.0), ("records_rtt", Math.Max(one.RecordsAt, other.RecordsAt) / 2.0),
            ("received", one.Received + other.Received), ("result", $"{one.Result}/{other.Result}"));
    }

    static Leaf[] Leaves(RandomSource random, int count)
    {
        Leaf[] leaves = new Leaf[count];
        byte[] bytes = new byte[Leaf.Size];
        for (int i = 0; i < count; i++)
        {
            random.Fill(bytes);
            leaves[i] = Leaf.Read(bytes);
        }
        return leaves;
    }

    sealed class Side : IDisposable
    {
        Leaf[] leaves;
        PrefixHashes hashes;
        Cell[] cells;
        readonly List<Leaf> come = [];

        public Side(SyncSide side, Leaf[] all)
        {
            (leaves, hashes, cells) = WorkOut(all);
            Machine = new SyncMachine(side, channel, () => new SyncStanding(View()));
        }

        public SyncMachine Machine { get; }
        public long Bytes { get; private set; }
        public int KnownAt { get; private set; }
        public int RecordsAt { get; private set; }
        public int Received { get; private set; }
        public SyncResult? Result { get; private set; }

        public List<byte[]> Drain()
        {
            List<byte[]> messages = [];
            while (Machine.Next() is { } output)
                switch (output)
                {
                    case SyncOutput.Send send:
                        messages.Add(send.Message.ToArray());
                        Bytes += send.Message.Length;
                        if (SyncCodec.Decode(send.Message) is SyncMessage.Records records) Bytes -= records.Values.Sum(record => record.Length + 2);
                        break;
                    case SyncOutput.Merge merge:
                        come.AddRange(merge.Records.Select(record => Leaf.Read(record.Span)));
                        Received += merge.Records.Count;
                        break;
                    case SyncOutput.Settle:
                        if (come.Count > 0) (leaves, hashes, cells) = WorkOut([.. leaves, .. come]);
                        come.Clear();
                        Machine.Settled();
                        break;
                    case SyncOutput.Finished finished: Result = finished.Result; break;
                }
            return messages;
        }

        public void Receive(byte[] message, int flight)
        {
            SyncMessage? read = SyncCodec.Decode(message);
            if (read is SyncMessage.Records { Values.Length: > 0 }) RecordsAt = flight;
            if (read is not (SyncMessage.Records or SyncMessage.Done or SyncMessage.Need)) KnownAt = flight;
            Machine.Receive(message, TimeSpan.FromMinutes(flight));
        }

        SetView View()
        {
            Leaf[] now = leaves;
            PrefixHashes prefixes = hashes;
            return new SetView(TreeHash.Root(vault, prefixes.Top, now.Length), now.Length, key, [.. cells], prefix => Under(now, prefix), () => prefixes, leaf =>
            {
                byte[] bytes = new byte[Leaf.Size];
                leaf.CopyTo(bytes);
                return bytes;
            });
        }

        static (Leaf[], PrefixHashes, Cell[]) WorkOut(Leaf[] all)
        {
            Leaf[] sorted = [.. all];
            Array.Sort(sorted);
            CellRange cells = new(0, FirstCells);
            foreach (Leaf leaf in sorted) cells.Add(leaf.Id, key);
            return (sorted, PrefixHashes.Of(sorted.GroupBy(leaf => leaf.Bucket).Select(bucket => (bucket.Key, TreeHash.Of(bucket.ToArray())))), cells.Cells.ToArray());
        }

        static IEnumerable<Leaf> Under(Leaf[] all, LeafPrefix prefix)
        {
            int low = 0, high = all.Length;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (all[middle].Position.Prefix64 < prefix.Value) low = middle + 1;
                else high = middle;
            }
            for (; low < all.Length && prefix.Contains(all[low]); low++) yield return all[low];
        }

        public void Dispose() => Machine.Dispose();
    }
}
