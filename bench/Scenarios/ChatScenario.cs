using System.IO.Pipelines;
using Vault.Chat;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Bench;

/// <summary>A chat of many messages by several devices in several rooms: what it costs to keep, to open, to check again and to hand to a newcomer.</summary>
static class ChatScenario
{
    const int Devices = 8, Rooms = 4, PerBatch = 1000, Shown = 200;

    /// <summary>Who is in the vault, with the same keys each time.</summary>
    sealed class Bench : IDisposable
    {
        readonly StoreMemory memory = new();
        readonly HybridClock clock = new(TimeProvider.System);
        readonly Membership membership;

        public Bench()
        {
            RandomSource random = RandomSource.Seeded(1);
            Keys = VaultKeys.Create(random);
            Ed25519Key founder = Ed25519Key.Generate(random);
            Authors = [founder, .. Enumerable.Range(1, Devices).Select(_ => Ed25519Key.Generate(random))];
            HybridClock then = new(new Fixed(DateTimeOffset.UnixEpoch.AddDays(20_000)));
            List<ControlRecord> records = [.. Genesis.Create(Keys, founder, then, random, "bench")];
            foreach (Ed25519Key author in Authors.Skip(1)) records.Add(ControlRecord.Sign(Keys.Vault, founder, records[0], then.Next(), new Certificate(author.Public, Role.Writer, HybridTime.Never)));
            membership = Membership.Of(Keys.Vault, records);
        }

        public VaultKeys Keys { get; }
        public IReadOnlyList<Ed25519Key> Authors { get; }
        public Membership Membership => membership;

        public RocksDatabase Meta(string folder)
        {
            Directory.CreateDirectory(folder);
            return RocksDatabase.Open(Vault.Blocks.StoreDatabases.Meta(folder, memory, ChatKeys.Chat));
        }

        public ChatLog Log(IDatabase meta, Ed25519Key device) =>
            ChatLog.Open(new ChatPorts(meta, Keys, device, clock, RandomSource.System, TimeProvider.System, () => membership, () => Witness.None));

        public void Dispose()
        {
            foreach (Ed25519Key author in Authors) author.Dispose();
            Keys.Dispose();
            memory.Dispose();
        }
    }

