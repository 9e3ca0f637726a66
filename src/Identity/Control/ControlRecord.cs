using Vault.Primitives;

namespace Vault.Identity;

/// <summary>
/// A signed statement about who is in a vault and how it is kept: a body in one canonical form, and the issuer's signature over
/// its hash. Its signature was verified when it was parsed. Whether it counts, only the others tell: <see cref="Membership"/>.
/// Two records with the same body are the same record.
/// </summary>
public sealed class ControlRecord
{
    const byte Version = 1;
    const int HeaderSize = 2 + HybridTime.Size + Ed25519PublicKey.Size + Hash32.Size;
    const int MinSize = HeaderSize + Ed25519PublicKey.SignatureSize;

    readonly ReadOnlyMemory<byte> bytes;

    ControlRecord(VaultId vault, ReadOnlyMemory<byte> bytes, HybridTime time, Ed25519PublicKey issuer, Hash32 authority, ControlStatement statement)
    {
        this.bytes = bytes;
        Vault = vault;
        Time = time;
        Issuer = issuer;
        Authority = authority;
        Statement = statement;
        Content = ContentOf(Body.Span);
        Position = PositionOf(Content);
        LeafDigest = LeafOf(Position, Content);
    }

    public VaultId Vault { get; }

    /// <summary>The issuer's time, as the issuer claims it.</summary>
    public HybridTime Time { get; }

    public Ed25519PublicKey Issuer { get; }

    /// <summary>The content of the certificate that the issuer acts under; zero when the issuer is the vault's root key.</summary>
    public Hash32 Authority { get; }

    public bool IsByRoot => Issuer == Vault.RootKey;

    public ControlStatement Statement { get; }

    public ControlKind Kind => Statement.Kind;

    /// <summary>The hash of the body: what this record is called.</summary>
    public Hash32 Content { get; }

    /// <summary>Where it stands in the catalog: in the half of the control records.</summary>
    public Hash32 Position { get; }

    /// <summary>Its leaf's digest in the catalog.</summary>
    public Hash32 LeafDigest { get; }

    ReadOnlyMemory<byte> Body => bytes[..^Ed25519PublicKey.SignatureSize];

    /// <summary>The record's bytes: body, then signature.</summary>
    public ReadOnlyMemory<byte> Encode() => bytes;

    /// <summary>Null unless the bytes are canonical and what signatures they hold are good. The bytes are kept, not copied.</summary>
    public static ControlRecord? Parse(VaultId vault, ReadOnlyMemory<byte> bytes) =>
        Restore(vault, bytes) is { } record && record.IsSigned ? record : null;

    /// <summary>As <see cref="Parse"/>, of bytes whose signatures were verified before they were stored.</summary>
    public static ControlRecord? Restore(VaultId vault, ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length is < MinSize or > ControlLimits.MaxRecord) return null;
        ByteReader reader = new(bytes.Span[..^Ed25519PublicKey.SignatureSize]);
        byte version = reader.TakeByte();
        ControlKind kind = (ControlKind)reader.TakeByte();
        HybridTime time = reader.TakeTime();
        Ed25519PublicKey issuer = reader.TakeKey();
        Hash32 authority = reader.TakeHash();
        bool byRoot = issuer == vault.RootKey;
        if (version != Version || time == default || time == HybridTime.Never || byRoot != (authority == default)) return null;
        ControlStatement? statement = ControlStatement.Read(kind, ref reader);
        if (statement == null || !reader.AtEnd || (byRoot && !statement.MayBeRoots) || !statement.Suits(issuer, time)) return null;
        if (statement is KeepPage page) statement = page.Over(bytes[HeaderSize..]);
        return new ControlRecord(vault, bytes, time, issuer, authority, statement);
    }

    /// <summary>The caller answers for that the certificate is one of the key's and covers the statement.</summary>
    /// <param name="certificate">Null when the key is the vault's root key.</param>
    public static ControlRecord Sign(VaultId vault, Ed25519Key key, ControlRecord? certificate, HybridTime time, ControlStatement statement)
    {
        ByteWriter writer = new();
        writer.Byte(Version);
        writer.Byte((byte)statement.Kind);
        writer.Time(time);
        writer.Key(key.Public);
        writer.Hash(certificate?.Content ?? default);
        statement.Write(writer);
        writer.Bytes(key.Sign(Signed(vault, ContentOf(writer.Written))));
        return Restore(vault, writer.ToArray()) ?? throw new ArgumentException($"This is no {statement.Kind} that anybody would accept.", nameof(statement));
    }

    /// <summary>Earlier first; of two at one time the smaller leaf.</summary>
    internal static int Compare(ControlRecord left, ControlRecord right)
    {
        int order = left.Time.CompareTo(right.Time);
        return order != 0 ? order : left.LeafDigest.CompareTo(right.LeafDigest);
    }

    bool IsSigned => Issuer.Verify(Signed(Vault, Content), bytes.Span[^Ed25519PublicKey.SignatureSize..])
        && (Statement is not Admission admission || admission.IsProven(Vault));

    static byte[] Signed(VaultId vault, Hash32 content) => [.. KeyLabels.ControlSignature, .. vault.Key.ToArray(), .. content.ToArray()];

    static Hash32 ContentOf(ReadOnlySpan<byte> body)
    {
        using System.Security.Cryptography.IncrementalHash hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        hash.AppendData(KeyLabels.Control);
        hash.AppendData(body);
        return new Hash32(hash.GetHashAndReset());
    }

    static Hash32 PositionOf(Hash32 content)
    {
        Span<byte> position = stackalloc byte[Hash32.Size];
        content.CopyTo(position);
        position[0] &= 0x7F;
        return new Hash32(position);
    }

    static Hash32 LeafOf(Hash32 position, Hash32 content) => Hash32.Of([.. KeyLabels.CatalogLeaf, .. position.ToArray(), .. content.ToArray()]);

    public override string ToString() => $"{Kind} {Content.ToString()[..8]} of {Time}";
}
