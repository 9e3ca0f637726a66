using System.Security.Cryptography;
using System.Text;
using Vault.Primitives;

namespace Vault.Identity;

/// <summary>
/// Seals one message to a device's key with a throwaway key: a key is derived from what the two agree on and from both public
/// halves, and used once. Who sealed it, the signature around it must tell.
/// </summary>
static class KeySeal
{
    public const int TagSize = 16;
    static ReadOnlySpan<byte> Nonce => new byte[12]; // the key is new for each message

    /// <summary>False when nothing can be sealed to the recipient: its key isn't a point of the right order.</summary>
    public static bool TrySeal(X25519Key throwaway, Ed25519PublicKey recipient, string label, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> associated, Span<byte> output)
    {
        if (recipient.ToX25519() is not { } point) return false;
        Span<byte> key = stackalloc byte[32];
        if (!TryDerive(throwaway, point, throwaway.Public, point, label, key)) return false;
        using ChaCha20Poly1305 cipher = new(key);
        CryptographicOperations.ZeroMemory(key);
        cipher.Encrypt(Nonce, plain, output[..^TagSize], output[^TagSize..], associated);
        return true;
    }

    /// <summary>False, with the output cleared, when it wasn't sealed so to this device.</summary>
    public static bool TryOpen(Ed25519Key device, Hash32 throwaway, string label, ReadOnlySpan<byte> box, ReadOnlySpan<byte> associated, Span<byte> output)
    {
        using X25519Key own = device.ToX25519();
        Span<byte> key = stackalloc byte[32];
        if (!TryDerive(own, throwaway, throwaway, own.Public, label, key)) return false;
        using ChaCha20Poly1305 cipher = new(key);
        CryptographicOperations.ZeroMemory(key);
        try
        {
            cipher.Decrypt(Nonce, box[..^TagSize], box[^TagSize..], output, associated);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            output.Clear();
            return false;
        }
    }

    static bool TryDerive(X25519Key own, Hash32 peer, Hash32 throwaway, Hash32 recipient, string label, Span<byte> key)
    {
        Span<byte> shared = stackalloc byte[X25519Key.Size];
        if (!own.TryAgree(peer, shared)) return false;
        HKDF.DeriveKey(HashAlgorithmName.SHA256, shared, key, [], [.. Encoding.ASCII.GetBytes(label), .. throwaway.ToArray(), .. recipient.ToArray()]);
        CryptographicOperations.ZeroMemory(shared);
        return true;
    }
}
