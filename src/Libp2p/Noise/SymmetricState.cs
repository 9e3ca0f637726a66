using System.Security.Cryptography;
using System.Text;

namespace Vault.Libp2p.Noise;

/// <summary>Noise's SymmetricState with SHA-256: the chaining key, the hash of everything said so far, and the current cipher.</summary>
sealed class SymmetricState : IDisposable
{
    const int HashSize = 32;

    readonly byte[] chainingKey = new byte[HashSize];
    readonly byte[] hash = new byte[HashSize];
    CipherState? cipher;

    public SymmetricState(string protocolName)
    {
        byte[] name = Encoding.ASCII.GetBytes(protocolName);
        if (name.Length > HashSize) SHA256.HashData(name, hash);
        else name.CopyTo(hash, 0);
        hash.CopyTo(chainingKey, 0);
    }

    public ReadOnlySpan<byte> Hash => hash;

    /// <summary>Bytes that <see cref="EncryptAndHash"/> adds.</summary>
    public int Overhead => cipher is null ? 0 : CipherState.TagSize;

    public void MixHash(ReadOnlySpan<byte> data)
    {
        using IncrementalHash running = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        running.AppendData(hash);
        running.AppendData(data);
        running.GetHashAndReset(hash);
    }

    public void MixKey(ReadOnlySpan<byte> inputKeyMaterial)
    {
        Span<byte> output = stackalloc byte[2 * HashSize];
        Hkdf(inputKeyMaterial, output);
        output[..HashSize].CopyTo(chainingKey);
        cipher?.Dispose();
        cipher = new CipherState(output[HashSize..]);
        CryptographicOperations.ZeroMemory(output);
    }

    /// <summary>The plaintext is at the start of <paramref name="buffer"/>, which has <see cref="Overhead"/> bytes to spare at its end.</summary>
    public void EncryptAndHash(Span<byte> buffer)
    {
        cipher?.Encrypt(hash, buffer);
        MixHash(buffer);
    }

    public bool TryDecryptAndHash(ReadOnlySpan<byte> message, Span<byte> buffer)
    {
        message.CopyTo(buffer);
        if (cipher is not null && !cipher.TryDecrypt(hash, buffer[..message.Length])) return false;
        MixHash(message);
        return true;
    }

    /// <summary>The two transport ciphers: what the initiator sends under, then what the responder sends under.</summary>
    public (CipherState Initiator, CipherState Responder) Split()
    {
        Span<byte> output = stackalloc byte[2 * HashSize];
        Hkdf([], output);
        (CipherState, CipherState) ciphers = (new(output[..HashSize]), new(output[HashSize..]));
        CryptographicOperations.ZeroMemory(output);
        return ciphers;
    }

    // Extract by hand: OpenSSL's HKDF refuses the empty key material that Split asks for.
    void Hkdf(ReadOnlySpan<byte> inputKeyMaterial, Span<byte> output)
    {
        Span<byte> extracted = stackalloc byte[HashSize];
        HMACSHA256.HashData(chainingKey, inputKeyMaterial, extracted);
        HKDF.Expand(HashAlgorithmName.SHA256, extracted, output, []);
        CryptographicOperations.ZeroMemory(extracted);
    }

    public void Dispose()
    {
        cipher?.Dispose();
        CryptographicOperations.ZeroMemory(chainingKey);
    }
}
