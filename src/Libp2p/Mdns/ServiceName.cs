using Vault.Libp2p.Psk;
using Vault.Primitives;

namespace Vault.Libp2p.Mdns;

/// <summary>The names under which peers look for each other, and the one by which a peer is called there.</summary>
static class ServiceName
{
    public static readonly DnsName Common = DnsName.Of("_p2p._udp.local");

    // 36 ^ 40: more than enough to be unique, below a label's 63 bytes, and meaningless as the specification wants it.
    const int PeerNameLength = 40;
    const string Alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>
    /// A private network has a name of its own with a fingerprint of its key. What that is nobody has specified; ours is 64 bits of
    /// a hash made for this purpose, from which the key can't be found.
    /// </summary>
    public static DnsName Of(PreSharedKey? network) => network is null ? Common : DnsName.Of($"_p2p-{network.Fingerprint}._udp.local");

    public static DnsName NewPeer(RandomSource random) =>
        DnsName.Of(string.Create(PeerNameLength, random, static (name, random) =>
        {
            foreach (ref char letter in name) letter = Alphabet[random.Below(Alphabet.Length)];
        }));
}
