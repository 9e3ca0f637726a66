using System.Security.Cryptography;
using System.Text;
using Vault.Primitives;

namespace Vault.Libp2p.Psk;

/// <summary>The 32-byte key of a private network. Whoever lacks it can't read or write a single meaningful byte on a connection.</summary>
public sealed class PreSharedKey : IDisposable
{
    public const int Size = XSalsa20.KeySize;
    const string Header = "/key/swarm/psk/1.0.0/";

    readonly SecretBytes secret;

    PreSharedKey(SecretBytes secret)
    {
        this.secret = secret;
        Fingerprint = Hash32.Of([.. "vault libp2p psk fingerprint\n"u8, .. secret.Span]).ToString()[..16];
    }

    /// <summary>Tells keys apart in logs and settings; says nothing useful about the key.</summary>
    public string Fingerprint { get; }

    public static PreSharedKey FromBytes(ReadOnlySpan<byte> key)
    {
        if (key.Length != Size) throw new ArgumentException("A pre-shared key has exactly 32 bytes.", nameof(key));
        return new PreSharedKey(SecretBytes.Copy(key));
    }

    public static PreSharedKey Generate(RandomSource random) => new(SecretBytes.Random(Size, random));

    /// <summary>Reads the swarm key file that all libp2p implementations share; null for anything else. LF or CRLF, /base16/ or /base64/.</summary>
    public static PreSharedKey? Parse(string text)
    {
        string[] lines = text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
        if (lines is not [Header, var encoding, var body]) return null;
        byte[] bytes = new byte[Size + 1]; // one more, so that a longer key can't pass for its first 32 bytes
        int length;
        switch (encoding.Trim())
        {
            case "/base16/":
                if (Convert.FromHexString(body.Trim(), bytes, out _, out length) != System.Buffers.OperationStatus.Done) return null;
                break;
            case "/base64/":
                if (!Convert.TryFromBase64String(body.Trim(), bytes, out length)) return null;
                break;
            default: return null;
        }
        PreSharedKey? key = length == Size ? FromBytes(bytes.AsSpan(0, Size)) : null;
        CryptographicOperations.ZeroMemory(bytes);
        return key;
    }

    /// <summary>The text of a swarm key file. It is the secret: whoever reads it can join the network.</summary>
    public string ToFile() => new StringBuilder().Append(Header).Append("\n/base16/\n").Append(Convert.ToHexStringLower(secret.Span)).Append('\n').ToString();

    internal XSalsa20 Cipher(ReadOnlySpan<byte> nonce) => new(secret.Span, nonce);

    public void Dispose() => secret.Dispose();
}
