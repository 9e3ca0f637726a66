using Vault.Store;

namespace Vault.Blocks;

/// <summary>A block in the store's own memory, checked when it was read. Its borrower disposes it.</summary>
public sealed class StoredBlock(StoredValue value, BlockHeader header) : IDisposable
{
    public BlockHeader Header => header;
    public ReadOnlySpan<byte> Bytes => value.Span;
    public BlockId Link(int index) => BlockHeader.Link(value.Span, index);
    public void Dispose() => value.Dispose();
}
