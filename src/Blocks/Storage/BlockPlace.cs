using Vault.Identity;

namespace Vault.Blocks;

/// <summary>A block in a vault, as the key of its bytes says.</summary>
readonly record struct BlockPlace(VaultTag Vault, BlockId Id)
{
    public static bool TryRead(ReadOnlySpan<byte> key, out BlockPlace place)
    {
        place = default;
        if (key.Length != StoreKeys.BlockKeySize || key[0] != StoreKeys.BytesOf) return false;
        place = new BlockPlace(new VaultTag(key.Slice(1, VaultTag.Size)), StoreKeys.IdIn(key));
        return true;
    }
}
