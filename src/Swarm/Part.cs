using System.Collections.Concurrent;
using Vault.Identity;
using Vault.Libp2p;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>What goes on in one vault: its fetching, and the channels that are open with members.</summary>
sealed class Part : IAsyncDisposable
{
    readonly Lock gate = new();
    readonly CancellationTokenSource stop = new();
    readonly TaskCompletionSource quiet = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int users = 1; // this one, until it is disposed
    readonly ConcurrentDictionary<PeerId, byte> kept = new(), syncing = new(), chatting = new(), fetching = new();
    readonly ConcurrentDictionary<PeerId, string> troubles = new();
    readonly ConcurrentDictionary<OpenChannel, byte> channels = new();
    readonly ConcurrentDictionary<(PeerId Peer, string Protocol), AsyncPulse> wakers = new();

    readonly RateLimit upload;

    public Part(SwarmVault vault, TimeProvider time, TransferLimits limits)
    {
        Vault = vault;
        upload = limits.Upload;
        Fetch = new BlockFetch(vault.Store, vault.Id.Tag, time, limits.Download) { Shares = vault.Shares, OnDemand = vault.OnDemand };
        Stop = stop.Token;
    }

    public SwarmVault Vault { get; }
    public BlockFetch Fetch { get; }
    public ServedBlocks Served { get; } = new();

    /// <summary>Set when the vault is parted with.</summary>
    public CancellationToken Stop { get; }

    public IReadOnlyList<PeerStanding> Standing =>
        [.. kept.Keys.Select(peer => new PeerStanding(peer, syncing.ContainsKey(peer), fetching.ContainsKey(peer), troubles.GetValueOrDefault(peer)))];

    /// <summary>False when somebody looks after this peer already.</summary>
    public bool Begin(PeerId peer)
    {
        if (!kept.TryAdd(peer, 0)) return false;
        if (Enter()) return true;
        kept.TryRemove(peer, out _);
        return false;
    }

    public void End(PeerId peer)
    {
        foreach ((PeerId Peer, string Protocol) waker in wakers.Keys)
            if (waker.Peer == peer) wakers.TryRemove(waker, out _);
        kept.TryRemove(peer, out _);
        troubles.TryRemove(peer, out _);
        Leave();
    }

    /// <summary>Counts whoever uses the vault, so that its end can wait for them. False when the end has begun.</summary>
    bool Enter()
    {
        lock (gate)
        {
            if (users == 0) return false;
            users++;
            return true;
        }
    }

    void Leave()
    {
        lock (gate)
            if (--users > 0) return;
        quiet.TrySetResult();
    }

    /// <summary>Whether the peer is a member as far as is known here.</summary>
    public bool IsMember(PeerId peer) => Vault.Gate.Membership().Find(peer) is { IsActive: true };

    /// <summary>What the next attempt with a peer waits for, besides its time.</summary>
    public AsyncPulse WakerOf(PeerId peer, string protocol) => wakers.GetOrAdd((peer, protocol), _ => new AsyncPulse());

    /// <summary>A peer has shown that it has the vault: attempts that wait for that needn't any longer.</summary>
    public void Wake(PeerId peer)
    {
        foreach (((PeerId Peer, string Protocol) of, AsyncPulse waker) in wakers)
            if (of.Peer == peer) waker.Set();
    }

    public void Note(PeerId peer, string trouble) => troubles[peer] = trouble;

    /// <summary>Catalogs with one peer: a second stream while one runs is refused, or each would bring what the other does.</summary>
    public async Task SyncAsync(VaultChannel channel, CancellationToken cancel)
    {
        if (!syncing.TryAdd(channel.Peer, 0)) throw new LimitExceededException("the catalogs are being compared already");
        try
        {
            troubles.TryRemove(channel.Peer, out _);
            await Vault.Sync(channel, cancel);
        }
        finally
        {
            syncing.TryRemove(channel.Peer, out _);
        }
    }

    /// <summary>The same for what is said.</summary>
    public async Task ChatAsync(VaultChannel channel, CancellationToken cancel)
    {
        if (Vault.Chat is not { } chat) throw new ProtocolException("nothing is said here");
        if (!chatting.TryAdd(channel.Peer, 0)) throw new LimitExceededException("the feeds are being compared already");
        try
        {
            await chat(channel, cancel);
        }
        finally
        {
            chatting.TryRemove(channel.Peer, out _);
        }
    }

    /// <summary>The same for what both hold.</summary>
    public static Task KeepAsync(Part part, VaultChannel channel, CancellationToken cancel) =>
        part.Vault.Keep is { } keep ? keep(channel, cancel) : throw new ProtocolException("nobody looks after copies here");

    public async Task FetchAsync(VaultChannel channel, CancellationToken cancel)
    {
        fetching.TryAdd(channel.Peer, 0);
        try
        {
            await Fetch.RunAsync(channel.Pipe, cancel);
        }
        finally
        {
            fetching.TryRemove(channel.Peer, out _);
        }
    }

    public Task ServeAsync(VaultChannel channel, CancellationToken cancel) => new BlockServing(Vault.Store, Vault.Id.Tag, upload, Served).RunAsync(channel.Pipe, cancel);

    /// <summary>A channel in use: ends with the vault, and at once when its member is put out.</summary>
    public async Task RunAsync(VaultChannel channel, PeerStream stream, Func<CancellationToken, Task> use, CancellationToken cancel)
    {
        if (!Enter()) throw new ProtocolException("the vault is parted with");
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancel, Stop);
        OpenChannel open = new(channel, either);
        channels.TryAdd(open, 0);
        try
        {
            if (IsOut(channel)) throw new ProtocolException("it was put out of the vault");
            await use(either.Token);
        }
        catch
        {
            stream.Abort("the vault's channel has ended");
            throw;
        }
        finally
        {
            channels.TryRemove(open, out _);
            Leave();
        }
    }

    public void Recheck()
    {
        foreach (OpenChannel open in channels.Keys)
            if (IsOut(open.Channel)) open.End();
        foreach (AsyncPulse waker in wakers.Values) waker.Set(); // there may be secrets to ask for, and nobody to ask any more
    }

    bool IsOut(VaultChannel channel) => Vault.Gate.Membership().HasPutOut(channel.Member.Device);

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        Leave();
        await quiet.Task;
        await Fetch.DisposeAsync();
        stop.Dispose();
    }

    sealed class OpenChannel(VaultChannel channel, CancellationTokenSource stop)
    {
        public VaultChannel Channel => channel;

        public void End()
        {
            try
            {
                stop.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It has ended by itself.
            }
        }
    }
}
