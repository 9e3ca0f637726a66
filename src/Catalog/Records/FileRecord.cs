using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>
/// One version of one path: a public part by which every member can check, merge and keep it, and a sealed part for readers
/// (<see cref="Entry"/>), signed by the device that wrote it. There is one encoding of each record. The signature stands beside
/// the body and is no part of the leaf: another signature of the same body is no other record.
/// </summary>
public sealed class FileRecord
{
    /// <summary>All before the signature. An entry at all its limits under a full vector takes 14 KiB.</summary>
    public const int MaxBody = 16 << 10;

    public const int MaxSize = MaxBody + Ed25519PublicKey.SignatureSize;

    internal const byte Version = 1;

    /// <summary>The first kind of a control record.</summary>
    internal const byte FirstControlKind = 64;

    // Everything public but the vector: version, kind, position, author, root, epoch.
    const int FixedSize = 2 + Hash32.Size + DeviceId.Size + BlockId.Size + sizeof(uint);

    static ReadOnlySpan<byte> BodyLabel => "vault/v1/record-body"u8;
    static ReadOnlySpan<byte> SignatureLabel => "vault/v1/record-signature"u8;

    readonly ReadOnlyMemory<byte> bytes;
    readonly int publicSize;
    Names? names; // worked out when first asked for: a listing needs none

    sealed record Names(Hash32 Content, Leaf Leaf);

    FileRecord(ReadOnlyMemory<byte> bytes, int publicSize, RecordKind kind, Hash32 position, DeviceId author, VersionVector versions, BlockId? root, uint epoch)
    {
        this.bytes = bytes;
        this.publicSize = publicSize;
        Kind = kind;
        Position = position;
        Author = author;
        Versions = versions;
        Time = versions[author];
        Root = root;
        Epoch = epoch;
    }

    public RecordKind Kind { get; }

    /// <summary>The keyed hash of the path, in the half of the file records.</summary>
    public Hash32 Position { get; }

    public DeviceId Author { get; }

    public VersionVector Versions { get; }

    /// <summary>When it was written, by the author's clock: the author's own part of the vector, and the latest in it.</summary>
    public HybridTime Time { get; }

    /// <summary>The block where a file's content begins; null for all other kinds.</summary>
    public BlockId? Root { get; }

    /// <summary>Under which of the vault's secrets the sealed part lies.</summary>
    public uint Epoch { get; }

    /// <summary>The hash of the body: what the signature and the leaf stand for.</summary>
    public Hash32 Content => Named.Content;

    public Leaf Leaf => Named.Leaf;

    Names Named
    {
        get
        {
            if (Volatile.Read(ref names) is { } known) return known;
            Hash32 content = ContentOf(Body.Span);
            Names worked = new(content, Leaf.Of(Position, content));
            Volatile.Write(ref names, worked);
            return worked;
        }
    }

    internal ReadOnlyMemory<byte> Public => bytes[..publicSize];

    /// <summary>Nonce, ciphertext, tag.</summary>
    internal ReadOnlyMemory<byte> Sealed => Body[publicSize..];

    internal ReadOnlyMemory<byte> Body => bytes[..^Ed25519PublicKey.SignatureSize];

    /// <summary>The record's bytes: body, then signature.</summary>
    public ReadOnlyMemory<byte> Encode() => bytes;

    /// <summary>Whether bytes are those of a record of a path, canonical or not, rather than of a control record.</summary>
    public static bool IsFile(ReadOnlySpan<byte> record) => record is [Version, < FirstControlKind, ..];

    /// <summary>Null unless the bytes are canonical. The signature isn't looked at. The bytes are kept, not copied.</summary>
    public static FileRecord? Parse(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length is > MaxSize or < Ed25519PublicKey.SignatureSize) return null;
        ByteReader reader = new(bytes.Span[..^Ed25519PublicKey.SignatureSize]);
        byte version = reader.TakeByte();
        RecordKind kind = (RecordKind)reader.TakeByte();
        Hash32 position = reader.TakeHash();
        ReadOnlySpan<byte> author = reader.Take(DeviceId.Size);
        if (reader.Failed || version != Version || kind is < RecordKind.File or > RecordKind.Tombstone || position.Prefix64 >> 63 == 0) return null;
        if (VersionVector.Read(ref reader) is not { } versions) return null;
        Hash32 root = reader.TakeHash();
        uint epoch = reader.TakeUInt32();
        if (reader.Failed || (kind == RecordKind.File) != (root != default) || !SealedEntry.IsPossibleSize(reader.Rest.Length)) return null;
        DeviceId device = new(author);
        if (!IsWrittenLast(versions, device)) return null;
        return new FileRecord(
            bytes, FixedSize + versions.EncodedSize, kind, position, device, versions, root == default ? null : new BlockId(root), epoch);
    }

    /// <summary>The signature is the author's: made by this key, which is that of <see cref="Author"/>, for this vault.</summary>
    public bool IsSignedBy(VaultId vault, Ed25519PublicKey key) =>
        DeviceId.Of(key) == Author && key.Verify(SignedBytes(vault, Content), bytes.Span[^Ed25519PublicKey.SignatureSize..]);

    /// <summary>Writes the public part; what is sealed is bound to it.</summary>
    internal static byte[] EncodePublic(RecordKind kind, Hash32 position, DeviceId author, VersionVector versions, BlockId? root, uint epoch)
    {
        if (!IsWrittenLast(versions, author)) throw new ArgumentException("The author's own version is the latest.", nameof(versions));
        if (root.HasValue != (kind == RecordKind.File)) throw new ArgumentException("Files have content, and nothing else has.", nameof(root));
        ByteWriter writer = new(FixedSize + versions.EncodedSize);
        writer.Byte(Version).Byte((byte)kind).Hash(position).Bytes(author.ToArray());
        versions.Write(writer);
        return writer.Hash(root?.Hash ?? default).UInt32(epoch).ToArray();
    }

    /// <summary>Signs a body and puts the signature behind it.</summary>
    internal static byte[] Sign(ReadOnlySpan<byte> body, VaultId vault, Ed25519Key key)
    {
        byte[] record = new byte[body.Length + Ed25519PublicKey.SignatureSize];
        body.CopyTo(record);
        key.Sign(SignedBytes(vault, ContentOf(body)), record.AsSpan(body.Length));
        return record;
    }

    // So that what a version replaces is always older than it, whoever's clock was wrong: the order of times never contradicts
    // the order of causes.
    static bool IsWrittenLast(VersionVector versions, DeviceId author)
    {
        HybridTime own = versions[author];
        if (own == default) return false;
        foreach (ref readonly VersionEntry entry in versions.Entries)
            if (entry.Device != author && entry.Time >= own) return false;
        return true;
    }

    static Hash32 ContentOf(ReadOnlySpan<byte> body)
    {
        Span<byte> input = stackalloc byte[BodyLabel.Length + body.Length];
        BodyLabel.CopyTo(input);
        body.CopyTo(input[BodyLabel.Length..]);
        return Hash32.Of(input);
    }

    static byte[] SignedBytes(VaultId vault, Hash32 content)
    {
        byte[] signed = new byte[SignatureLabel.Length + VaultId.Size + Hash32.Size];
        SignatureLabel.CopyTo(signed);
        vault.Key.CopyTo(signed.AsSpan(SignatureLabel.Length));
        content.CopyTo(signed.AsSpan(SignatureLabel.Length + VaultId.Size));
        return signed;
    }
}
