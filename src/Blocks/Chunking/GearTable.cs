using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Vault.Blocks;

/// <summary>
/// The 256 numbers that decide where a vault cuts its files, drawn from the vault's read secret: someone who only sees block
/// lengths can't compare them with those of a file he has. (He who can make the vault store files of his choosing, and sees
/// the lengths, can recover the table: docs/security.md.)
/// </summary>
public sealed class GearTable
{
    readonly ulong[] numbers = new ulong[256];

    /// <summary>Format: HKDF-Expand(seed, "vault/v1/gear", 2,048 bytes) as 256 little-endian numbers.</summary>
    public GearTable(ReadOnlySpan<byte> seed)
    {
        byte[] bytes = new byte[256 * 8];
        HKDF.Expand(HashAlgorithmName.SHA256, seed, bytes, "vault/v1/gear"u8);
        for (int i = 0; i < numbers.Length; i++) numbers[i] = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(i * 8));
    }

    public ReadOnlySpan<ulong> Numbers => numbers;
}
