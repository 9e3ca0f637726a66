using System.Net;
using System.Text;
using Vault.Libp2p.Mdns;
using Vault.Libp2p.Multiaddrs;
using Vault.Libp2p.Psk;
using Vault.Libp2p.Tests.Nodes;
using Vault.Primitives;
using Xunit;

namespace Vault.Libp2p.Tests.Mdns;

public class ConversationTests
{
    static readonly TimeSpan Start = TimeSpan.Zero;

    /// <summary>One side of a link, with a packet's way from it and to it.</summary>
    sealed class Side
    {
        public Side(int number, PreSharedKey? network = null, string address = "192.168.1.")
        {
            RandomSource random = RandomSource.Seeded((ulong)number);
            using Ed25519Key key = Ed25519Key.Generate(random);
            Id = PeerId.From(key.Public);
            Link = new Link(7, [IPAddress.Parse(address + number)]);
            Conversation = new Conversation(Id, ServiceName.Of(network), ServiceName.NewPeer(random), Link, random, Start);
            Conversation.Update(Link, LinkAddresses.ToTell([Multiaddr.Parse("/ip4/0.0.0.0/tcp/4001")!], Link.Addresses, Id), Start);
        }

        public PeerId Id { get; }
        public Link Link { get; }
        public Conversation Conversation { get; }

        public List<DnsMessage> SpeakUntil(TimeSpan end)
        {
            List<DnsMessage> said = [];
            while (Conversation.NextAt <= end) said.AddRange(Conversation.Due(Conversation.NextAt).Select(packet => DnsMessage.Decode(packet)!));
            return said;
        }

        public IReadOnlyList<Sighting> Hear(IEnumerable<DnsMessage> said) => [.. said.SelectMany(message => Conversation.Receive(message, Start))];
    }

    [Fact]
    public void Whoever_asks_is_answered_with_name_and_addresses()
    {
        Side a = new(1), b = new(2);
        DnsMessage question = Assert.Single(a.SpeakUntil(TimeSpan.FromMilliseconds(120)), message => !message.IsResponse);
        b.SpeakUntil(TimeSpan.FromSeconds(30));
        b.Conversation.Receive(question, TimeSpan.FromSeconds(31));
        DnsMessage answer = Assert.Single(b.SpeakUntil(TimeSpan.FromSeconds(31.12)), message => message.IsResponse);
        Assert.Single(answer.Answers);
        Sighting seen = Assert.Single(a.Hear([answer]));
        Assert.Equal(b.Id, seen.Peer);
        Assert.Equal($"/ip4/192.168.1.2/tcp/4001/p2p/{b.Id}", Assert.Single(seen.Addresses).ToString());
        Assert.Equal(MdnsLimits.TimeToLive, seen.TimeToLive);
    }

    [Fact]
    public void A_newcomer_is_found_by_those_who_only_listen() =>
        Assert.NotEmpty(new Side(2).Hear(new Side(1).SpeakUntil(TimeSpan.FromSeconds(1))));

    [Fact]
    public void Our_own_words_find_nobody()
    {
        Side a = new(1);
        Assert.Empty(a.Hear(a.SpeakUntil(TimeSpan.FromMinutes(5))));
    }

