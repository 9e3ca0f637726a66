using Vault.Libp2p.Multiaddrs;
using Vault.Libp2p.Psk;
using Vault.Primitives;

namespace Vault.Libp2p;

/// <summary>Where peers may be reached and how the last attempts went. Bounded; not safe for two callers at once.</summary>
sealed class PeerBook(NodeLimits limits, TimeProvider time, RandomSource random)
{
    readonly Dictionary<PeerId, Entry> entries = [];

    public sealed class Entry(PeerId peer)
    {
        public PeerId Peer { get; } = peer;
        public List<KnownAddress> Addresses { get; } = [];
        public Task<Connection>? Dialing { get; set; }
        public int Connections { get; set; }

        /// <summary>Bytes of connections that have ended.</summary>
        public (long In, long Out) Past { get; set; }

        public string? LastFailure { get; set; }
        public DateTimeOffset? LastFailureAt { get; set; }
        public DateTimeOffset SeenAt { get; set; }

        /// <summary>When the first of its addresses may be tried again; null when one may be tried now.</summary>
        public DateTimeOffset? RetryAt(DateTimeOffset now) => Addresses.Count == 0 || Addresses.Any(known => known.RetryAt <= now) ? null : Addresses.Min(known => known.RetryAt);
    }

    public sealed class KnownAddress(Multiaddr address, PreSharedKey? network)
    {
        public Multiaddr Address { get; } = address;
        public PreSharedKey? Network { get; set; } = network;

        /// <summary>When whoever told it wants it forgotten; null for never.</summary>
        public DateTimeOffset? Until { get; set; }

        public int Failures { get; set; }
        public DateTimeOffset RetryAt { get; set; }
    }

    public IEnumerable<Entry> Entries => entries.Values;

    public Entry? Find(PeerId peer) => entries.GetValueOrDefault(peer);

    public Entry Get(PeerId peer)
    {
        if (!entries.TryGetValue(peer, out Entry? entry))
        {
            if (entries.Count >= limits.MaxKnownPeers) ForgetOne();
            entries.Add(peer, entry = new Entry(peer));
        }
        entry.SeenAt = time.GetUtcNow();
        return entry;
    }

    /// <param name="until">What is known from elsewhere too outlasts this.</param>
    public void Add(PeerId peer, Multiaddr address, PreSharedKey? network, DateTimeOffset? until = null)
    {
        List<KnownAddress> known = Get(peer).Addresses;
        DateTimeOffset now = time.GetUtcNow();
        known.RemoveAll(one => one.Until <= now);
        if (known.Find(one => one.Address.Equals(address)) is { } same)
        {
            same.Network = network;
            same.Until = same.Until is null ? null : until;
            return;
        }
        // The one that failed most often makes room.
        if (known.Count >= limits.MaxAddressesPerPeer) known.Remove(known.MaxBy(one => one.Failures)!);
        known.Add(new KnownAddress(address, network) { Until = until });
    }

    /// <summary>Forgets where peers were to be reached in a network that is left.</summary>
    public void Leave(string fingerprint)
    {
        foreach (Entry entry in entries.Values) entry.Addresses.RemoveAll(known => known.Network?.Fingerprint == fingerprint);
    }

    public static void Succeeded(KnownAddress address)
    {
        address.Failures = 0;
        address.RetryAt = default;
    }

    public void Failed(KnownAddress address)
    {
        double seconds = limits.BackOff.TotalSeconds * Math.Pow(2, Math.Min(address.Failures++, 20));
        TimeSpan pause = TimeSpan.FromSeconds(Math.Min(seconds, limits.MaxBackOff.TotalSeconds));
        address.RetryAt = time.GetUtcNow() + pause + pause * (random.Below(1000) / 4000.0);
    }

    public void Note(PeerId peer, string failure)
    {
        Entry entry = Get(peer);
        entry.LastFailure = failure;
        entry.LastFailureAt = time.GetUtcNow();
    }

    void ForgetOne()
    {
        Entry? oldest = entries.Values.Where(entry => entry is { Connections: 0, Dialing: null }).MinBy(entry => entry.SeenAt);
        if (oldest is not null) entries.Remove(oldest.Peer);
    }
}