    /// <summary>A clock that stands: who joined when is the same in each process.</summary>
    sealed class Fixed(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    public static int Fill(string folder, int count)
    {
        using Bench bench = new();
        using RocksDatabase meta = bench.Meta(folder);
        ChatLog log = bench.Log(meta, bench.Authors[0]);
        BodySealer sealer = new(bench.Keys, RandomSource.System);
        RandomSource random = RandomSource.Seeded(3);
        FeedHead[] heads = [.. bench.Authors.Skip(1).Select(author => new FeedHead(new FeedId(DeviceId.Of(author.Public), 0), 0, default, default))];
        HybridTime time = HybridTime.At(DateTimeOffset.UnixEpoch.AddDays(20_001));
        Witness witness = new(Hash32.Of([1]), [.. heads.Select(head => (head.Feed.Device, time)).OrderBy(one => one.Device)]);
        List<SignedMessage> batch = [];
        Meter meter = new();
        for (int i = 0; i < count; i++)
        {
            int author = random.Below(Devices);
            FeedHead[] seen = [.. heads.Where((head, other) => other != author && head.Sequence > 0 && random.Below(3) == 0).OrderBy(head => head.Feed)];
            time = time with { Value = time.Value + (1000UL << 16) };
            string room = $"room {random.Below(Rooms)}", text = $"message {i}: " + string.Concat(Enumerable.Repeat("some words ", random.Below(12)));
            FeedId feed = heads[author].Feed;
            ulong sequence = heads[author].Sequence + 1;
            RoomTag tag = RoomTag.Of(bench.Keys.Current, room);
            byte[] body = sealer.Seal(bench.Keys.Current, tag, feed, sequence, new MessageBody(BodyKind.Text, room, text, witness));
            MessageHeader header = new(feed, sequence, heads[author].Hash, time, bench.Keys.Current.Number, tag, Hash32.Of(body), body.Length, seen, BodySealer.Commit(bench.Keys.Current, feed, sequence, witness));
            SignedMessage message = SignedMessage.Sign(bench.Keys.Vault, bench.Authors[author + 1], header, body);
            heads[author] = message.Head;
            batch.Add(message);
            if (batch.Count < PerBatch && i < count - 1) continue;
            if (log.Accept(batch, asked: true).Any(one => one != Acceptance.Added)) throw new InvalidOperationException("a message of its author isn't taken");
            batch.Clear();
        }
        Report.Line("chat-fill", meter, ("messages", count), ("per_second", count / meter.Seconds));
        return 0;
    }

    public static int Use(string folder)
    {
        using Bench bench = new();
        using RocksDatabase meta = bench.Meta(folder);
        Meter opening = new();
        ChatLog log = bench.Log(meta, bench.Authors[0]);
        int shown = log.Last("room 0", Shown).Count;
        Report.Line("chat-open", opening, ("ms", opening.Seconds * 1000), ("lines", shown));

        Meter again = new();
        log.Last("room 1", Shown);
        Report.Line("chat-room", again, ("ms", again.Seconds * 1000));

        BodySealer sealer = new(bench.Keys, RandomSource.System);
        Meter checking = new();
        ChatVerifier verifier = new(bench.Keys.Vault, bench.Membership, (header, body) => sealer.Open(header, body.Span), _ => true);
        foreach (FeedHead head in log.Heads) verifier.Walk(head.Feed, log.Range(head.Feed, 1, (int)head.Sequence));
        ChatVerdict verdict = verifier.Finish(log.Forks, log.Gaps);
        if (!verdict.Ok) throw new InvalidOperationException("what was filled doesn't verify");
        Report.Line("chat-verify", checking, ("messages", verdict.Messages), ("per_second", verdict.Messages / checking.Seconds), ("per_core_second", verdict.Messages / checking.CpuSeconds),
            ("managed_mib", GC.GetTotalMemory(forceFullCollection: true) / 1048576.0));

        Meter saying = new();
        const int sayings = 200;
        for (int i = 0; i < sayings; i++) log.Append(BodyKind.Text, "room 0", "one more");
        Report.Line("chat-append", saying, ("ms", saying.Seconds * 1000 / sayings));
        return 0;
    }

    /// <summary>Somebody new gets everything, over the machines and pipes that a stream has, without a network between.</summary>
    public static async Task<int> BackfillAsync(string folder, string target)
    {
        using Bench bench = new();
        using RocksDatabase full = bench.Meta(folder), empty = bench.Meta(target);
        ChatLog from = bench.Log(full, bench.Authors[0]), to = bench.Log(empty, bench.Authors[1]);
        DeviceId left = DeviceId.Of(bench.Authors[0].Public), right = DeviceId.Of(bench.Authors[1].Public);
        Pipe there = new(), back = new();
        using CancellationTokenSource stop = new();
        TaskCompletionSource whole = new();
        long wanted = from.Heads.Sum(head => (long)head.Sequence), come = 0;
        to.Added += added =>
        {
            if ((come += added.Count) >= wanted) whole.TrySetResult();
        };
        Meter meter = new();
        ChatSession one = new(from, new Duplex(back.Reader, there.Writer), right, left, TimeProvider.System), other = new(to, new Duplex(there.Reader, back.Writer), left, right, TimeProvider.System);
        Task running = Task.WhenAll(one.RunAsync(stop.Token), other.RunAsync(stop.Token));
        await await Task.WhenAny(whole.Task, running);
        Report.Line("chat-backfill", meter, ("messages", come), ("per_second", come / meter.Seconds));
        await stop.CancelAsync();
        await running.ContinueWith(_ => { }, TaskScheduler.Default);
        return 0;
    }

    sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
