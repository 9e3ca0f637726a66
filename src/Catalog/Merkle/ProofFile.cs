using System.Text;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>What a proof file turned out to be worth.</summary>
public enum ProofVerdict
{
    /// <summary>It doesn't lead to the root: it is of another root, or was changed.</summary>
    Nothing,

    /// <summary>The root holds the record in the file.</summary>
    Present,

    /// <summary>The root holds nothing at the position in the file.</summary>
    Absent,
}

/// <summary>
/// A proof with all that is needed to check it against a root, in one file to hand on. What it proves is about a position and,
/// where there is one, a record with a root block, an author and a time. The path is only what the file says: that it belongs
/// to the position can be checked by those who can read the vault, and by nobody else. Bytes: docs/formats-catalog.md.
/// </summary>
/// <param name="Record">Null in a proof of absence.</param>
public sealed record ProofFile(VaultId Vault, string Path, Hash32 Position, TreeProof Proof, FileRecord? Record)
{
    /// <summary>The longest path, proof and record together, and their lengths.</summary>
    public const int MaxSize = 64 << 10;

    const byte Version = 1;

    static ReadOnlySpan<byte> Magic => "vaultproof"u8;

    public ProofVerdict Check(Hash32 root)
    {
        if (Record is null) return Proof.ShowsAbsence(Vault, root, Position) ? ProofVerdict.Absent : ProofVerdict.Nothing;
        return Record.Position == Position && Proof.ShowsPresence(Vault, root, Position, Record.Content) ? ProofVerdict.Present : ProofVerdict.Nothing;
    }

    public byte[] Encode()
    {
        byte[] path = Encoding.UTF8.GetBytes(Path), proof = Proof.Encode();
        ReadOnlySpan<byte> record = Record is null ? default : Record.Encode().Span;
        return new ByteWriter(MaxSize).Bytes(Magic).Byte(Version).Hash(Vault.Key).Hash(Position)
            .UInt16((ushort)path.Length).Bytes(path).UInt16((ushort)proof.Length).Bytes(proof).UInt16((ushort)record.Length).Bytes(record).ToArray();
    }

    /// <summary>Null for bytes that <see cref="Encode"/> wouldn't produce.</summary>
    public static ProofFile? Decode(ReadOnlyMemory<byte> bytes)
    {
        ByteReader reader = new(bytes.Span);
        if (bytes.Length > MaxSize || !reader.Take(Magic.Length).SequenceEqual(Magic) || reader.TakeByte() != Version) return null;
        Hash32 vault = reader.TakeHash(), position = reader.TakeHash();
        ReadOnlySpan<byte> path = reader.Take(reader.TakeUInt16()), proof = reader.Take(reader.TakeUInt16());
        int record = reader.TakeUInt16();
        if (reader.Failed || reader.Rest.Length != record) return null;
        if (VaultPath.Parse(path) is not { } named || !TreeProof.TryDecode(proof, out TreeProof? tree)) return null;
        FileRecord? shown = record == 0 ? null : FileRecord.Parse(bytes[^record..]);
        return record > 0 && shown is null ? null : new ProofFile(new VaultId(vault), named.Text, position, tree, shown);
    }
}
