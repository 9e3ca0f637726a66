using System.Buffers.Text;
using System.Security.Cryptography;
using Vault.Primitives;

namespace Vault.Identity;

/// <summary>
/// A pre-shared key that closes a libp2p network to outsiders. It isolates the network and authorises nobody. Read from and
/// written as the file every libp2p knows. Its owner disposes it.
/// </summary>
public sealed class SwarmKey : IDisposable
{
    public const int Size = 32;

    /// <summary>The longest of the three forms, CRLF included, has about a hundred bytes.</summary>
    public const int MaxFileSize = 256;

    const int FingerprintSize = 8;

    static ReadOnlySpan<byte> Magic => "/key/swarm/psk/1.0.0/"u8;

    SwarmKey(SecretBytes secret)
    {
        Secret = secret;
        using SecretBytes fingerprint = secret.Derive(KeyLabels.SwarmFingerprint, FingerprintSize);
        Fingerprint = Convert.ToHexStringLower(fingerprint.Span);
    }

    public SecretBytes Secret { get; }

    /// <summary>Sixteen digits by which people compare keys without showing them.</summary>
    public string Fingerprint { get; }

    public static SwarmKey Generate(RandomSource random) => new(SecretBytes.Random(Size, random));

    public static SwarmKey FromBytes(ReadOnlySpan<byte> key)
    {
        if (key.Length != Size) throw new ArgumentException("A swarm key has exactly 32 bytes.", nameof(key));
        return new SwarmKey(SecretBytes.Copy(key));
    }

    /// <summary>Null for anything that isn't a swarm key file. Takes all three encodings, either line ending, and hex of either case.</summary>
    public static SwarmKey? Parse(ReadOnlySpan<byte> file)
    {
        if (file.Length > MaxFileSize || !TakeLine(ref file).SequenceEqual(Magic)) return null;
        ReadOnlySpan<byte> encoding = TakeLine(ref file);
        Span<byte> key = stackalloc byte[Size];
        try
        {
            bool good = encoding.SequenceEqual("/bin/"u8) ? TakeBinary(file, key)
                : encoding.SequenceEqual("/base16/"u8) ? TakeBase16(file, key)
                : encoding.SequenceEqual("/base64/"u8) && TakeBase64(file, key);
            return good ? new SwarmKey(SecretBytes.Copy(key)) : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>The file, in the encoding that every libp2p reads.</summary>
    public string ToFileText() => $"/key/swarm/psk/1.0.0/\n/base16/\n{Convert.ToHexStringLower(Secret.Span)}\n";

    // Raw bytes may contain line ends, so only what follows the 32nd can be one.
    static bool TakeBinary(ReadOnlySpan<byte> file, Span<byte> key)
    {
        if (file.Length < Size || !IsEnd(file[Size..])) return false;
        file[..Size].CopyTo(key);
        return true;
    }

    static bool TakeBase16(ReadOnlySpan<byte> file, Span<byte> key)
    {
        ReadOnlySpan<byte> line = TakeLine(ref file);
        return file.IsEmpty && line.Length == 2 * Size && Convert.FromHexString(line, key, out _, out _) == System.Buffers.OperationStatus.Done;
    }

    static bool TakeBase64(ReadOnlySpan<byte> file, Span<byte> key)
    {
        ReadOnlySpan<byte> line = TakeLine(ref file);
        return file.IsEmpty && line.Length == Base64.GetMaxEncodedToUtf8Length(Size)
            && Base64.DecodeFromUtf8(line, key, out _, out int written) == System.Buffers.OperationStatus.Done && written == Size;
    }

    static bool IsEnd(ReadOnlySpan<byte> rest) => rest.IsEmpty || rest.SequenceEqual("\n"u8) || rest.SequenceEqual("\r\n"u8);

    static ReadOnlySpan<byte> TakeLine(ref ReadOnlySpan<byte> file)
    {
        int end = file.IndexOf((byte)'\n');
        ReadOnlySpan<byte> line = end < 0 ? file : file[..end];
        file = end < 0 ? default : file[(end + 1)..];
        return line.EndsWith("\r"u8) ? line[..^1] : line;
    }

    public void Dispose() => Secret.Dispose();
}
