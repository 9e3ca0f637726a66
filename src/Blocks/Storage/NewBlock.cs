namespace Vault.Blocks;

/// <summary>A block on its way into the store. Its memory is borrowed for the length of a call.</summary>
readonly record struct NewBlock(BlockId Id, BlockHeader Header, ReadOnlyMemory<byte> Bytes)
{
    public static NewBlock Of(Block block) => new(block.Id, block.Header, block.Bytes);
}
