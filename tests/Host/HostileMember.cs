using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Vault.Blocks;
using Vault.Catalog;
using Vault.Identity;
using Vault.Libp2p;
using Vault.Libp2p.Multiaddrs;
using Vault.Libp2p.Psk;
using Vault.Libp2p.Tcp;
using Vault.Primitives;
using Vault.Store;
using Vault.Swarm;
using Vault.Tests.Support;

namespace Vault.Host.Tests;

/// <summary>
/// A device that a ticket let in like any other, and that then says what a test wants said. It is in the process of the test, has its
/// databases in memory, and comes by whatever an honest device knows; only what leaves it isn't what the rules want.
/// </summary>
sealed class HostileMember : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    readonly PreSharedKey network;
    readonly Node node;
    readonly VaultSession session;
    readonly IDatabase meta = new MemoryDatabase([.. StoreKeys.MetaFamilies, .. CatalogFamilies.All]);
    readonly BlockStore store;
    VaultKeys? keys;
    VaultCatalog? catalog;

    HostileMember(SwarmKey swarm, Ed25519Key key)
    {
        Key = key;
        network = PreSharedKey.FromBytes(swarm.Secret.Span);
        node = new Node(new NodeOptions { Networks = [network], RequirePrivateNetwork = true }, key, TimeProvider.System, RandomSource.System, new TcpTransport(TimeProvider.System));
        session = new VaultSession(key.Public, Clock, TimeProvider.System);
        store = new BlockStore(new MemoryDatabase(StoreKeys.Blocks), meta, TimeProvider.System);
        // Whoever doesn't speak this is no device with vaults, and nobody opens anything to it.
        node.Handle(SwarmNode.SyncProtocol, (_, _) => throw new ProtocolException("it is this device that begins"));
        node.Handle(SwarmNode.BlocksProtocol, ServeAsync);
    }

    public Ed25519Key Key { get; }
    public HybridClock Clock { get; } = new(TimeProvider.System);
    public string Peer => node.Id.ToString();

    public VaultKeys Keys => keys ?? throw new InvalidOperationException("It isn't in yet.");

    public Membership Membership => catalog!.Membership;

    /// <summary>Its own certificate.</summary>
    public ControlRecord Certificate => Membership.Standing.Single(record => record.Statement is Admission admission && admission.Subject == Key.Public);

    /// <summary>Records of files that it has learnt of, in order.</summary>
    public List<ReadOnlyMemory<byte>> Heard { get; } = [];

    /// <param name="ticket">Of a daemon that runs.</param>
    /// <param name="others">The devices that it is to deal with. Its id is smaller than theirs, so that it is the one who opens the streams.</param>
    public static async Task<HostileMember> JoinAsync(string ticket, params RunningDaemon[] others)
    {
        PeerId smallest = others.Select(other => PeerId.Parse(other.Peer)!.Value).Min();
        Ed25519Key key = Ed25519Key.Generate(RandomSource.System);
        while (PeerId.From(key.Public).CompareTo(smallest) >= 0)
        {
            key.Dispose();
            key = Ed25519Key.Generate(RandomSource.System);
        }
        using Ticket parsed = Ticket.Parse(ticket, out string? fault) ?? throw new InvalidOperationException(fault);
        HostileMember member = new(parsed.Swarm, key);
        PeerId through = await member.node.DialAsync(Multiaddr.Parse(parsed.Addresses[0])!, member.network);
        JoinAnswer answer = await JoinProtocol.AskAsync(member.node, through, parsed, key, TimeProvider.System, default);
        member.keys = answer.Keys;
        member.catalog = VaultCatalog.Open(new CatalogPorts(member.store, member.meta, answer.Keys, key, member.Clock, RandomSource.System, TimeProvider.System));
        member.catalog.Add(answer.Records);
        member.catalog.Changed += change =>
        {
            lock (member.Heard) member.Heard.AddRange(change.Added.Select(record => record.Bytes).Where(record => FileRecord.IsFile(record.Span)));
        };
        foreach (RunningDaemon other in others) await member.node.DialAsync(Multiaddr.Parse(other.Address)!, member.network);
        return member;
    }

    /// <summary>Learns what another knows, by the rules.</summary>
    public async Task LearnAsync(RunningDaemon from)
    {
        await using PeerStream stream = await node.OpenStreamAsync(PeerId.Parse(from.Peer)!.Value, SwarmNode.SyncProtocol);
        VaultChannel channel = await EnterAsync(stream) ?? throw new InvalidOperationException("It isn't let in.");
        SyncSession comparing = new(catalog!, channel.Pipe, SyncSession.SideOf(DeviceId.Of(Key.Public), channel.Member.Device), channel.ChannelBinding.ToArray(), channel.Member.Device, TimeProvider.System);
        TaskCompletionSource inStep = new(TaskCreationOptions.RunContinuationsAsynchronously);
        comparing.Moved += moved =>
        {
            if (moved.IsInStep) inStep.TrySetResult();
        };
        using CancellationTokenSource stop = new(Patience);
        Task running = comparing.RunAsync(stop.Token);
        await Task.WhenAny(running, inStep.Task);
        await stop.CancelAsync();
        await running.ContinueWith(static done => _ = done.Exception, TaskScheduler.Default);
        if (!inStep.Task.IsCompleted) throw new InvalidOperationException("It didn't come to be in step.");
    }

    /// <summary>Null when it isn't let in.</summary>
    Task<VaultChannel?> EnterAsync(PeerStream stream) => session.OpenAsync(stream, stream.Peer, stream.ChannelBinding, Gate, default);

    GateVault Gate => new(Keys, () => Membership, _ => { });

    /// <summary>Whether the gate of another opens to it.</summary>
    public async Task<bool> IsLetInAsync(RunningDaemon by)
    {
        await using PeerStream stream = await node.OpenStreamAsync(PeerId.Parse(by.Peer)!.Value, SwarmNode.SyncProtocol);
        return await EnterAsync(stream) != null;
    }

    /// <summary>A conversation about the catalog, past the gate and the other's greeting.</summary>
    public async Task<Talk> TalkAsync(RunningDaemon with)
    {
        using CancellationTokenSource patience = new(Patience);
        while (true)
        {
            PeerStream stream = await node.OpenStreamAsync(PeerId.Parse(with.Peer)!.Value, SwarmNode.SyncProtocol, patience.Token);
            Talk talk = new(stream);
            if (await EnterAsync(stream) is not null && await talk.HearAsync(patience.Token)) return talk;
            await talk.DisposeAsync(); // the other is still busy with the end of the last one
        }
    }

    /// <summary>What it answers whoever asks it for a block, made of the number of the question and the id; it lacks everything to begin with.</summary>
    public Func<uint, BlockId, byte[]> Answer { get; set; } = (number, _) => [2, .. Number(number)];

    public static byte[] Number(uint number)
    {
        byte[] bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return bytes;
    }

    async Task ServeAsync(PeerStream stream, CancellationToken cancel)
    {
        const int AskHeader = 4;
        if (await session.AcceptAsync(stream, stream.Peer, stream.ChannelBinding, [Gate], cancel) is null) return;
        for (uint number = 0; await TakeAsync(stream.Input, AskHeader, cancel) is { } header;)
            for (int left = BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(2)); left > 0; left--)
                if (await TakeAsync(stream.Input, BlockId.Size, cancel) is { } id) await stream.Output.WriteAsync(Answer(number++, new BlockId(id)), cancel);
    }

    /// <summary>A block of its own: whole, well-formed, and nobody's.</summary>
    public async Task<byte[]> BlockAsync(int length)
    {
        using WriteSession writing = store.BeginWrite(Keys.Vault.Tag);
        using FileWriter writer = new(Keys.Current);
        FileRef file = await writer.WriteAsync(new MemoryStream(RandomSource.System.Bytes(length)), writing);
        await writing.FlushAsync();
        using StoredBlock block = store.Read(Keys.Vault.Tag, file.Root)!;
        return block.Bytes.ToArray();
    }

    /// <summary>A record of an empty folder, by whom and at what time the test wants.</summary>
    public ReadOnlyMemory<byte> Folder(string path, Ed25519Key author, HybridTime time) => new RecordSealer(Keys, RandomSource.System).Seal(author, RecordKind.Folder,
        new Entry(VaultPath.Parse(path)!) { Mode = 0x1ED, ModifiedNs = 1 }, VersionVector.Empty.With(DeviceId.Of(author.Public), time)).Encode();

    /// <summary>What it says by a certificate of its own, whether that covers it or not.</summary>
    public ReadOnlyMemory<byte> Says(ControlStatement statement) => ControlRecord.Sign(Keys.Vault, Key, Certificate, Clock.Next(Certificate.Time), statement).Encode();

    /// <summary>
    /// Says to another that it has all of these blocks, promises whatever is asked of it, and proves nothing. Questions for proofs alone get
    /// no answer until it has promised something: who fails there isn't asked for promises. Ends with <paramref name="cancel"/>.
    /// </summary>
    public async Task ClaimAsync(RunningDaemon to, IReadOnlyCollection<BlockId> blocks, CancellationToken cancel)
    {
        await using PeerStream stream = await node.OpenStreamAsync(PeerId.Parse(to.Peer)!.Value, SwarmNode.HoldingsProtocol, cancel);
        if (await EnterAsync(stream) is not { } channel) throw new InvalidOperationException("It isn't let in.");
        bool promised = false;
        Stack<byte[]> unanswered = new();
        try
        {
            while (await TakeAsync(stream.Input, sizeof(int), cancel) is { } head && await TakeAsync(stream.Input, BinaryPrimitives.ReadInt32BigEndian(head), cancel) is { } said)
            {
                if (said[0] == 5) unanswered.Push(said);
                byte[]? answer = said[0] switch
                {
                    // A digest that no cells explain, and then all of it as a list.
                    1 => new ByteWriter(1 << 17).Byte(2).UInt64(ulong.MaxValue).UInt64(1).UInt64((ulong)blocks.Count).UInt64(1).UInt16(HoldingsLimits.Cells).Bytes(new byte[HoldingsLimits.Cells * Cell.Size]).ToArray(),
                    3 => blocks.Aggregate(new ByteWriter(1 << 12).Byte(4).UInt32(0).UInt16((ushort)blocks.Count), (list, id) => list.UInt64(HeldId.Of(id).Value)).ToArray(),
                    7 => Promise(said, channel.Member.Device),
                    _ => null,
                };
                promised |= said[0] == 7;
                if (answer != null) await SayAsync(answer);
                while (promised && unanswered.TryPop(out byte[]? asked)) await SayAsync([6, .. asked.AsSpan(1, Hash32.Size + 2), .. MadeUp(BinaryPrimitives.ReadUInt16BigEndian(asked.AsSpan(1 + Hash32.Size)))]);
            }
        }
        catch (OperationCanceledException)
        {
            // Enough was said.
        }

        async Task SayAsync(byte[] message) => await stream.Output.WriteAsync((byte[])[.. Number((uint)message.Length), .. message], cancel);
    }

    byte[] Promise(byte[] asked, DeviceId freer)
    {
        ByteReader reader = new(asked.AsSpan(1));
        Hash32 nonce = reader.TakeHash();
        BlockId[] blocks = new BlockId[reader.TakeUInt16()];
        for (int i = 0; i < blocks.Length; i++) blocks[i] = new BlockId(reader.TakeHash());
        byte[] signature = new LockPromise(DeviceId.Of(Key.Public), freer, nonce, blocks).Sign(Keys.Vault, Key);
        return [8, .. asked.AsSpan(1, Hash32.Size + 2), .. MadeUp(blocks.Length), .. signature];
    }

    /// <summary>So many proofs that are none.</summary>
    static byte[] MadeUp(int count) => [.. Enumerable.Range(0, count).SelectMany(_ => (byte[])[1, .. RandomSource.System.Bytes(Hash32.Size)])];

    static async Task<byte[]?> TakeAsync(PipeReader input, int length, CancellationToken cancel)
    {
        ReadResult read = await input.ReadAtLeastAsync(length, cancel);
        if (read.Buffer.Length < length) return null;
        byte[] taken = read.Buffer.Slice(0, length).ToArray();
        input.AdvanceTo(read.Buffer.GetPosition(length));
        return taken;
    }

    public async ValueTask DisposeAsync()
    {
        await node.DisposeAsync();
        catalog?.Dispose();
        store.Dispose();
        keys?.Dispose();
        network.Dispose();
        Key.Dispose();
    }

    /// <summary>A stream of the catalog on which anything may be said.</summary>
    public sealed class Talk(PeerStream stream) : IAsyncDisposable
    {
        const int HeadSize = 4;

        /// <summary>Waits for a message, whatever it says. False when the stream has ended.</summary>
        public async Task<bool> HearAsync(CancellationToken cancel)
        {
            try
            {
                return await TakeAsync(stream.Input, HeadSize, cancel) is { } head && await TakeAsync(stream.Input, (int)(BinaryPrimitives.ReadUInt32BigEndian(head) & int.MaxValue), cancel) != null;
            }
            catch (ProtocolException)
            {
                return false;
            }
        }

        /// <summary>False when the other listens no more.</summary>
        public async Task<bool> SayAsync(SyncMessage message)
        {
            byte[] bytes = SyncCodec.Encode(message), framed = new byte[HeadSize + bytes.Length];
            BinaryPrimitives.WriteInt32BigEndian(framed, bytes.Length);
            bytes.CopyTo(framed, HeadSize);
            using CancellationTokenSource patience = new(Patience);
            try
            {
                return !(await stream.Output.WriteAsync(framed, patience.Token)).IsCompleted;
            }
            catch (ProtocolException)
            {
                return false;
            }
        }

        /// <summary>Goes on saying what comes next until the other closes.</summary>
        public async Task SayUntilClosedAsync(IEnumerable<SyncMessage> messages)
        {
            foreach (SyncMessage message in messages)
                if (!await SayAsync(message)) return;
            using CancellationTokenSource patience = new(Patience);
            while (await HearAsync(patience.Token)) { }
        }

        public async ValueTask DisposeAsync() => await stream.DisposeAsync();
    }
}
