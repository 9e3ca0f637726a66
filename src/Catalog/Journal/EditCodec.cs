using Vault.Blocks;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>Edits as the bytes of a journal's entry: docs/formats-catalog.md. They never leave the device.</summary>
static class EditCodec
{
    enum Kind : byte { Put = 1, Remove, Resolve, Move }

    internal static byte[] Encode(IEnumerable<Edit> edits)
    {
        ByteWriter writer = new(4096);
        foreach (Edit edit in edits) Write(writer, edit);
        return writer.ToArray();
    }

    /// <summary>Null for bytes that <see cref="Encode"/> wouldn't produce.</summary>
    internal static List<Edit>? Decode(ReadOnlySpan<byte> bytes)
    {
        ByteReader reader = new(bytes);
        List<Edit> edits = [];
        while (!reader.Failed && !reader.Rest.IsEmpty)
        {
            if (Read(ref reader) is not { } edit) return null;
            edits.Add(edit);
        }
        return reader.Failed ? null : edits;
    }

    static void Write(ByteWriter writer, Edit edit)
    {
        switch (edit)
        {
            case Edit.Put put:
                writer.Byte((byte)Kind.Put);
                WriteBasis(writer, put.Basis);
                WriteContent(writer, put.Entry, put.File, put.Kind);
                break;
            case Edit.Move move:
                writer.Byte((byte)Kind.Move);
                WriteBasis(writer, move.Seen);
                WriteContent(writer, move.Entry, move.File, move.Kind);
                WriteBytes(writer, move.From.ToUtf8());
                break;
            case Edit.Remove remove:
                writer.Byte((byte)Kind.Remove);
                WriteBasis(writer, remove.Basis);
                WriteBytes(writer, remove.Target.ToUtf8());
                break;
            case Edit.Resolve resolve:
                writer.Byte((byte)Kind.Resolve).Hash(resolve.Keep.Position).Hash(resolve.Keep.Digest);
                WriteBytes(writer, resolve.Target.ToUtf8());
                break;
        }
    }

    static Edit? Read(ref ByteReader reader)
    {
        switch ((Kind)reader.TakeByte())
        {
            case Kind.Put:
                VersionVector? basis = ReadBasis(ref reader);
                return ReadContent(ref reader) is var (entry, file, kind) ? new Edit.Put(entry, file, kind, basis) : null;
            case Kind.Move:
                if (ReadBasis(ref reader) is not { } left || ReadContent(ref reader) is not var (moved, content, what)) return null;
                return VaultPath.Parse(ReadBytes(ref reader)) is { } from ? new Edit.Move(moved, content, what, from, left) : null;
            case Kind.Remove:
                VersionVector? seen = ReadBasis(ref reader);
                return VaultPath.Parse(ReadBytes(ref reader)) is { } target ? new Edit.Remove(target, seen) : null;
            case Kind.Resolve:
                Leaf keep = new(reader.TakeHash(), reader.TakeHash());
                return VaultPath.Parse(ReadBytes(ref reader)) is { } path ? new Edit.Resolve(path, keep) : null;
            default:
                return null;
        }
    }

    static void WriteContent(ByteWriter writer, Entry entry, FileRef? file, RecordKind kind)
    {
        writer.Byte((byte)kind).Hash(file?.Root.Hash ?? default);
        WriteBytes(writer, SealedEntry.Encode(kind, entry.With(file)));
    }

    static (Entry Entry, FileRef? File, RecordKind Kind)? ReadContent(ref ByteReader reader)
    {
        RecordKind kind = (RecordKind)reader.TakeByte();
        Hash32 root = reader.TakeHash();
        if (reader.Failed || SealedEntry.Decode(kind, ReadBytes(ref reader)) is not { } entry) return null;
        if ((root != default) != (kind == RecordKind.File)) return null;
        return (entry, root != default && entry.ContentKey is { } key ? new FileRef(new BlockId(root), key, entry.Size) : null, kind);
    }

    // 0: whatever is there when the edit is made. 1: nothing. 2: this vector.
    static void WriteBasis(ByteWriter writer, VersionVector? basis)
    {
        writer.Byte(basis is null ? (byte)0 : basis.Count == 0 ? (byte)1 : (byte)2);
        if (basis is { Count: > 0 }) basis.Write(writer);
    }

    static VersionVector? ReadBasis(ref ByteReader reader)
    {
        switch (reader.TakeByte())
        {
            case 0: return null;
            case 1: return VersionVector.Empty;
            case 2 when VersionVector.Read(ref reader) is { } basis: return basis;
            default:
                reader.Fail();
                return null;
        }
    }

    static void WriteBytes(ByteWriter writer, ReadOnlySpan<byte> bytes) => writer.UInt16((ushort)bytes.Length).Bytes(bytes);

    static ReadOnlySpan<byte> ReadBytes(ref ByteReader reader) => reader.Take(reader.TakeUInt16());
}
