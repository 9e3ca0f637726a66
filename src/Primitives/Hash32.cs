// Primitives: the ground floor. Plain values (hashes, ids, text forms, varints) and the cryptography everything else is
// built from. Nothing here knows of files, vaults, peers or time. The one native library of this project is libsodium
// (Sodium.cs), for what the base class library lacks: Ed25519, X25519, XSalsa20, XChaCha20-Poly1305 and Argon2id.
// HKDF, ChaCha20-Poly1305 and AES-GCM come from the base class library (OpenSSL beneath), SHA-256 and HMAC too, by a shorter way
// (Sha256.cs, HmacSha256.cs).
// Read next: SecretBytes.cs (who owns a secret), then the primitive you came for.

using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Vault.Primitives;

/// <summary>A 32-byte value, compared as bytes. The raw material of every id; wrap it in a type of its own where two kinds could be mixed up.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct Hash32 : IEquatable<Hash32>, IComparable<Hash32>
{
    public const int Size = 32;

    // Four big-endian words, so that comparing words compares bytes.
    readonly ulong a, b, c, d;

    public Hash32(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size) throw new ArgumentException("A Hash32 has exactly 32 bytes.", nameof(bytes));
        a = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        b = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        c = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        d = BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
    }

    // A peer chooses these bytes freely (a link in a block is any 32 bytes), and could aim them all at one bucket of a table.
    // So the hash code is NH, a universal hash, under keys drawn when the process starts.
    static readonly ulong[] hashKeys = DrawHashKeys();

    /// <summary>SHA-256 of <paramref name="data"/>.</summary>
    [SkipLocalsInit]
    public static Hash32 Of(ReadOnlySpan<byte> data)
    {
        Span<byte> digest = stackalloc byte[Size];
        Sha256.Hash(data, digest);
        return new Hash32(digest);
    }

    /// <summary>The first eight bytes as a number: a cheap key where a collision is harmless. Peers can make them collide.</summary>
    public ulong Prefix64 => a;

    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, a);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], b);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], c);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], d);
    }

    public byte[] ToArray()
    {
        byte[] bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    public override string ToString() => Convert.ToHexStringLower(ToArray());

    /// <summary>Reads what <see cref="ToString"/> writes: 64 digits, lower case.</summary>
    public static bool TryParse(ReadOnlySpan<char> hex, out Hash32 value)
    {
        Span<byte> bytes = stackalloc byte[Size];
        value = default;
        if (hex.Length != 2 * Size || hex.ContainsAnyInRange('A', 'F')) return false;
        if (Convert.FromHexString(hex, bytes, out _, out int written) != System.Buffers.OperationStatus.Done || written != Size) return false;
        value = new Hash32(bytes);
        return true;
    }

    public bool Equals(Hash32 other) => a == other.a && b == other.b && c == other.c && d == other.d;
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Hash32 other && Equals(other);

    public override int GetHashCode()
    {
        ulong[] k = hashKeys;
        // The sum of two products of 128 bits, in two words: what touches a UInt128 isn't compiled ahead of time.
        ulong high = Math.BigMul(a + k[0], b + k[1], out ulong low) + Math.BigMul(c + k[2], d + k[3], out ulong otherLow);
        low += otherLow;
        if (low < otherLow) high++;
        return (int)(uint)(low >> 32 ^ high);
    }

    static ulong[] DrawHashKeys()
    {
        ulong[] keys = new ulong[4];
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(keys.AsSpan()));
        return keys;
    }

    public int CompareTo(Hash32 other)
    {
        int order = a.CompareTo(other.a);
        if (order == 0) order = b.CompareTo(other.b);
        if (order == 0) order = c.CompareTo(other.c);
        return order != 0 ? order : d.CompareTo(other.d);
    }

    public static bool operator ==(Hash32 left, Hash32 right) => left.Equals(right);
    public static bool operator !=(Hash32 left, Hash32 right) => !left.Equals(right);
    public static bool operator <(Hash32 left, Hash32 right) => left.CompareTo(right) < 0;
    public static bool operator >(Hash32 left, Hash32 right) => left.CompareTo(right) > 0;
    public static bool operator <=(Hash32 left, Hash32 right) => left.CompareTo(right) <= 0;
    public static bool operator >=(Hash32 left, Hash32 right) => left.CompareTo(right) >= 0;
}
