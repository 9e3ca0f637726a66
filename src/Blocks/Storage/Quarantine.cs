using System.Text;
using Vault.Identity;
using Vault.Store;

namespace Vault.Blocks;

/// <summary>A block that was not what its name says, its level as far as it was known, when that was noticed, and how it showed.</summary>
public sealed record DamagedBlock(BlockId Id, int? Level, DateTimeOffset Noticed, string Damage);

/// <summary>The damaged blocks of this machine, until someone brings them whole or nobody needs them any more.</summary>
public sealed class Quarantine
{
    const int LongestText = 200;
    const byte UnknownLevel = 0xFF;

    readonly IDatabase meta;
    readonly TimeProvider time;

    internal Quarantine(IDatabase meta, TimeProvider time)
    {
        this.meta = meta;
        this.time = time;
    }

    /// <summary>Those that were noticed, also those that have been stored anew since: ask the store whether it has them.</summary>
    public IEnumerable<DamagedBlock> Of(VaultTag vault)
    {
        (byte[] from, byte[] to) = StoreKeys.MetaOf(vault);
        using ICursor cursor = meta.Range(StoreKeys.Quarantine, from, to);
        while (cursor.MoveNext())
            if (Decode(new BlockId(cursor.Key[VaultTag.Size..]), cursor.Value) is { } damaged) yield return damaged;
    }

    public DamagedBlock? Find(VaultTag vault, BlockId id) =>
        meta.Get(StoreKeys.Quarantine, StoreKeys.MetaKey(vault, id)) is { } value ? Decode(id, value) : null;

    internal void Add(VaultTag vault, BlockId id, int? level, string damage)
    {
        string text = damage.Length <= LongestText ? damage : damage[..LongestText];
        byte[] value = [.. StoreKeys.TimeValue(time.GetUtcNow()), (byte)(level ?? UnknownLevel), .. Encoding.UTF8.GetBytes(text)];
        meta.Commit(new Batch().Put(StoreKeys.Quarantine, StoreKeys.MetaKey(vault, id), value), Durability.Synced);
    }

    internal void Release(VaultTag vault, BlockId id) =>
        meta.Commit(new Batch().Delete(StoreKeys.Quarantine, StoreKeys.MetaKey(vault, id)), Durability.Synced);

    static DamagedBlock? Decode(BlockId id, ReadOnlySpan<byte> value) => value.Length < 9 ? null
        : new DamagedBlock(id, value[8] == UnknownLevel ? null : value[8], StoreKeys.TimeIn(value[..8]), Encoding.UTF8.GetString(value[9..]));
}
