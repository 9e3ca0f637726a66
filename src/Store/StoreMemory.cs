using Vault.Store.Native;

namespace Vault.Store;

/// <summary>
/// The one block cache that all databases of a process share, so that their memory has one bound whatever their number. It
/// holds data, index and filter blocks. Dispose it after the databases (an earlier dispose is harmless: they keep it alive).
/// </summary>
public sealed class StoreMemory : IDisposable
{
    /// <summary>Index and filters of some ten million keys, with room for the data that is being read.</summary>
    public const long DefaultCacheBytes = 64L << 20;

    /// <summary>
    /// Four parts, each with its own lock and its own share. RocksDB would make 64 of this size: one index of a large table fills such a
    /// part, is pushed out by the next block that falls into it, and is read again for every key.
    /// </summary>
    const int ShardBits = 2;

    // Not RocksDB's strict mode: there a read fails when the cache is full of blocks in use. Without it the cache exceeds its
    // capacity only by what open cursors and running reads hold, which is a few blocks each.
    readonly NativeHandle cache;
    readonly long cacheBytes;

    public StoreMemory(long cacheBytes = DefaultCacheBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cacheBytes);
        this.cacheBytes = cacheBytes;
        nint options = Rocks.rocksdb_lru_cache_options_create();
        Rocks.rocksdb_lru_cache_options_set_capacity(options, (nuint)cacheBytes);
        Rocks.rocksdb_lru_cache_options_set_num_shard_bits(options, ShardBits);
        cache = new NativeHandle(Rocks.rocksdb_cache_create_lru_opts(options), Rocks.rocksdb_cache_destroy);
        Rocks.rocksdb_lru_cache_options_destroy(options);
    }

    /// <summary>Bytes of blocks in the cache now.</summary>
    public long CachedBytes
    {
        get
        {
            using NativeHandle.Use use = cache.Borrow();
            return (long)Rocks.rocksdb_cache_get_usage(use.Pointer);
        }
    }

    /// <summary>For when nothing is read for a while: what nobody uses at this moment leaves the cache, and its memory goes back to the system. It fills again as it is needed.</summary>
    public void GiveBack()
    {
        using (NativeHandle.Use use = cache.Borrow())
        {
            Rocks.rocksdb_cache_set_capacity(use.Pointer, 0);
            Rocks.rocksdb_cache_set_capacity(use.Pointer, (nuint)cacheBytes);
        }
        Allocator.GiveBack();
    }

    internal NativeHandle Cache => cache;

    public void Dispose() => cache.Dispose();
}
