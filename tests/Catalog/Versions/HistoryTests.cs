using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

/// <summary>
/// Random histories of several devices with wrong clocks: edits and deletions in the knowledge of more or less, resolved
/// conflicts, gossip that is partial, doubled, out of order and old, comparisons that break off, and members and strangers who
/// send what nobody should take.
/// </summary>
public sealed class HistoryTests
{
    static readonly string[] paths = ["a", "b.txt", "dir/c", "dir/d.txt", "dir", "Ärger/é"];

    [Fact]
    public void Every_history_ends_in_one_state_in_which_every_write_is_kept_or_was_seen_by_one_that_is() => Seed.Check(LongRun.Cases(60, 2000), random =>
    {
        using Writers writers = new(random, 3 + random.Below(3));
        Replica[] replicas = [.. writers.Ids.Select((_, device) => new Replica(writers, device, Skew(random)))];
        List<FileRecord> written = [], hostile = [];
        int edits = 10 + random.Below(60);
        while (written.Count < edits)
        {
            Replica one = Any(), other = Any();
            string path = paths[random.Below(paths.Length)];
            switch (random.Below(12))
            {
                case <= 4: written.Add(one.Write(path, random.Below(4) == 0 ? null : $"{random.Below(5)}")); break;
                case 5 or 6: one.Look(path); break;
                case 7 when one.HeadsAt(path) is { IsConflict: true } conflict:
                    one.Look(path);
                    written.Add(one.Write(path, $"resolved {conflict.All.Count}"));
                    break;
                case 8: Gossip(one.Records.OrderBy(_ => random.NextUInt64()).Take(random.Below(6)), other); break;
                case 9: Gossip(written.Where(_ => random.Below(10) == 0), other); break; // old ones, long replaced
                case 10 when one != other: Replica.Meet(one, other, writers.Time.Elapsed, random.Below(2) == 0 ? random.Below(8) : int.MaxValue); break;
                case 11 when written.Count > 0: SendJunk(other); break;
            }
            Pass(TimeSpan.FromMilliseconds(random.Below(3) == 0 ? 0 : random.Below(60_000)));
        }

        // In two hours even the slowest clock believes what the fastest said.
        Pass(TimeSpan.FromHours(2));
        foreach (Replica replica in replicas) replica.Catch();
        int rounds = 0;
        while (replicas.DistinctBy(replica => replica.Set.Root).Count() > 1)
        {
            Assert.True(++rounds <= 2, "Two rounds of everyone with everyone are enough.");
            for (int i = 0; i < replicas.Length; i++)
                for (int j = 0; j < i; j++) Assert.Equal(SyncResult.InStep, Replica.Meet(replicas[i], replicas[j], writers.Time.Elapsed));
        }

        Assert.All(replicas, replica => Assert.Equal(Oracle(written), replica.Set.Leaves));
        Assert.All(written, write => Assert.Contains(replicas[0].Records, head => head.Position == write.Position && head.Versions.Covers(write.Versions)));
        foreach (string path in paths)
            Assert.Single(replicas.Select(replica => string.Join('\n', replica.HeadsAt(path)?.Shown(path: VaultPath.Parse(path)!, isFolder: path == "dir").Select(shown => $"{shown.Path} {shown.Head.Record.Leaf}") ?? [])).Distinct());
        // Nobody who is honest was ever taken for a forger, and what lies in the far future still waits.
        Assert.All(replicas, replica => Assert.Empty(replica.Invented));
        Assert.All(hostile, record => Assert.DoesNotContain(record.Leaf, replicas[0].Set.Leaves));

        Replica Any() => replicas[random.Below(replicas.Length)];

        void Gossip(IEnumerable<FileRecord> records, Replica to)
        {
            foreach (FileRecord record in records.ToList())
                for (int times = 1 + random.Below(2); times > 0; times--) to.Receive(record.Encode());
        }

        void Pass(TimeSpan time)
        {
            writers.Time.Pass(time);
            writers.Time.Step(writers.Time.Elapsed + time);
            foreach (Replica replica in replicas) replica.Catch();
        }

        void SendJunk(Replica to)
        {
            FileRecord record = written[random.Below(written.Count)];
            byte[] bytes = record.Encode().ToArray();
            switch (random.Below(5))
            {
                case 0:
                    bytes[random.Below(bytes.Length)] ^= (byte)(1 << random.Below(8));
                    Assert.NotEqual(RecordVerdict.Stands, to.Receive(bytes));
                    break;
                case 1: // another member puts its own signature under it
                    int thief = Array.FindIndex(writers.Ids, id => id != record.Author);
                    Assert.Equal(RecordVerdict.Forged, to.Receive(FileRecord.Sign(record.Body.Span, writers.Vault, writers.Devices[thief])));
                    break;
                case 2: // a stranger
                    using (Ed25519Key stranger = Ed25519Key.Generate(random))
                    {
                        VersionVector versions = record.Versions.With(DeviceId.Of(stranger.Public), new HybridTime(record.Time.Value + 1));
                        (Entry entry, Blocks.BlockId root) = Writers.FileOf("a", "a stranger's");
                        Assert.Equal(RecordVerdict.AuthorUnknown, to.Receive(writers.Sealer.Seal(stranger, RecordKind.File, entry, versions, root).Encode()));
                    }
                    break;
                case 3: // a member from next year, who would win every conflict until then
                    FileRecord future = writers.Write(0, "a", record.Versions.Join(VersionVector.Empty).With(writers.Ids[0], writers.At(int.MaxValue)), "future");
                    hostile.Add(future);
                    Assert.Equal(RecordVerdict.Stands, to.Receive(future.Encode()));
                    break;
                default:
                    Assert.Null(to.Receive(random.BytesUpTo(300)));
                    break;
            }
        }
    });

    /// <summary>All that nothing else replaces, of all that was ever written.</summary>
    static IEnumerable<Leaf> Oracle(List<FileRecord> written) =>
        written.Where(record => !written.Exists(other => other.Position == record.Position && other.Versions.Covers(record.Versions) && !record.Versions.Covers(other.Versions)))
            .Select(record => record.Leaf).Order();

    static TimeSpan Skew(RandomSource random) => random.Below(3) switch
    {
        0 => TimeSpan.Zero,
        1 => TimeSpan.FromMilliseconds(random.Below(2000) - 1000),
        _ => TimeSpan.FromSeconds(random.Below(4800) - 2400), // up to 40 minutes wrong: others don't believe it yet
    };
}
