namespace Vault.Blocks;

/// <summary>A block that the vault's current versions need, here or not.</summary>
/// <param name="Info">Null when it isn't here.</param>
/// <param name="Level">0 for a leaf; null for the root of a tree that isn't here, which may be of any.</param>
/// <param name="IsFreed">This device has freed the file that it belongs to.</param>
public readonly record struct NeededBlock(BlockId Id, BlockInfo? Info, int? Level, bool IsFreed);
