using Vault.Identity;
using Vault.Primitives;

namespace Vault.Chat;

/// <summary>
/// A header with its signature and, unless it was erased or hasn't come yet, its sealed body. What is made from a stranger's
/// bytes is canonical and hangs together; whether its author signed it is asked with <see cref="IsSignedBy"/>.
/// </summary>
public sealed class SignedMessage
{
    const int SignatureSize = Ed25519PublicKey.SignatureSize;

    static ReadOnlySpan<byte> Label => "vault/v1/chat-signature"u8;

    readonly byte[] header, signature;
    Signer? signer; // whose signature it was found to be

    SignedMessage(MessageHeader parsed, byte[] header, byte[] signature, ReadOnlyMemory<byte>? body)
    {
        Header = parsed;
        this.header = header;
        this.signature = signature;
        Body = body;
        Hash = MessageHeader.HashOf(header);
    }

    public MessageHeader Header { get; }

    public Hash32 Hash { get; }

    public ReadOnlyMemory<byte>? Body { get; }

    public ReadOnlySpan<byte> HeaderBytes => header;

    public FeedHead Head => new(Header.Feed, Header.Sequence, Header.Time, Hash);

    public static SignedMessage Sign(VaultId vault, Ed25519Key device, MessageHeader header, ReadOnlyMemory<byte> body)
    {
        byte[] bytes = header.Encode();
        return new SignedMessage(header, bytes, device.Sign(Signed(vault, MessageHeader.HashOf(bytes))), body);
    }

    /// <summary>Null unless the header is canonical and the body, where there is one, is the one it names.</summary>
    public static SignedMessage? From(ReadOnlySpan<byte> signedHeader, ReadOnlyMemory<byte>? body)
    {
        if (signedHeader.Length <= SignatureSize || MessageHeader.Parse(signedHeader[..^SignatureSize]) is not { } header) return null;
        if (body is { } bytes && (bytes.Length != header.BodySize || Hash32.Of(bytes.Span) != header.Body)) return null;
        return new SignedMessage(header, signedHeader[..^SignatureSize].ToArray(), signedHeader[^SignatureSize..].ToArray(), body);
    }

    sealed record Signer(VaultId Vault, Ed25519PublicKey Device);

    /// <summary>Worked out once: what was found good isn't looked at again, so that it can be done ahead, on another thread.</summary>
    public bool IsSignedBy(VaultId vault, Ed25519PublicKey device)
    {
        Signer asked = new(vault, device);
        if (Volatile.Read(ref signer) == asked) return true;
        if (!device.Verify(Signed(vault, Hash), signature)) return false;
        Volatile.Write(ref signer, asked);
        return true;
    }

    public SignedMessage WithoutBody() => Body is null ? this : new(Header, header, signature, null);

    /// <summary>The header as it is stored and sent: <see cref="From"/> reads it.</summary>
    public byte[] EncodeHeader() => [.. header, .. signature];

    static byte[] Signed(VaultId vault, Hash32 hash) => [.. Label, .. vault.Key.ToArray(), .. hash.ToArray()];
}
