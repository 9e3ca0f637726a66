using Vault.Identity;

namespace Vault.Blocks;

/// <summary>
/// Reads files that are one leaf, whole, on the caller's thread: what a stream and its look-ahead would cost more than the
/// content. Safe for use from several threads.
/// </summary>
public sealed class SmallFileReader(BlockStore store, VaultTag vault) : IDisposable
{
    readonly BlockOpener opener = new(store, vault);

    /// <summary>
    /// Null for a file of several blocks: take a <see cref="FileReader"/>. Throws CorruptDataException when the block is missing
    /// or damaged.
    /// </summary>
    public LeafContent? Read(FileRef file) => file.Size > Limits.MaxLeafContent ? null : opener.OpenOnlyLeaf(new Child(file.Root, file.Key, file.Size));

    public void Dispose() => opener.Dispose();
}
