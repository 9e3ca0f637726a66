using System.IO.Pipelines;
using Vault.Libp2p.Noise;
using Vault.Libp2p.Psk;
using Vault.Primitives;

namespace Vault.Libp2p.Upgrade;

/// <summary>A link after its handshakes: who is at the other end, and what the muxer needs to begin.</summary>
/// <param name="Pipe">The link, or the private network's pipe around it.</param>
/// <param name="ChannelBinding">The Noise handshake hash: the same on both sides, different for every connection.</param>
/// <param name="Early">Plaintext of the muxer that arrived with the last handshake message.</param>
sealed record SecuredLink(
    ILink Link, IDuplexPipe Pipe, NoiseTransport Noise, PeerId Peer, Hash32 ChannelBinding, PreSharedKey? Network, bool Dialed, ReadOnlyMemory<byte> Early)
{
    /// <summary>Frees the keys of a link that nobody takes over. The link itself is its owner's.</summary>
    public void Discard()
    {
        (Pipe as IDisposable)?.Dispose();
        Noise.Dispose();
    }
}
