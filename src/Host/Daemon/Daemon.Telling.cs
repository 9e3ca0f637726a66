using Vault.Catalog;
using Vault.Chat;
using Vault.Identity;
using Vault.Libp2p;
using Vault.Primitives;
using Vault.Swarm;

namespace Vault.Host;

// How things stand, for people and scripts.
sealed partial class Daemon
{
    /// <summary>Where the HTTP API listens; set by who starts it.</summary>
    public string Api { get; set; } = "";

    public DaemonStatus Status() => new(node.Id.ToString(), Listening, Api, home.FullPath, Environment.ProcessId, since,
        node.Peers.Count(peer => peer.State == PeerState.Connected), [.. Parts().Select(Transfer)]);

    public TransferStatus? TransferOf(VaultId vault) => Parts().FirstOrDefault(part => part.Entry.Vault == vault) is { } part ? Transfer(part) : null;

    /// <summary>Why a member said that this device isn't in; null where none did.</summary>
    public string? RefusalOf(VaultId vault)
    {
        lock (gate) return attached.GetValueOrDefault(vault)?.Refusal;
    }

    public IEnumerable<PeerListed> Peers()
    {
        OpenPart[] parts = Parts();
        foreach (PeerStatus peer in node.Peers)
        {
            string? name = parts.Select(part => part.Catalog.Membership.Find(peer.Peer)?.Profile?.OpenName(part.Entry.Keys)).FirstOrDefault(name => name != null);
            bool connected = peer.State == PeerState.Connected;
            string? address = (connected ? peer.ConnectedAt : peer.Addresses) is [var first, ..] ? first.ToString() : null;
            yield return new PeerListed(peer.Peer.ToString(), name, address, connected, peer.Path?.ToString().ToLowerInvariant(), peer.RoundTrip?.TotalMilliseconds,
                peer.BytesIn, peer.BytesOut, RatesOf(peer.Peer).InPerSecond, RatesOf(peer.Peer).OutPerSecond, [.. parts.Select(part => Standing(part, peer.Peer)).OfType<PeerVault>()], connected ? null : peer.LastFailure);
        }
    }

    void LookAtRates()
    {
        (PeerId, long, long)[] counters = [.. node.Peers.Where(peer => peer.State == PeerState.Connected).Select(peer => (peer.Peer, peer.BytesIn, peer.BytesOut))];
        bool hasNothingToDo;
        lock (rates)
        {
            TimeSpan now = home.Time.GetElapsedTime(0);
            rates.Look(counters, now);
            hasNothingToDo = idle.HasBegun(Environment.CpuUsage.TotalTime, now);
        }
        if (hasNothingToDo) home.GiveBackMemory();
    }

    (double InPerSecond, double OutPerSecond) RatesOf(PeerId peer)
    {
        lock (rates) return rates.Of(peer);
    }

    PeerVault? Standing(OpenPart part, PeerId peer)
    {
        PeerStanding? standing = swarm.StandingOf(part.Entry.Vault).FirstOrDefault(one => one.Peer == peer);
        bool member = part.Catalog.Membership.Find(peer) != null;
        return standing is null || (!member && !standing.Syncing) ? null : new PeerVault(part.Entry.Vault.ToString(), part.Entry.Name, IsInStep(part, peer), ClockTrouble(part, peer) ?? standing.Trouble);
    }

    /// <summary>What is dated too far ahead waits for its time: where two clocks differ by more, nothing else tells why something doesn't come.</summary>
    string? ClockTrouble(OpenPart part, PeerId peer)
    {
        TimeSpan? skew;
        lock (gate) skew = part.Sessions.GetValueOrDefault(peer)?.ClockSkew;
        if (skew is not { } ahead || ahead.Duration() <= HybridClock.MaxAhead) return null;
        string by = Amounts.Count((long)Math.Round(ahead.Duration().TotalMinutes), "minute");
        return ahead > TimeSpan.Zero
            ? $"its clock is {by} ahead of this machine's: set the wrong one right, until then what it writes is held back here"
            : $"its clock is {by} behind this machine's: set the wrong one right, until then what is written here is held back there";
    }

    bool IsInStep(OpenPart part, PeerId peer)
    {
        lock (gate) return part.Sessions.GetValueOrDefault(peer) is { IsInStep: true };
    }

    /// <summary>What it cost to find out how a vault stands with a peer; null as long as they haven't.</summary>
    public SyncCost? ComparisonWith(PeerId peer, VaultId vault)
    {
        lock (gate) return attached.GetValueOrDefault(vault)?.Sessions.GetValueOrDefault(peer)?.LastComparison;
    }

    TransferStatus Transfer(OpenPart part)
    {
        FetchProgress? progress = swarm.FetchOf(part.Entry.Vault)?.Progress;
        string[] inStep;
        lock (gate) inStep = [.. part.Sessions.Where(one => one.Value.IsInStep).Select(one => one.Key.ToString())];
        return new TransferStatus(part.Entry.Vault.ToString(), part.Entry.Name, part.Catalog.Root.ToString(), progress?.Wanted ?? 0, progress?.Searching ?? false,
            progress?.BytesPerSecond ?? 0, inStep, progress?.Fault, progress?.Blocks ?? 0, progress?.Bytes ?? 0);
    }

    void Publish(string kind, OpenPart part, PeerId? peer = null, string? text = null, ChatShown? message = null, Hash32? root = null) => Events.Publish(new DaemonEvent(
        kind, home.Time.GetUtcNow(), part.Entry.Vault.ToString(), part.Entry.Name, (root ?? part.Catalog.Root).ToString(), peer?.ToString(), text, message));

    // One change after the other.
    void TellRoot(OpenPart part, Hash32 root)
    {
        if (root == part.ToldRoot) return; // of what isn't in the root, as history
        part.ToldRoot = root;
        Publish("changed", part, root: root);
    }

    void Heard(KeyRingEntry entry, WatchNews news)
    {
        note($"{entry.Name}: {news.Text}");
        Events.Publish(new DaemonEvent(news.Kind, home.Time.GetUtcNow(), entry.Vault.ToString(), entry.Name, Text: news.Text));
    }

    void Connected(PeerId peer) => Events.Publish(new DaemonEvent("connected", home.Time.GetUtcNow(), Peer: peer.ToString()));

    void Disconnected(PeerId peer) => Events.Publish(new DaemonEvent("disconnected", home.Time.GetUtcNow(), Peer: peer.ToString(),
        Text: node.Peers.FirstOrDefault(one => one.Peer == peer)?.LastFailure));

    void Said(OpenPart part, IReadOnlyList<SignedMessage> messages)
    {
        if (!Events.AnyoneListens) return;
        ChatTelling telling = new(part.Catalog.Membership, part.Entry.Keys, sealer: null);
        foreach (SignedMessage message in messages)
            if (part.Chat.Line(message.Header.Feed, message.Header.Sequence) is { } line && telling.Shown(line) is { } shown) Publish("message", part, message: shown);
    }

    void Forked(OpenPart part, ForkProof proof)
    {
        ChatForkShown shown = new ChatTelling(part.Catalog.Membership, part.Entry.Keys, sealer: null).Shown(proof);
        string sentence = ChatText.Fork(shown);
        note($"{part.Entry.Name}: {sentence}");
        Publish("fork", part, part.Catalog.Membership.Find(proof.Feed.Device)?.Peer, sentence);
    }

    OpenPart[] Parts()
    {
        lock (gate) return [.. attached.Values];
    }
}
