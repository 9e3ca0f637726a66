using System.Text;
using Vault.Identity;
using Vault.Store;

namespace Vault.Blocks;

/// <summary>A block that was not what its name says, when that was noticed, and how it showed.</summary>
public sealed record DamagedBlock(BlockId Id, DateTimeOffset Noticed, string Damage);

/// <summary>The damaged blocks of this machine, until someone brings them whole or nobody needs them any more.</summary>
public sealed class Quarantine
{
    const int LongestText = 200;

    readonly IDatabase meta;
    readonly TimeProvider time;

    internal Quarantine(IDatabase meta, TimeProvider time)
    {
        this.meta = meta;
        this.time = time;
    }

    public IEnumerable<DamagedBlock> Of(VaultTag vault)
    {
        (byte[] from, byte[] to) = StoreKeys.MetaOf(vault);
        using ICursor cursor = meta.Range(StoreKeys.Quarantine, from, to);
        while (cursor.MoveNext())
            yield return new DamagedBlock(new BlockId(cursor.Key[VaultTag.Size..]), StoreKeys.TimeIn(cursor.Value[..8]), Encoding.UTF8.GetString(cursor.Value[8..]));
    }

    public bool Contains(VaultTag vault, BlockId id) => meta.Get(StoreKeys.Quarantine, StoreKeys.MetaKey(vault, id)) != null;

    internal void Add(VaultTag vault, BlockId id, string damage)
    {
        string text = damage.Length <= LongestText ? damage : damage[..LongestText];
        byte[] value = [.. StoreKeys.TimeValue(time.GetUtcNow()), .. Encoding.UTF8.GetBytes(text)];
        meta.Commit(new Batch().Put(StoreKeys.Quarantine, StoreKeys.MetaKey(vault, id), value), Durability.Synced);
    }

    internal void Release(VaultTag vault, BlockId id) =>
        meta.Commit(new Batch().Delete(StoreKeys.Quarantine, StoreKeys.MetaKey(vault, id)), Durability.Synced);
}
