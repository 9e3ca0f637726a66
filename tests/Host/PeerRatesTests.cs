using Vault.Primitives;
using Xunit;

namespace Vault.Host.Tests;

public sealed class PeerRatesTests
{
    static PeerId Peer(ulong seed) => PeerId.From(Ed25519Key.Generate(RandomSource.Seeded(seed)).Public);

    [Fact]
    public void A_steady_stream_shows_its_rate_and_an_end_shows_too()
    {
        PeerRates rates = new();
        PeerId peer = Peer(1), other = Peer(2);
        Assert.Equal((0, 0), rates.Of(peer));
        for (int i = 0; i <= 20; i++) rates.Look([(peer, i * 2_000_000L, i * 2_000L), (other, 5, 5)], TimeSpan.FromSeconds(2 * i));
        Assert.InRange(rates.Of(peer).InPerSecond, 999_000, 1_000_000);
        Assert.InRange(rates.Of(peer).OutPerSecond, 990, 1_000);
        Assert.Equal((0, 0), rates.Of(other));
        for (int i = 21; i <= 45; i++) rates.Look([(peer, 40_000_000, 40_000)], TimeSpan.FromSeconds(2 * i));
        Assert.Equal((0, 0), rates.Of(peer));
    }

    [Fact]
    public void A_connection_that_is_new_or_begins_to_count_anew_has_no_rate_yet()
    {
        PeerRates rates = new();
        PeerId peer = Peer(1);
        rates.Look([(peer, 1_000_000_000, 0)], TimeSpan.FromSeconds(2));
        Assert.Equal((0, 0), rates.Of(peer));
        rates.Look([(peer, 100, 100)], TimeSpan.FromSeconds(4));
        Assert.Equal((0, 0), rates.Of(peer));
        rates.Look([], TimeSpan.FromSeconds(6));
        Assert.Equal((0, 0), rates.Of(peer));
    }
}
