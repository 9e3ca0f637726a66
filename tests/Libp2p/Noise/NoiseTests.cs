using System.Buffers;
using Vault.Libp2p.Noise;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Libp2p.Tests.Noise;

public class NoiseTests
{
    static X25519Key Key(string hex) => X25519Key.FromSecret(VectorFile.Hex(hex));

    [Fact]
    public void The_published_vectors_are_reproduced()
    {
        List<List<(string Name, string Value)>> cases = VectorFile.Blocks("noise-xx.txt");
        Assert.NotEmpty(cases);
        foreach (Dictionary<string, string> vector in cases.Select(block => block.ToDictionary(line => line.Name, line => line.Value)))
        {
            byte[] prologue = VectorFile.Hex(vector.GetValueOrDefault("prologue", ""));
            using HandshakeState initiator = new(true, Key(vector["init_static"]), Key(vector["gen_init_ephemeral"]), prologue);
            using HandshakeState responder = new(false, Key(vector["resp_static"]), Key(vector["gen_resp_ephemeral"]), prologue);
            byte[] buffer = new byte[1024];
            for (int i = 0; i < 3; i++)
            {
                (HandshakeState from, HandshakeState to) = i % 2 == 0 ? (initiator, responder) : (responder, initiator);
                byte[] payload = VectorFile.Hex(vector[$"msg_{i}_payload"]);
                int length = from.WriteMessage(payload, buffer);
                Assert.Equal(vector[$"msg_{i}_ciphertext"], Convert.ToHexStringLower(buffer.AsSpan(0, length)));
                Assert.Equal(payload, to.ReadMessage(buffer.AsSpan(0, length)));
            }
            Assert.Equal(initiator.Hash, responder.Hash);
            (CipherState toResponder, _) = initiator.Split();
            (CipherState toInitiator, _) = responder.Split();
            AssertSeals(vector, 3, toResponder);
            AssertSeals(vector, 4, toInitiator);
        }
    }

    static void AssertSeals(Dictionary<string, string> vector, int message, CipherState cipher)
    {
        byte[] sealedText = [.. VectorFile.Hex(vector[$"msg_{message}_payload"]), .. new byte[CipherState.TagSize]];
        cipher.Encrypt([], sealedText);
        Assert.Equal(vector[$"msg_{message}_ciphertext"], Convert.ToHexStringLower(sealedText));
    }

    [Fact]
    public void A_libp2p_handshake_is_the_vectors_byte_for_byte()
    {
        Dictionary<string, string> vector = VectorFile.Load("noise-libp2p.txt");
        using Ed25519Key dialer = Ed25519Key.FromSeed(VectorFile.Hex(vector["initiator.identity"]));
        using Ed25519Key listener = Ed25519Key.FromSeed(VectorFile.Hex(vector["responder.identity"]));
        using HandshakeState initiator = new(true, Key(vector["initiator.static"]), Key(vector["initiator.ephemeral"]), []);
        using HandshakeState responder = new(false, Key(vector["responder.static"]), Key(vector["responder.ephemeral"]), []);
        using X25519Key dialerStatic = Key(vector["initiator.static"]), listenerStatic = Key(vector["responder.static"]);
        byte[][] payloads = [[], NoisePayload.Encode(listener, listenerStatic.Public, ["/yamux/1.0.0"]), NoisePayload.Encode(dialer, dialerStatic.Public, ["/yamux/1.0.0"])];
        Assert.Equal(vector["responder.payload"], Convert.ToHexStringLower(payloads[1]));
        Assert.Equal(vector["initiator.payload"], Convert.ToHexStringLower(payloads[2]));

        byte[] buffer = new byte[1024];
        for (int i = 0; i < 3; i++)
        {
            (HandshakeState from, HandshakeState to) = i % 2 == 0 ? (initiator, responder) : (responder, initiator);
            int length = from.WriteMessage(payloads[i], buffer);
            Assert.Equal(vector[$"message.{i}"][4..], Convert.ToHexStringLower(buffer.AsSpan(0, length)));
            Assert.Equal(payloads[i], to.ReadMessage(buffer.AsSpan(0, length)));
        }
        Assert.Equal(listener.Public, NoisePayload.Verify(payloads[1], initiator.RemoteStatic).Identity);
        Assert.Equal(dialer.Public, NoisePayload.Verify(payloads[2], responder.RemoteStatic).Identity);

        (CipherState initiatorSends, CipherState initiatorReceives) = initiator.Split();
        (CipherState responderSends, CipherState responderReceives) = responder.Split();
        using NoiseTransport near = new(initiatorSends, initiatorReceives), far = new(responderSends, responderReceives);
        for (int i = 0; vector.TryGetValue($"transport.{i}.plain", out string? plain); i++)
        {
            bool fromInitiator = vector[$"transport.{i}.from"] == "initiator";
            byte[] text = VectorFile.Hex(plain), frame = new byte[text.Length + NoiseTransport.Overhead];
            text.CopyTo(frame, NoiseTransport.PrefixSize);
            Assert.Equal(frame.Length, (fromInitiator ? near : far).Seal(frame, text.Length));
            Assert.Equal(vector[$"transport.{i}.sealed"], Convert.ToHexStringLower(frame));
            ReadOnlySequence<byte> input = new(frame);
            Assert.True((fromInitiator ? far : near).TryOpen(ref input, out ReadOnlySpan<byte> opened));
            Assert.Equal(text, opened.ToArray());
        }
    }

