using System.Diagnostics.CodeAnalysis;

namespace Vault.Primitives;

/// <summary>
/// A libp2p peer id: a multihash of the peer's public key. Ours are Ed25519 keys, small enough that the id contains the key
/// itself; ids of other kinds of key (a SHA-256 multihash) are carried and compared but tell no key.
/// </summary>
public readonly struct PeerId : IEquatable<PeerId>, IComparable<PeerId>
{
    /// <summary>Identity multihash (00 24) of the public key's protobuf (08 01 12 20 + key).</summary>
    static ReadOnlySpan<byte> Ed25519Prefix => [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];
    static ReadOnlySpan<byte> Sha256Prefix => [0x12, 0x20];
    const int MaxInlineKey = 42;

    readonly byte[]? bytes;

    PeerId(byte[] bytes) => this.bytes = bytes;

    public static PeerId From(Ed25519PublicKey key) => new([.. Ed25519Prefix, .. key.Bytes.ToArray()]);

    /// <summary>The multihash as it stands on the wire.</summary>
    public ReadOnlySpan<byte> Bytes => bytes ?? throw new InvalidOperationException("An unset PeerId has no bytes.");

    public bool IsSet => bytes != null;

    /// <summary>The key inside the id; null for an id that only hashes its key.</summary>
    public Ed25519PublicKey? Key => Bytes.StartsWith(Ed25519Prefix) && Bytes.Length == 38 ? new Ed25519PublicKey(Bytes[6..]) : null;

    public static PeerId? FromBytes(ReadOnlySpan<byte> multihash)
    {
        bool inline = multihash.Length is > 2 and <= MaxInlineKey + 2 && multihash[0] == 0 && multihash[1] == multihash.Length - 2;
        bool hashed = multihash.Length == 34 && multihash.StartsWith(Sha256Prefix);
        return inline || hashed ? new PeerId(multihash.ToArray()) : null;
    }

    /// <summary>Reads base58btc (12D3Koo…, Qm…) and CIDv1 in base32 (bafz…).</summary>
    public static PeerId? Parse(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > Base58.MaxTextLength) return null;
        if (text[0] == 'b' && Base32.Decode(text[1..]) is { } cid) return cid is [0x01, 0x72, ..] ? FromBytes(cid.AsSpan(2)) : null;
        return Base58.Decode(text) is { } multihash ? FromBytes(multihash) : null;
    }

    public override string ToString() => bytes is null ? "(none)" : Base58.Encode(bytes);

    public bool Equals(PeerId other) => bytes.AsSpan().SequenceEqual(other.bytes);
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is PeerId other && Equals(other);
    public int CompareTo(PeerId other) => bytes.AsSpan().SequenceCompareTo(other.bytes);

    public override int GetHashCode()
    {
        HashCode hash = new();
        hash.AddBytes(bytes);
        return hash.ToHashCode();
    }

    public static bool operator ==(PeerId left, PeerId right) => left.Equals(right);
    public static bool operator !=(PeerId left, PeerId right) => !left.Equals(right);
}
