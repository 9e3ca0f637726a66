using System.Text;
using Vault.Libp2p.Multiaddrs;
using Vault.Primitives;

namespace Vault.Libp2p.Mdns;

/// <summary>A peer that answered, and for how long that holds.</summary>
sealed record Sighting(PeerId Peer, IReadOnlyList<Multiaddr> Addresses, TimeSpan TimeToLive);

/// <summary>
/// Who is there, asked and answered under one service's name on one link: packets and the time go in, packets and sightings come
/// out. Asks after a moment, again after 1, 2, 4 … 60 seconds, and from the start when something about the link changes.
/// </summary>
sealed class Conversation
{
    static readonly byte[] AddressKey = "dnsaddr="u8.ToArray();

    readonly PeerId self;
    readonly DnsName service, name;
    readonly RandomSource random;
    Link link;
    IReadOnlyList<Multiaddr> told = [];
    TimeSpan askAt, interval;
    TimeSpan? answerAt, answeredAt;

    /// <param name="name">Ours, below the service's.</param>
    public Conversation(PeerId self, DnsName service, DnsName name, Link link, RandomSource random, TimeSpan now)
    {
        (this.self, this.service, this.random, this.link) = (self, service, random, link);
        this.name = name.Under(service);
        Restart(now);
    }

    /// <summary>When <see cref="Due"/> next has something to say.</summary>
    public TimeSpan NextAt => answerAt is { } answer && answer < askAt ? answer : askAt;

    /// <summary>The link as it is now, and where we can be reached on it; what changed is told and asked afresh.</summary>
    public void Update(Link current, IReadOnlyList<Multiaddr> addresses, TimeSpan now)
    {
        if (current.Equals(link) && addresses.SequenceEqual(told)) return;
        (link, told) = (current, addresses);
        Restart(now);
    }

    void Restart(TimeSpan now) => (askAt, interval) = (now + Delay(), MdnsLimits.FirstInterval);

    /// <summary>The packets whose time has come.</summary>
    public IEnumerable<byte[]> Due(TimeSpan now)
    {
        if (askAt <= now)
        {
            askAt = now + interval;
            interval = interval * 2 < MdnsLimits.LongestInterval ? interval * 2 : MdnsLimits.LongestInterval;
            AnswerSoon(now); // to our own question as well: whoever only listens finds us by it
            yield return new DnsMessage(IsResponse: false) { Questions = [new DnsQuestion(service, DnsType.Ptr)] }.Encode();
        }
        if (answerAt is { } answer && answer <= now)
        {
            (answerAt, answeredAt) = (null, now);
            if (told.Count > 0) yield return Answer();
        }
    }

    byte[] Answer()
    {
        List<DnsRecord> addresses = [];
        byte[] packet = [];
        foreach (Multiaddr address in told)
        {
            byte[] text = [.. AddressKey, .. Encoding.ASCII.GetBytes(address.ToString())];
            if (text.Length > byte.MaxValue) continue;
            addresses.Add(DnsRecord.Txt(name, MdnsLimits.TimeToLive, text));
            byte[] longer = new DnsMessage(IsResponse: true) { Answers = [DnsRecord.Ptr(service, name, MdnsLimits.TimeToLive)], Additionals = addresses }.Encode();
            if (longer.Length > MdnsLimits.MaxSent) break;
            packet = longer;
        }
        return packet;
    }

    /// <summary>Takes in what came over the link. What isn't about this service, is no DNS, or comes from ourselves changes nothing.</summary>
    public IReadOnlyList<Sighting> Receive(DnsMessage message, TimeSpan now)
    {
        if (message.IsResponse) return Find(message);
        bool asked = message.Questions.Any(question => question.Name.Equals(service) && question.Type is DnsType.Ptr or DnsType.Any);
        // Who asks may say whom he knows; if we are among them for long enough still, he needs no answer (RFC 6762, 7.1).
        bool known = message.Answers.Any(record => record.Name.Equals(service) && name.Equals(record.Target) && record.TimeToLive >= MdnsLimits.TimeToLive / 2);
        if (asked && !known) AnswerSoon(now);
        return [];
    }

    void AnswerSoon(TimeSpan now)
    {
        if (answerAt is not null) return;
        TimeSpan soon = now + Delay();
        answerAt = answeredAt + MdnsLimits.AnswerInterval is { } earliest && earliest > soon ? earliest : soon;
    }

    List<Sighting> Find(DnsMessage message)
    {
        List<Sighting> found = [];
        foreach (DnsRecord pointer in message.Answers)
        {
            if (!pointer.Name.Equals(service) || pointer.Target is not { } peerName || !peerName.IsChildOf(service) || peerName.Equals(name)) continue;
            // The specification puts addresses among the additional records, js-libp2p among the answers.
            IEnumerable<DnsRecord> texts = message.Answers.Concat(message.Additionals).Where(record => record.Type == DnsType.Txt && record.Name.Equals(peerName));
            Multiaddr[] addresses = [.. texts.SelectMany(record => record.Strings).Select(Address).OfType<Multiaddr>().Distinct()];
            // One name is one peer: the first address says whose.
            if (addresses.Length == 0 || addresses[0].Peer is not { } peer || peer == self) continue;
            addresses = [.. addresses.Where(address => address.Peer == peer).Take(MdnsLimits.MaxAddresses)];
            TimeSpan lasts = pointer.TimeToLive < MdnsLimits.LongestTimeToLive ? pointer.TimeToLive : MdnsLimits.LongestTimeToLive;
            found.Add(new Sighting(peer, addresses, lasts));
        }
        return found;
    }

    Multiaddr? Address(byte[] text)
    {
        if (!text.AsSpan().StartsWith(AddressKey)) return null;
        return Multiaddr.Parse(Encoding.UTF8.GetString(text.AsSpan(AddressKey.Length))) is { } told ? LinkAddresses.ToDial(told, link) : null;
    }

    TimeSpan Delay() => TimeSpan.FromMilliseconds(MdnsLimits.ShortestDelayMilliseconds + random.Below(MdnsLimits.DelaySpreadMilliseconds + 1));
}