    [Fact]
    public void Questions_become_rarer_until_one_a_minute_and_start_over_when_the_link_changes()
    {
        Side a = new(1);
        List<TimeSpan> asked = [];
        void Listen(TimeSpan end)
        {
            while (a.Conversation.NextAt <= end)
            {
                TimeSpan now = a.Conversation.NextAt;
                if (a.Conversation.Due(now).ToArray().Any(packet => !DnsMessage.Decode(packet)!.IsResponse)) asked.Add(now);
            }
        }
        Listen(TimeSpan.FromMinutes(10));
        int[] pauses = [.. asked.Zip(asked.Skip(1), (one, next) => (int)(next - one).TotalSeconds)];
        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60], pauses[..8]);
        Assert.InRange(asked[0].TotalMilliseconds, 20, 120);

        TimeSpan changed = TimeSpan.FromMinutes(10);
        Link moved = new(7, [IPAddress.Parse("192.168.1.9")]);
        a.Conversation.Update(moved, [], changed);
        Assert.InRange((a.Conversation.NextAt - changed).TotalMilliseconds, 20, 120);
    }

    [Fact]
    public void The_same_answer_is_given_once_a_second_however_often_it_is_asked_for()
    {
        Side a = new(1), b = new(2);
        DnsMessage question = a.SpeakUntil(TimeSpan.FromMilliseconds(120)).First(message => !message.IsResponse);
        int answers = 0;
        for (TimeSpan now = TimeSpan.FromSeconds(100); now < TimeSpan.FromSeconds(110); now += TimeSpan.FromMilliseconds(5))
        {
            b.Conversation.Receive(question, now);
            if (b.Conversation.NextAt <= now) answers += b.Conversation.Due(now).ToArray().Count(packet => DnsMessage.Decode(packet)!.IsResponse);
        }
        Assert.InRange(answers, 9, 11);
    }

    [Fact]
    public void Who_knows_us_already_gets_no_answer()
    {
        Side a = new(1), b = new(2);
        DnsMessage answer = b.SpeakUntil(TimeSpan.FromSeconds(2)).First(message => message.IsResponse);
        DnsMessage question = new(IsResponse: false) { Questions = [new DnsQuestion(ServiceName.Common, DnsType.Ptr)], Answers = answer.Answers };
        TimeSpan later = TimeSpan.FromSeconds(10);
        b.SpeakUntil(later);
        TimeSpan before = b.Conversation.NextAt;
        b.Conversation.Receive(question, later);
        Assert.Equal(before, b.Conversation.NextAt);
        b.Conversation.Receive(question with { Answers = [] }, later);
        Assert.True(b.Conversation.NextAt < before);
    }

    [Fact]
    public void Networks_don_t_see_each_other_and_the_name_doesn_t_give_the_key_away()
    {
        PreSharedKey one = TestNode.Network(1), two = TestNode.Network(2);
        List<DnsMessage> said = new Side(1, one).SpeakUntil(TimeSpan.FromSeconds(5));
        Assert.Empty(new Side(2, two).Hear(said));
        Assert.Empty(new Side(3).Hear(said));
        Assert.NotEmpty(new Side(4, one).Hear(said));
        Assert.Equal($"_p2p-{one.Fingerprint}._udp.local.", ServiceName.Of(one).ToString());
    }

    [Theory]
    [InlineData("/ip4/8.8.8.8/tcp/4001", false)] // not of a private network
    [InlineData("/dns4/example.org/tcp/4001", false)]
    [InlineData("/ip4/192.168.1.5/udp/4001/quic-v1", false)]
    [InlineData("/ip4/127.0.0.1/tcp/4001", false)] // our loopback, not theirs
    [InlineData("/ip4/192.168.1.5/tcp/0", false)]
    [InlineData("/ip4/192.168.1.5/tcp/4001", true)]
    [InlineData("/ip6/fd00::5/tcp/4001", true)]
    public void Only_addresses_that_lead_to_the_link_are_believed(string address, bool believed)
    {
        Side a = new(1), b = new(2);
        Assert.Equal(believed ? 1 : 0, a.Hear([Answer($"dnsaddr={address}/p2p/{b.Id}")]).Count);
    }

    [Fact]
    public void A_link_local_address_gets_the_zone_of_the_link_it_was_heard_on()
    {
        Side a = new(1), b = new(2);
        Sighting seen = Assert.Single(a.Hear([Answer($"dnsaddr=/ip6/fe80::5/tcp/4001/p2p/{b.Id}")]));
        Assert.Equal($"/ip6zone/7/ip6/fe80::5/tcp/4001/p2p/{b.Id}", seen.Addresses[0].ToString());
    }

    [Fact]
    public void Garbage_beside_a_good_address_does_no_harm_and_one_name_is_one_peer()
    {
        Side a = new(1), b = new(2), c = new(3);
        string good = $"dnsaddr=/ip4/192.168.1.5/tcp/4001/p2p/{b.Id}";
        Sighting seen = Assert.Single(a.Hear([Answer("dnsaddr=", "dnsaddr=/nonsense", "else=1", good, $"dnsaddr=/ip4/192.168.1.6/tcp/4001/p2p/{c.Id}")]));
        Assert.Equal(b.Id, seen.Peer);
        Assert.Single(seen.Addresses);
        Assert.Empty(a.Hear([Answer($"dnsaddr=/ip4/192.168.1.5/tcp/4001/p2p/{a.Id}")]));
        Sighting many = Assert.Single(a.Hear([Answer([.. Enumerable.Range(1, 100).Select(port => $"dnsaddr=/ip4/192.168.1.5/tcp/{port}/p2p/{b.Id}")])]));
        Assert.Equal(MdnsLimits.MaxAddresses, many.Addresses.Count);
    }

    [Fact]
    public void Only_addresses_of_the_link_in_private_networks_are_told()
    {
        Side a = new(1);
        IPAddress[] own = [IPAddress.Parse("192.168.1.1"), IPAddress.Parse("203.0.113.5"), IPAddress.Parse("fe80::1%3"), IPAddress.Parse("2001:db8::1")];
        string[] Told(string listening) => [.. LinkAddresses.ToTell([Multiaddr.Parse(listening)!], own, a.Id).Select(address => address.WithoutPeer()!.ToString())];
        Assert.Equal(["/ip4/192.168.1.1/tcp/4001"], Told("/ip4/0.0.0.0/tcp/4001"));
        Assert.Equal(["/ip6/fe80::1/tcp/4001"], Told("/ip6/::/tcp/4001"));
        Assert.Equal(["/ip4/192.168.1.1/tcp/4001"], Told("/ip4/192.168.1.1/tcp/4001"));
        Assert.Empty(Told("/ip4/127.0.0.1/tcp/4001"));
        Assert.Empty(Told("/ip4/203.0.113.5/tcp/4001"));
    }

    [Fact]
    public void A_crowd_fills_the_list_only_until_it_expires()
    {
        Sightings sightings = new();
        RandomSource random = RandomSource.Seeded(1);
        PeerId Stranger()
        {
            using Ed25519Key key = Ed25519Key.Generate(random);
            return PeerId.From(key.Public);
        }
        for (int i = 0; i < MdnsLimits.MaxPeers; i++) Assert.True(sightings.Add(Stranger(), TimeSpan.FromSeconds(120), Start));
        Assert.False(sightings.Add(Stranger(), TimeSpan.FromSeconds(120), Start));
        Assert.True(sightings.Add(Stranger(), TimeSpan.FromSeconds(120), TimeSpan.FromSeconds(121)));
    }

    static DnsMessage Answer(params string[] texts)
    {
        DnsName name = ServiceName.NewPeer(RandomSource.Seeded(77)).Under(ServiceName.Common);
        return new DnsMessage(IsResponse: true)
        {
            Answers = [DnsRecord.Ptr(ServiceName.Common, name, MdnsLimits.TimeToLive)],
            Additionals = [.. texts.Select(text => DnsRecord.Txt(name, MdnsLimits.TimeToLive, Encoding.ASCII.GetBytes(text)))],
        };
    }
}
