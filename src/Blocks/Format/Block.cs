using System.Diagnostics.CodeAnalysis;

namespace Vault.Blocks;

/// <summary>
/// A whole block with the id that its bytes have: <c>header ‖ links ‖ sealed body</c>. There is no way to make one but from
/// bytes that were just hashed and whose public form is right, so whatever takes a Block needs to check nothing.
/// The memory belongs to whoever made it; a Block only looks at it.
/// </summary>
public readonly struct Block
{
    Block(BlockId id, BlockHeader header, ReadOnlyMemory<byte> bytes)
    {
        Id = id;
        Header = header;
        Bytes = bytes;
    }

    public BlockId Id { get; }
    public BlockHeader Header { get; }
    public ReadOnlyMemory<byte> Bytes { get; }

    public BlockId Link(int index) => BlockHeader.Link(Bytes.Span, index);

    /// <summary>The one door: caps the size, checks the form, hashes. Bytes that are no block are an answer, not a fault.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, out Block block)
    {
        block = default;
        if (!BlockHeader.TryRead(bytes.Span, out BlockHeader header)) return false;
        block = new Block(BlockId.Of(bytes.Span), header, bytes);
        return true;
    }

    /// <summary>As <see cref="TryParse(ReadOnlyMemory{byte}, out Block)"/>, for bytes that claim to be a certain block.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, BlockId claimed, out Block block) =>
        TryParse(bytes, out block) && block.Id == claimed;
}
