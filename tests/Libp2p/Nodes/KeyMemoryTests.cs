using System.Buffers;
using Vault.Libp2p.Memory;
using Vault.Libp2p.Multiaddrs;
using Vault.Libp2p.Psk;
using Vault.Libp2p.Upgrade;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Libp2p.Tests.Nodes;

/// <summary>Counts the mappings of the whole process, so nothing else may run beside it.</summary>
[Collection(Alone)]
public sealed class KeyMemoryTests
{
    const string Alone = "counts the mappings of its process";

    [CollectionDefinition(Alone, DisableParallelization = true)]
    public sealed class ByItself;

    /// <summary>Keys lie in guarded memory, of which a process has some ten thousand pieces: whoever could make us forget them could end us.</summary>
    [Theory]
    [InlineData("")]                                     // not even multistream's first proposal
    [InlineData("/not-noise")]
    [InlineData("/noise")]                               // and then nonsense instead of a handshake
    public void Failed_handshakes_leave_no_keys_behind(string proposal) => VirtualRun.Of(async time =>
    {
        if (!OperatingSystem.IsLinux()) return;
        const int tries = 1000;
        PreSharedKey network = TestNode.Network(1);
        Multiaddr place = Multiaddr.Parse("/ip4/10.0.0.1/tcp/1")!;
        RandomSource random = RandomSource.Seeded(5);
        using Ed25519Key key = Ed25519Key.Generate(random);
        Upgrader upgrader = new(key, random, _ => true);
        int before = File.ReadLines("/proc/self/maps").Count();
        for (int i = 0; i < tries; i++)
        {
            // As a listener, of nonsense under a good key; then as a dialer whose listener hangs up.
            (MemoryLink near, MemoryLink far) = MemoryLink.Pair(place, place, new LinkQuality(), time);
            ValueTask<SecuredLink> accepting = upgrader.AcceptAsync(far, [network], default);
            using PskPipe guest = PskPipe.Dial(near, network, random);
            guest.Output.Write("\u0013/multistream/1.0.0\n"u8);
            if (proposal.Length > 0) guest.Output.Write((byte[])[(byte)(proposal.Length + 1), .. System.Text.Encoding.UTF8.GetBytes(proposal), (byte)'\n', 0, 40, .. new byte[40]]);
            await guest.Output.FlushAsync();
            await guest.Output.CompleteAsync();
            await Assert.ThrowsAnyAsync<Exception>(() => accepting.AsTask());
            (MemoryLink dialer, MemoryLink listener) = MemoryLink.Pair(place, place, new LinkQuality(), time);
            ValueTask<SecuredLink> dialing = upgrader.DialAsync(dialer, null, network, default);
            listener.Abort();
            await Assert.ThrowsAnyAsync<Exception>(() => dialing.AsTask());
        }
        int more = File.ReadLines("/proc/self/maps").Count() - before;
        Assert.True(more < tries, $"{more} more mappings after {tries} failures");
    });
}
