using System.IO.Pipelines;
using Vault.Libp2p.Multistream;
using Vault.Libp2p.Noise;
using Vault.Libp2p.Psk;
using Vault.Primitives;

namespace Vault.Libp2p.Upgrade;

/// <summary>
/// Makes a bare link into a secured one: private network, multistream, Noise, muxer. The dialer sends nonce, proposal and first
/// Noise message in one flight, and its third Noise message with its first Yamux frame, so that the first byte of an application
/// stream leaves after one round trip, the least that Noise XX allows.
/// </summary>
sealed class Upgrader(Ed25519Key identity, RandomSource random, Func<PeerId, bool> admit)
{
    const string NoiseProtocol = "/noise";

    readonly PeerId self = PeerId.From(identity.Public);

    public async ValueTask<SecuredLink> DialAsync(ILink link, PeerId? expected, PreSharedKey? network, CancellationToken cancel)
    {
        PskPipe? psk = network is null ? null : PskPipe.Dial(link, network, random);
        try
        {
            return await DialAsync(link, psk, expected, cancel);
        }
        catch
        {
            // Its keys lie in guarded memory, of which there is not enough for a crowd of failures.
            psk?.Dispose();
            throw;
        }
    }

    async ValueTask<SecuredLink> DialAsync(ILink link, PskPipe? psk, PeerId? expected, CancellationToken cancel)
    {
        IDuplexPipe pipe = psk is null ? link : psk;
        HandshakePipe handshake = new(pipe, cancel);
        X25519Key staticKey = X25519Key.Generate(random);
        using HandshakeState noise = new(initiator: true, staticKey, X25519Key.Generate(random), []);
        Proposer proposer = new([NoiseProtocol]);
        proposer.Start(handshake.Output);
        handshake.WriteNoise(noise, []);
        if (await handshake.ProposeAsync(proposer) is null) throw new ProtocolException("The peer doesn't speak Noise.");

        NoisePayload theirs = NoisePayload.Verify(await handshake.ReadNoiseAsync(noise), noise.RemoteStatic);
        PeerId peer = Check(theirs, expected);
        handshake.WriteNoise(noise, NoisePayload.Encode(identity, staticKey.Public, MuxerNegotiation.Spoken));

        (NoiseTransport transport, ReadOnlyMemory<byte> early) = await AgreeOnMuxerAsync(noise, theirs, transport => MuxerNegotiation.ProposeAsync(pipe, transport, cancel));
        return new SecuredLink(link, pipe, transport, peer, noise.Hash, psk?.Key, Dialed: true, early);
    }

    public async ValueTask<SecuredLink> AcceptAsync(ILink link, IReadOnlyList<PreSharedKey> ring, CancellationToken cancel)
    {
        PskPipe? psk = null;
        if (ring.Count > 0) psk = await PskPipe.AcceptAsync(link, ring, random, cancel) ?? throw new ProtocolException("The dialer is of another network.");
        try
        {
            return await AcceptAsync(link, psk, cancel);
        }
        catch
        {
            psk?.Dispose();
            throw;
        }
    }

    async ValueTask<SecuredLink> AcceptAsync(ILink link, PskPipe? psk, CancellationToken cancel)
    {
        IDuplexPipe pipe = psk is null ? link : psk;
        HandshakePipe handshake = new(pipe, cancel);
        await handshake.ChooseAsync(new Chooser(protocol => protocol == NoiseProtocol, () => [NoiseProtocol]));
        X25519Key staticKey = X25519Key.Generate(random);
        using HandshakeState noise = new(initiator: false, staticKey, X25519Key.Generate(random), []);
        await handshake.ReadNoiseAsync(noise);
        handshake.WriteNoise(noise, NoisePayload.Encode(identity, staticKey.Public, MuxerNegotiation.Spoken));
        NoisePayload theirs = NoisePayload.Verify(await handshake.ReadNoiseAsync(noise), noise.RemoteStatic);
        PeerId peer = Check(theirs, link.RemoteAddress.Peer); // a relay says who comes; a socket doesn't

        (NoiseTransport transport, ReadOnlyMemory<byte> early) = await AgreeOnMuxerAsync(noise, theirs, transport => MuxerNegotiation.ChooseAsync(pipe, transport, cancel));
        return new SecuredLink(link, pipe, transport, peer, noise.Hash, psk?.Key, Dialed: false, early);
    }

    static async ValueTask<(NoiseTransport, ReadOnlyMemory<byte>)> AgreeOnMuxerAsync(
        HandshakeState noise, NoisePayload theirs, Func<NoiseTransport, ValueTask<ReadOnlyMemory<byte>>> negotiate)
    {
        (CipherState send, CipherState receive) = noise.Split();
        NoiseTransport transport = new(send, receive);
        try
        {
            return (transport, MuxerNegotiation.IsEarly(theirs.Muxers) ? default : await negotiate(transport));
        }
        catch
        {
            transport.Dispose();
            throw;
        }
    }

    PeerId Check(NoisePayload theirs, PeerId? expected)
    {
        PeerId peer = PeerId.From(theirs.Identity);
        if (expected is { } wanted && peer != wanted) throw new ProtocolException($"The peer is {peer}, not {wanted}.");
        if (peer == self) throw new ProtocolException("The peer is ourselves.");
        if (!admit(peer)) throw new ProtocolException($"Peer {peer} is not admitted.");
        return peer;
    }
}
