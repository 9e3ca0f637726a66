using System.Buffers.Binary;
using System.Security.Cryptography;
using Vault.Primitives;

namespace Vault.Identity;

/// <summary>What a key file holds; part of its header, so that one kind can't pass for another.</summary>
enum KeyFileKind : byte
{
    Device = 1,
    Vaults = 2,
    Recovery = 3,
    Swarms = 4,
}

/// <summary>
/// The one form in which secrets are written down: a header, the payload in the clear or sealed under a passphrase, and a
/// SHA-256 of all that. The checksum is no protection; it tells a damaged file from a wrong passphrase. Bytes: docs/formats.md.
/// </summary>
static class KeyFile
{
    const byte Version = 1;
    const byte Clear = 0, UnderPassphrase = 1;
    const int HeaderSize = 11; // magic, version, kind, protection
    const int NonceSize = XChaCha20Poly1305.NonceSize, TagSize = XChaCha20Poly1305.TagSize;
    const int SealingSize = 4 + 4 + Argon2id.SaltSize + NonceSize;
    const int ChecksumSize = 32;

    /// <summary>Every vault and epoch that the limits allow fits in five.</summary>
    public const int MaxSize = 8 * 1024 * 1024;

    static ReadOnlySpan<byte> Magic => "vaultkey"u8;

    public static byte[] Encode(KeyFileKind kind, ReadOnlySpan<byte> payload)
    {
        byte[] file = new byte[HeaderSize + payload.Length + ChecksumSize];
        WriteHeader(file, kind, Clear);
        payload.CopyTo(file.AsSpan(HeaderSize));
        WriteChecksum(file);
        return file;
    }

    public static byte[] Seal(KeyFileKind kind, ReadOnlySpan<byte> payload, SecretBytes passphrase, KeyStretch stretch, RandomSource random)
    {
        if (!stretch.IsAcceptable) throw new ArgumentException("Nobody would open a file of that cost again.", nameof(stretch));
        byte[] file = new byte[HeaderSize + SealingSize + payload.Length + TagSize + ChecksumSize];
        WriteHeader(file, kind, UnderPassphrase);
        Span<byte> sealing = file.AsSpan(HeaderSize, SealingSize);
        BinaryPrimitives.WriteInt32BigEndian(sealing, stretch.Passes);
        BinaryPrimitives.WriteInt32BigEndian(sealing[4..], stretch.MemoryKiB);
        Span<byte> salt = sealing.Slice(8, Argon2id.SaltSize), nonce = sealing[^NonceSize..];
        random.Fill(salt);
        random.Fill(nonce);
        using SecretBytes key = stretch.Derive(passphrase, salt);
        int start = HeaderSize + SealingSize;
        XChaCha20Poly1305.Encrypt(key.Span, nonce, payload, associated: file.AsSpan(0, start), file.AsSpan(start..^ChecksumSize));
        WriteChecksum(file);
        return file;
    }

    /// <summary>The payload. Every way in which that can fail is the user's to know: <see cref="ConfigException"/>, speaking of <paramref name="name"/>.</summary>
    public static SecretBytes Open(KeyFileKind kind, ReadOnlySpan<byte> file, SecretBytes? passphrase, string name)
    {
        if (!file.StartsWith(Magic)) throw new ConfigException($"{name} is not a key file", "nothing was changed; restore it, or move it away");
        if (file.Length < HeaderSize + ChecksumSize || !SHA256.HashData(file[..^ChecksumSize]).AsSpan().SequenceEqual(file[^ChecksumSize..]))
            throw Damaged(name);
        if (file[8] != Version) throw new ConfigException($"{name} was written by a newer version", "upgrade vault");
        if (file[9] != (byte)kind) throw new ConfigException($"{name} is a key file of another kind", "nothing was changed; look whether files were swapped");
        ReadOnlySpan<byte> body = file[HeaderSize..^ChecksumSize];
        return file[10] switch
        {
            Clear when body.Length > 0 => SecretBytes.Copy(body),
            UnderPassphrase when body.Length > SealingSize + TagSize => Unseal(file, passphrase, name),
            _ => throw Damaged(name),
        };
    }

    public static bool IsSealed(ReadOnlySpan<byte> file) => file.Length > HeaderSize && file[10] == UnderPassphrase;

    public static ConfigException Damaged(string name) =>
        new($"{name} is damaged", "nothing was changed; restore it from a copy or from a recovery file");

    static SecretBytes Unseal(ReadOnlySpan<byte> file, SecretBytes? passphrase, string name)
    {
        if (passphrase == null) throw new ConfigException($"{name} is sealed under a passphrase", "give the passphrase");
        const int start = HeaderSize + SealingSize;
        ReadOnlySpan<byte> sealing = file[HeaderSize..start], body = file[start..^ChecksumSize];
        KeyStretch stretch = new(BinaryPrimitives.ReadInt32BigEndian(sealing), BinaryPrimitives.ReadInt32BigEndian(sealing[4..]));
        if (!stretch.IsAcceptable) throw new ConfigException($"{name} demands more than opening it may cost", "it wasn't written by vault");
        using SecretBytes key = stretch.Derive(passphrase, sealing.Slice(8, Argon2id.SaltSize));
        byte[] payload = GC.AllocateArray<byte>(body.Length - TagSize, pinned: true);
        try
        {
            if (!XChaCha20Poly1305.TryDecrypt(key.Span, sealing[^NonceSize..], body, associated: file[..start], payload))
                throw new ConfigException($"wrong passphrase for {name}", "nothing was changed; try again");
            return SecretBytes.Copy(payload);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(payload);
        }
    }

    static void WriteHeader(Span<byte> file, KeyFileKind kind, byte protection)
    {
        Magic.CopyTo(file);
        file[8] = Version;
        file[9] = (byte)kind;
        file[10] = protection;
    }

    static void WriteChecksum(Span<byte> file) => SHA256.HashData(file[..^ChecksumSize], file[^ChecksumSize..]);
}
