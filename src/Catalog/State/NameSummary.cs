using System.Text;
using Vault.Blocks;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>What a listing says of a path, without reading its records.</summary>
/// <param name="HasHead">A version of its own; false for a folder that only follows from what lies in it.</param>
/// <param name="HasChildren">Something lies in it.</param>
sealed record NameSummary(
    RecordKind Kind, ushort Mode, long ModifiedNs, long Size, BlockId? Root, bool HasHead, bool HasChildren, bool IsConflict, bool IsDamaged)
{
    const byte HeadFlag = 1, ChildrenFlag = 2, ConflictFlag = 4, DamagedFlag = 8, RootFlag = 16;

    internal static NameSummary Implied { get; } = new(RecordKind.Folder, 0, 0, 0, null, false, true, false, false);

    internal CatalogTotals Share => Kind == RecordKind.Folder ? new CatalogTotals(0, 1, 0) : new CatalogTotals(1, 0, Size);

    internal byte[] Encode(string name)
    {
        int flags = (HasHead ? HeadFlag : 0) | (HasChildren ? ChildrenFlag : 0) | (IsConflict ? ConflictFlag : 0) | (IsDamaged ? DamagedFlag : 0) | (Root is null ? 0 : RootFlag);
        ByteWriter writer = new(96);
        writer.Byte((byte)flags).Byte((byte)Kind).UInt16(Mode).UInt64((ulong)ModifiedNs).UInt64((ulong)Size);
        if (Root is { } root) writer.Hash(root.Hash);
        return writer.Bytes(Encoding.UTF8.GetBytes(name)).ToArray();
    }

    internal static (NameSummary Summary, string Name)? Decode(ReadOnlySpan<byte> bytes)
    {
        ByteReader reader = new(bytes);
        int flags = reader.TakeByte();
        (byte kind, ushort mode, ulong modified, ulong size) = (reader.TakeByte(), reader.TakeUInt16(), reader.TakeUInt64(), reader.TakeUInt64());
        BlockId? root = (flags & RootFlag) != 0 ? new BlockId(reader.TakeHash()) : null;
        if (reader.Failed || reader.Rest.IsEmpty) return null;
        NameSummary summary = new(
            (RecordKind)kind, mode, (long)modified, (long)size, root,
            (flags & HeadFlag) != 0, (flags & ChildrenFlag) != 0, (flags & ConflictFlag) != 0, (flags & DamagedFlag) != 0);
        return (summary, Encoding.UTF8.GetString(reader.Rest));
    }
}
