using System.Collections.Concurrent;
using Vault.Blocks;
using Vault.Identity;
using Vault.Libp2p;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>
/// One device in the swarm: serves the vault protocols behind the gate, and with every connected member of every vault keeps four
/// streams for as long as the connection lasts: one keeps the catalogs in step, one the chat, one tells what both hold, one asks for blocks. Of two devices
/// the one with the smaller id opens the first three; each opens the fourth for itself, and a fifth when it lacks secrets. What fails is
/// tried again after a pause that grows. A peer that isn't known to be a member is sent nothing, not even an offer that tells it
/// nothing: it could count them. A member of whom nobody has heard here knows this device, knocks, and shows its certificate.
/// </summary>
public sealed class SwarmNode : IAsyncDisposable
{
    public const string SyncProtocol = "/vault/sync/1", BlocksProtocol = "/vault/blocks/1", ChatProtocol = "/vault/chat/1", HoldingsProtocol = "/vault/holdings/1";

    /// <summary>After something came to nothing; doubled each time.</summary>
    static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1), LastPause = TimeSpan.FromMinutes(2);

    readonly Node node;
    readonly VaultSession session;
    readonly TimeProvider time;
    readonly RandomSource random;
    readonly HybridClock clock;
    readonly CancellationTokenSource closing = new();
    readonly SemaphoreSlim knocking = new(GateLimits.Knocking);
    readonly ConcurrentDictionary<VaultId, Part> parts = new();
    readonly ConcurrentDictionary<Task, byte> running = new();

    /// <summary>What all vaults together may send and receive of blocks.</summary>
    public TransferLimits Limits { get; }

    /// <param name="node">Borrowed; disposed after this.</param>
    public SwarmNode(Node node, Ed25519PublicKey self, HybridClock clock, TimeProvider time, RandomSource random)
    {
        (this.node, this.clock, this.time, this.random) = (node, clock, time, random);
        Limits = new TransferLimits(time);
        session = new VaultSession(self, clock, time);
        node.Handle(SyncProtocol, (stream, cancel) => ServeAsync(stream, (part, channel, stop) => part.SyncAsync(channel, stop), cancel));
        node.Handle(ChatProtocol, (stream, cancel) => ServeAsync(stream, (part, channel, stop) => part.ChatAsync(channel, stop), cancel));
        node.Handle(HoldingsProtocol, (stream, cancel) => ServeAsync(stream, Part.KeepAsync, cancel));
        node.Handle(BlocksProtocol, (stream, cancel) => ServeAsync(stream, (part, channel, stop) => part.ServeAsync(channel, stop), cancel));
        node.Handle(SecretsProtocol.Id, (stream, cancel) => ServeAsync(stream, (part, channel, stop) => SecretsProtocol.AnswerAsync(channel, part.Vault.Gate, clock, random, time, stop), cancel));
        node.Handle(JoinProtocol.Id, (stream, cancel) => JoinProtocol.AnswerAsync(stream, Decide, time, cancel));
        node.PeerIdentified += Meet;
    }

    /// <summary>Takes part in a vault from now on.</summary>
    public void Add(SwarmVault vault)
    {
        Part part = new(vault, time, Limits);
        if (!parts.TryAdd(vault.Id, part)) throw new InvalidOperationException("The swarm takes part in this vault already.");
        part.Fetch.Search();
        MeetAll(part);
    }

    /// <summary>Ends what goes on with a vault; when it returns nothing of it is used any more.</summary>
    public async Task RemoveAsync(VaultId vault)
    {
        if (parts.TryRemove(vault, out Part? part)) await part.DisposeAsync();
    }

    /// <summary>A member has said why this device isn't in.</summary>
    public event Action<VaultId, PeerId, string>? TurnedAway;

    /// <summary>The vault's blocks on their way here; null for one that the swarm takes no part in.</summary>
    public BlockFetch? FetchOf(VaultId vault) => parts.GetValueOrDefault(vault)?.Fetch;

    /// <summary>What was sent of a vault's blocks; null for one that the swarm takes no part in.</summary>
    public ServedBlocks? ServedOf(VaultId vault) => parts.GetValueOrDefault(vault)?.Served;

    public IReadOnlyList<PeerStanding> StandingOf(VaultId vault) => parts.TryGetValue(vault, out Part? part) ? part.Standing : [];

    /// <summary>Members have changed: whoever isn't one any more is parted with, and who has become one is met.</summary>
    public void Recheck(VaultId vault)
    {
        if (!parts.TryGetValue(vault, out Part? part)) return;
        part.Recheck();
        MeetAll(part);
    }

    void MeetAll(Part part)
    {
        foreach (PeerStatus peer in node.Peers)
            if (IsThere(peer)) Keep(peer.Peer, part);
    }

    /// <summary>A stranger learns nothing from the answer: a vault that isn't here, and one that doesn't know who made the invite, give the same.</summary>
    Admitting Decide(JoinRequest request, Ed25519PublicKey peer, byte[] channel) =>
        !request.IsFor(peer, channel) ? Admitting.Refuse(JoinRefusal.Forged)
        : parts.TryGetValue(request.Vault, out Part? part) ? part.Vault.Decide(request, peer, channel)
        : Admitting.Refuse(JoinRefusal.OtherVault);

    /// <summary>A stream that somebody opened: through the gate, then to what it is for.</summary>
    async Task ServeAsync(PeerStream stream, Func<Part, VaultChannel, CancellationToken, Task> serve, CancellationToken cancel)
    {
        VaultChannel? channel;
        if (!await knocking.WaitAsync(GateLimits.Patience, cancel)) throw new LimitExceededException("too many are at the gate");
        try
        {
            channel = await session.AcceptAsync(stream, stream.Peer, stream.ChannelBinding, parts.Values.Select(part => part.Vault.Gate), cancel);
        }
        finally
        {
            knocking.Release();
        }
        if (channel is null || !parts.TryGetValue(channel.Vault, out Part? part)) throw new ProtocolException("whoever opened this stream isn't let in");
        part.Wake(channel.Peer);
        try
        {
            await part.RunAsync(channel, stream, stop => serve(part, channel, stop), cancel);
        }
        catch (VaultException fault)
        {
            part.Note(channel.Peer, fault.Message);
            throw;
        }
    }

    void Meet(PeerId peer)
    {
        if (node.Peers.FirstOrDefault(one => one.Peer == peer) is not { } status || !status.Protocols.Contains(SyncProtocol)) return;
        foreach (Part part in parts.Values) Keep(peer, part);
    }

    void Keep(PeerId peer, Part part)
    {
        if (closing.IsCancellationRequested || !part.IsMember(peer) || !part.Begin(peer)) return;
        Task task = KeepAsync(peer, part);
        running.TryAdd(task, 0);
        task.ContinueWith((done, _) => running.TryRemove(done, out byte _), null, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    async Task KeepAsync(PeerId peer, Part part)
    {
        await Task.Yield();
        try
        {
            // Who first sees that the peer is gone sees it for all: one that was waiting meanwhile would take the next connection
            // for the same, and the others' streams would never be opened on it.
            using CancellationTokenSource gone = new();
            List<Task> streams = [RepeatAsync(peer, part, BlocksProtocol, (channel, stop) => part.FetchAsync(channel, stop), gone.Token)];
            if (node.Id.CompareTo(peer) < 0)
            {
                streams.Add(RepeatAsync(peer, part, SyncProtocol, part.SyncAsync, gone.Token));
                if (part.Vault.Keep != null) streams.Add(RepeatAsync(peer, part, HoldingsProtocol, (channel, stop) => Part.KeepAsync(part, channel, stop), gone.Token));
                if (part.Vault.Chat != null) streams.Add(RepeatAsync(peer, part, ChatProtocol, part.ChatAsync, gone.Token));
            }
            if (part.Vault.Secrets is { } lacked)
                streams.Add(RepeatAsync(peer, part, SecretsProtocol.Id, (channel, stop) => SecretsProtocol.AskAsync(channel, lacked, time, stop), gone.Token, lacked.AreMissing));
            await Task.WhenAny(streams);
            gone.Cancel();
            await Task.WhenAll(streams);
        }
        finally
        {
            part.End(peer);
        }
        if (node.Peers.Any(one => one.Peer == peer && IsThere(one))) Keep(peer, part); // it came back and was met while this was ending
    }

    /// <summary>Opens a stream and uses it, again and again while the peer is connected and a member.</summary>
    /// <param name="when">Whether there is a use for it; null for always.</param>
    async Task RepeatAsync(PeerId peer, Part part, string protocol, Func<VaultChannel, CancellationToken, Task> use, CancellationToken gone, Func<bool>? when = null)
    {
        TimeSpan pause = FirstPause;
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(closing.Token, part.Stop, gone);
        AsyncPulse wake = part.WakerOf(peer, protocol);
        while (!either.IsCancellationRequested && IsConnected(peer) && part.IsMember(peer))
        {
            long began = time.GetTimestamp();
            bool isUnknown = false;
            try
            {
                if (when?.Invoke() == false)
                {
                    await wake.WaitAsync(either.Token);
                    continue;
                }
                await using PeerStream stream = await node.OpenStreamAsync(peer, protocol, either.Token);
                if (await session.OpenAsync(stream, peer, stream.ChannelBinding, part.Vault.Gate, either.Token) is { } channel)
                    await part.RunAsync(channel, stream, stop => use(channel, stop), either.Token);
                else
                {
                    isUnknown = true;
                    stream.Abort("the vault isn't known there");
                    part.Note(peer, "it doesn't have this vault");
                }
            }
            catch (Exception e) when (e is VaultException or OperationCanceledException or InvalidOperationException or ObjectDisposedException)
            {
                if (!either.IsCancellationRequested) part.Note(peer, e is OperationCanceledException ? "the stream was cut" : e.Message);
                if (e.Message.StartsWith(VaultSession.TurnedAway, StringComparison.Ordinal)) TurnedAway?.Invoke(part.Vault.Id, peer, e.Message[VaultSession.TurnedAway.Length..]);
            }
            pause = time.GetElapsedTime(began) > LastPause ? FirstPause : pause * 2 < LastPause ? pause * 2 : LastPause;
            try
            {
                TimeSpan rest = pause / 2 + pause * (random.Below(1000) / 2000.0);
                if (isUnknown) await wake.WaitAsync(rest, time, either.Token); // until it shows that it has the vault
                else await Task.Delay(rest, time, either.Token); // two that only fail would wake each other without end
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    static bool IsThere(PeerStatus peer) => peer.State == PeerState.Connected && peer.Protocols.Contains(SyncProtocol);

    bool IsConnected(PeerId peer) => node.Peers.Any(one => one.Peer == peer && one.State == PeerState.Connected);

    public async ValueTask DisposeAsync()
    {
        node.PeerIdentified -= Meet;
        foreach (string protocol in (string[])[SyncProtocol, BlocksProtocol, ChatProtocol, HoldingsProtocol, SecretsProtocol.Id, JoinProtocol.Id]) node.Unhandle(protocol);
        await closing.CancelAsync();
        foreach (VaultId vault in parts.Keys) await RemoveAsync(vault);
        await Task.WhenAll(running.Keys);
        knocking.Dispose();
        Limits.Dispose();
        closing.Dispose();
    }
}
