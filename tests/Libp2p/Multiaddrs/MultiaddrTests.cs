using System.Net;
using Vault.Libp2p.Multiaddrs;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Libp2p.Tests.Multiaddrs;

public class MultiaddrTests
{
    static readonly PeerId Peer = PeerId.Parse("12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5")!.Value;

    [Fact]
    public void Vectors_parse_and_print_both_ways()
    {
        foreach ((string text, string hex) in VectorFile.Lines("multiaddr.txt"))
        {
            Assert.Equal(hex, Convert.ToHexStringLower(Multiaddr.Parse(text)!.Bytes));
            Assert.Equal(text, Multiaddr.FromBytes(VectorFile.Hex(hex))!.ToString());
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("ip4/1.2.3.4")]
    [InlineData("/ip4")]
    [InlineData("/ip4/1.2.3")]
    [InlineData("/ip4/256.0.0.1/tcp/1")]
    [InlineData("/ip4/::1/tcp/1")]
    [InlineData("/ip6/1.2.3.4/tcp/1")]
    [InlineData("/ip4/1.2.3.4/tcp/65536")]
    [InlineData("/ip4/1.2.3.4/tcp/-1")]
    [InlineData("/ip4/1.2.3.4/tcp/+1")]
    [InlineData("/ip4/1.2.3.4/nonsense/1")]
    [InlineData("/p2p/12D3KooW")]
    [InlineData("/dns4//tcp/1")]
    [InlineData("/opaque/zz")]
    public void What_is_no_multiaddr_is_null(string text) => Assert.Null(Multiaddr.Parse(text));

    [Fact]
    public void An_unknown_code_and_all_behind_it_is_carried_as_it_came()
    {
        byte[] bytes = [.. Multiaddr.Parse("/ip4/1.2.3.4/tcp/5")!.Bytes, 0xff, 0x7f, 1, 2, 3];
        Multiaddr carried = Multiaddr.FromBytes(bytes)!;
        Assert.Equal("/ip4/1.2.3.4/tcp/5/opaque/ff7f010203", carried.ToString());
        Assert.Equal(bytes, carried.Bytes.ToArray());
        Assert.Equal(carried, Multiaddr.Parse(carried.ToString()));
        Assert.False(carried.TryGetTcp(out TcpTarget? target) && target.Port == 0);
    }

    [Fact]
    public void The_last_peer_is_the_one_that_is_meant()
    {
        string target = "12D3KooWJWoaqZhDaoEFshF7Rh1bpY9ohihFhzcW6d69Lr2NASuq";
        Multiaddr relayed = Multiaddr.Parse($"/ip4/1.2.3.4/tcp/5/p2p/{Peer}/p2p-circuit/p2p/{target}")!;
        Assert.Equal(target, relayed.Peer.ToString());
        Assert.True(relayed.IsCircuit);
        Assert.True(relayed.TryGetCircuit(out Multiaddr? relay, out PeerId? behind));
        Assert.Equal(Peer, relay.Peer);
        Assert.Equal(target, behind.ToString());
        Assert.False(relayed.TryGetTcp(out _));
        Assert.Null(Multiaddr.Parse($"/ip4/1.2.3.4/tcp/5/p2p/{Peer}/p2p-circuit")!.Peer);
    }

    [Fact]
    public void End_points_become_addresses_and_back()
    {
        foreach (string text in new[] { "/ip4/127.0.0.1/tcp/4001", "/ip6/::1/tcp/4001", "/ip6zone/3/ip6/fe80::1/tcp/4001" })
        {
            Assert.True(Multiaddr.Parse(text)!.TryGetTcp(out TcpTarget? target));
            Assert.Equal(text, Multiaddr.From(new IPEndPoint(target.Address!, target.Port)).ToString());
        }
        Assert.Equal("/ip4/10.0.0.1/tcp/7", Multiaddr.From(new IPEndPoint(IPAddress.Parse("::ffff:10.0.0.1"), 7)).ToString());
    }

    [Fact]
    public void Peers_are_put_on_and_taken_off()
    {
        Multiaddr bare = Multiaddr.Parse("/dns4/example.com/tcp/1")!;
        Assert.Equal(bare, bare.WithPeer(Peer).WithoutPeer());
        Assert.Equal(bare.WithPeer(Peer), bare.WithPeer(Peer).WithPeer(Peer));
        Assert.Equal($"/p2p/{Peer}", Multiaddr.Parse($"/ipfs/{Peer}")!.ToString());
    }

    [Fact]
    public void Mutated_text_is_an_address_that_its_bytes_give_back_or_none()
    {
        byte[][] samples = [.. VectorFile.Lines("multiaddr.txt").Select(line => Multiaddr.FromBytes(VectorFile.Hex(line.Value))).OfType<Multiaddr>()
            .Select(address => System.Text.Encoding.UTF8.GetBytes(address.ToString()))];
        Seed.Check(LongRun.Cases(100_000, 1_000_000), random =>
        {
            string text = System.Text.Encoding.UTF8.GetString(Mutation.Of(samples[random.Below(samples.Length)], random));
            if (Multiaddr.Parse(text) is { } address) Assert.Equal(address, Multiaddr.FromBytes(address.Bytes.ToArray()));
        });
    }

    [Fact]
    public void Whatever_is_read_from_bytes_prints_to_text_that_reads_the_same()
    {
        byte[][] samples = [.. VectorFile.Lines("multiaddr.txt").Select(line => VectorFile.Hex(line.Value))];
        Seed.Check(LongRun.Cases(100_000, 1_000_000), random =>
        {
            byte[] mutated = Mutation.Of(samples[random.Below(samples.Length)], random);
            if (Multiaddr.FromBytes(mutated) is not { } address) return;
            Assert.Equal(mutated, address.Bytes.ToArray());
            string text = address.ToString();
            // A value may hold a slash only where it is the rest of the address.
            if (Multiaddr.Parse(text) is { } again && !text.Contains("/unix/")) Assert.Equal(text, again.ToString());
            address.TryGetTcp(out _);
            address.TryGetCircuit(out _, out _);
        });
    }
}
