using Vault.Primitives;

namespace Vault.Libp2p.Noise;

/// <summary>
/// Noise_XX_25519_ChaChaPoly_SHA256 as a pure machine, in the specification's own words. Both key pairs come from outside, so
/// that published vectors can be replayed; it owns them from then on.
///   -> e      <- e, ee, s, es      -> s, se
/// </summary>
sealed class HandshakeState : IDisposable
{
    public const string ProtocolName = "Noise_XX_25519_ChaChaPoly_SHA256";

    readonly SymmetricState symmetric = new(ProtocolName);
    readonly bool initiator;
    readonly X25519Key s, e;
    Hash32 rs, re;
    int turn;

    public HandshakeState(bool initiator, X25519Key staticKey, X25519Key ephemeralKey, ReadOnlySpan<byte> prologue)
    {
        this.initiator = initiator;
        (s, e) = (staticKey, ephemeralKey);
        symmetric.MixHash(prologue);
    }

    public bool Done => turn == 3;

    /// <summary>The other side's static key; known after its second message.</summary>
    public Hash32 RemoteStatic => rs;

    /// <summary>After the last message: a value that both sides, and nobody else, share. Binds what comes later to this very handshake.</summary>
    public Hash32 Hash => Done ? new Hash32(symmetric.Hash) : throw new InvalidOperationException("The handshake isn't over.");

    bool OurTurn => !Done && initiator == (turn % 2 == 0);

    /// <summary>Writes the next message and returns how long it is.</summary>
    public int WriteMessage(ReadOnlySpan<byte> payload, Span<byte> output)
    {
        if (!OurTurn) throw new InvalidOperationException("It is the other side's turn.");
        int at = 0;
        switch (turn)
        {
            case 0:
                at += WritePublic(e.Public, output);
                break;
            case 1:
                at += WritePublic(e.Public, output);
                MixAgreement(e, re);
                at += WriteSealedPublic(output[at..]);
                MixAgreement(s, re);
                break;
            case 2:
                at += WriteSealedPublic(output[at..]);
                MixAgreement(s, re);
                break;
        }
        Span<byte> body = output.Slice(at, payload.Length + symmetric.Overhead);
        payload.CopyTo(body);
        symmetric.EncryptAndHash(body);
        turn++;
        return at + body.Length;
    }

    /// <summary>Reads the other side's next message and returns its payload; a ProtocolException when it isn't one.</summary>
    public byte[] ReadMessage(ReadOnlySpan<byte> message)
    {
        if (Done || OurTurn) throw new InvalidOperationException("It is our turn.");
        switch (turn)
        {
            case 0:
                re = ReadPublic(ref message);
                break;
            case 1:
                re = ReadPublic(ref message);
                MixAgreement(e, re);
                rs = ReadSealedPublic(ref message);
                MixAgreement(e, rs);
                break;
            case 2:
                rs = ReadSealedPublic(ref message);
                MixAgreement(e, rs);
                break;
        }
        byte[] payload = new byte[message.Length];
        if (message.Length < symmetric.Overhead || !symmetric.TryDecryptAndHash(message, payload)) throw Forged();
        turn++;
        return payload[..(message.Length - symmetric.Overhead)];
    }

    /// <summary>The ciphers of the conversation that follows.</summary>
    public (CipherState Send, CipherState Receive) Split()
    {
        if (!Done) throw new InvalidOperationException("The handshake isn't over.");
        (CipherState ofInitiator, CipherState ofResponder) = symmetric.Split();
        return initiator ? (ofInitiator, ofResponder) : (ofResponder, ofInitiator);
    }

    int WritePublic(Hash32 key, Span<byte> output)
    {
        key.CopyTo(output);
        symmetric.MixHash(output[..Hash32.Size]);
        return Hash32.Size;
    }

    int WriteSealedPublic(Span<byte> output)
    {
        Span<byte> body = output[..(Hash32.Size + symmetric.Overhead)];
        s.Public.CopyTo(body);
        symmetric.EncryptAndHash(body);
        return body.Length;
    }

    Hash32 ReadPublic(ref ReadOnlySpan<byte> message)
    {
        if (message.Length < Hash32.Size) throw Forged();
        symmetric.MixHash(message[..Hash32.Size]);
        Hash32 key = new(message[..Hash32.Size]);
        message = message[Hash32.Size..];
        return key;
    }

    Hash32 ReadSealedPublic(ref ReadOnlySpan<byte> message)
    {
        int size = Hash32.Size + symmetric.Overhead;
        Span<byte> body = stackalloc byte[Hash32.Size + CipherState.TagSize];
        if (message.Length < size || !symmetric.TryDecryptAndHash(message[..size], body)) throw Forged();
        message = message[size..];
        return new Hash32(body[..Hash32.Size]);
    }

    void MixAgreement(X25519Key ours, Hash32 theirs)
    {
        Span<byte> shared = stackalloc byte[X25519Key.Size];
        if (!ours.TryAgree(theirs, shared)) throw new ProtocolException("The peer's X25519 key is of small order.");
        symmetric.MixKey(shared);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(shared);
    }

    static ProtocolException Forged() => new("A Noise handshake message is cut off or forged.");

    public void Dispose()
    {
        symmetric.Dispose();
        s.Dispose();
        e.Dispose();
    }
}