    [Fact]
    public void Peer_ids_are_those_of_other_implementations()
    {
        Dictionary<string, string> vector = VectorFile.Load("peerid.txt");
        for (int i = 0; vector.TryGetValue($"{i}.seed", out string? seed); i++)
        {
            using Ed25519Key key = Ed25519Key.FromSeed(VectorFile.Hex(seed));
            PeerId id = PeerId.From(key.Public);
            Assert.Equal(vector[$"{i}.peerId"], id.ToString());
            Assert.Equal(vector[$"{i}.peerIdBytes"], Convert.ToHexStringLower(id.Bytes));
            Assert.Equal(id, PeerId.Parse(vector[$"{i}.peerIdCidV1Base32"]));
            Assert.Equal(vector[$"{i}.publicKeyProtobuf"], Convert.ToHexStringLower(IdentityKey.Encode(key.Public)));
            Assert.Equal(key.Public, IdentityKey.Decode(VectorFile.Hex(vector[$"{i}.publicKeyProtobuf"])));
        }
    }

    [Fact]
    public void A_payload_proves_its_identity_only_for_the_static_key_it_signed()
    {
        RandomSource random = RandomSource.Seeded(5);
        using Ed25519Key identity = Ed25519Key.Generate(random), other = Ed25519Key.Generate(random);
        using X25519Key key = X25519Key.Generate(random), wrong = X25519Key.Generate(random);
        byte[] payload = NoisePayload.Encode(identity, key.Public, []);
        Assert.Equal(identity.Public, NoisePayload.Verify(payload, key.Public).Identity);
        Assert.Throws<ProtocolException>(() => NoisePayload.Verify(payload, wrong.Public));
        byte[] claimed = [.. payload];
        other.Public.Bytes.CopyTo(claimed.AsSpan(6)); // behind the tags and lengths of both messages
        Assert.Throws<ProtocolException>(() => NoisePayload.Verify(claimed, key.Public));
    }

    [Fact]
    public void A_key_of_small_order_is_refused()
    {
        RandomSource random = RandomSource.Seeded(6);
        using HandshakeState responder = new(false, X25519Key.Generate(random), X25519Key.Generate(random), []);
        responder.ReadMessage(new byte[32]);
        Assert.Throws<ProtocolException>(() => responder.WriteMessage([], new byte[200]));
    }

    [Fact]
    public void Mutated_handshakes_and_payloads_are_refused_never_accepted()
    {
        Dictionary<string, string> vector = VectorFile.Load("noise-libp2p.txt");
        byte[] second = VectorFile.Hex(vector["message.1"])[2..];
        byte[] payload = VectorFile.Hex(vector["responder.payload"]);
        using X25519Key listenerStatic = Key(vector["responder.static"]);
        Seed.Check(LongRun.Cases(2_000, 1_000_000), random =>
        {
            using HandshakeState initiator = new(true, Key(vector["initiator.static"]), Key(vector["initiator.ephemeral"]), []);
            initiator.WriteMessage([], new byte[64]);
            byte[] mutated = Mutation.Of(second, random);
            if (!mutated.AsSpan().SequenceEqual(second)) Assert.Throws<ProtocolException>(() => initiator.ReadMessage(mutated));
        });
        Seed.Check(LongRun.Cases(100_000, 1_000_000), random =>
        {
            byte[] mutated = Mutation.Of(payload, random);
            try
            {
                NoisePayload read = NoisePayload.Verify(mutated, listenerStatic.Public);
                Assert.Equal(vector["responder.payload"][12..76], read.Identity.ToString()); // whoever it is, it signed
            }
            catch (ProtocolException)
            {
                // Forged.
            }
        });
    }

    [Fact]
    public void Frames_that_straddle_segments_are_opened_and_tampering_shows()
    {
        Seed.Check(300, random =>
        {
            (NoiseTransport near, NoiseTransport far) = Transports(random);
            List<byte> wire = [];
            List<byte[]> texts = [];
            for (int i = 0; i < 5; i++)
            {
                byte[] text = random.BytesUpTo(i == 0 ? 70_000 : 300).Take(NoiseTransport.MaxPlaintext).ToArray();
                byte[] frame = new byte[text.Length + NoiseTransport.Overhead];
                text.CopyTo(frame, NoiseTransport.PrefixSize);
                near.Seal(frame, text.Length);
                wire.AddRange(frame);
                texts.Add(text);
            }
            ReadOnlySequence<byte> input = Segments.Of([.. wire], random);
            foreach (byte[] text in texts)
            {
                Assert.True(far.TryOpen(ref input, out ReadOnlySpan<byte> opened));
                Assert.Equal(text, opened.ToArray());
            }
            Assert.True(input.IsEmpty);

            byte[] last = new byte[NoiseTransport.Overhead + 3];
            near.Seal(last, 3);
            last[2 + random.Below(last.Length - 2)] ^= 1;
            ReadOnlySequence<byte> tampered = new(last);
            Assert.Throws<ProtocolException>(() => far.TryOpen(ref tampered, out _));
        });
    }

    static (NoiseTransport Near, NoiseTransport Far) Transports(RandomSource random)
    {
        using HandshakeState initiator = new(true, X25519Key.Generate(random), X25519Key.Generate(random), []);
        using HandshakeState responder = new(false, X25519Key.Generate(random), X25519Key.Generate(random), []);
        byte[] buffer = new byte[200];
        responder.ReadMessage(buffer.AsSpan(0, initiator.WriteMessage([], buffer)));
        initiator.ReadMessage(buffer.AsSpan(0, responder.WriteMessage([], buffer)));
        responder.ReadMessage(buffer.AsSpan(0, initiator.WriteMessage([], buffer)));
        (CipherState send, CipherState receive) = initiator.Split();
        (CipherState sendBack, CipherState receiveBack) = responder.Split();
        return (new NoiseTransport(send, receive), new NoiseTransport(sendBack, receiveBack));
    }
}
