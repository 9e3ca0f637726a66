using Vault.Store.Native;

namespace Vault.Store;

/// <summary>Turns <see cref="DatabaseOptions"/> into RocksDB's options: every choice this project made, with its reason.</summary>
static class OpeningSettings
{
    internal const int TolerateTornTail = 0, StopAtDamage = 2; // WALRecoveryMode of rocksdb/options.h
    const int NoCompression = 0;
    const int HeadersOnly = 5; // InfoLogLevel
    const int TwoLevels = 2; // IndexType of rocksdb/table.h

    /// <summary>One handle for the database's and the families' options; RocksDB copies them when it opens.</summary>
    internal static NativeHandle Create(DatabaseOptions wanted, int recovery, int familyCount)
    {
        nint options = Rocks.rocksdb_options_create();
        NativeHandle handle = new(options, Rocks.rocksdb_options_destroy);
        Safety(options, recovery, familyCount);
        Sizes(options, wanted);
        Blobs(options, wanted.Blobs);
        Table(options, wanted.Memory);
        Quiet(options);
        return handle;
    }

    static void Safety(nint options, int recovery, int familyCount)
    {
        Rocks.rocksdb_options_set_create_if_missing(options, 1);
        Rocks.rocksdb_options_set_create_missing_column_families(options, 1);
        Rocks.rocksdb_options_set_paranoid_checks(options, 1); // damage is an error at once, not a surprise later
        Rocks.rocksdb_options_set_wal_recovery_mode(options, recovery);
        // All families flush together: otherwise, after a damaged log, one family can be ahead of it and RocksDB refuses to
        // open for ever ("SST file is ahead of WALs").
        if (familyCount > 1) Rocks.rocksdb_options_set_atomic_flush(options, 1);
    }

    static void Sizes(nint options, DatabaseOptions wanted)
    {
        Rocks.rocksdb_options_set_write_buffer_size(options, (nuint)wanted.WriteBufferBytes);
        Rocks.rocksdb_options_set_max_write_buffer_number(options, wanted.WriteBufferCount);
        Rocks.rocksdb_options_set_max_total_wal_size(options, (ulong)wanted.LogBytes);
        // A filter over what is not flushed yet: asking for what isn't there, as every new block does, is mostly asking for it there.
        Rocks.rocksdb_options_set_memtable_whole_key_filtering(options, 1);
        Rocks.rocksdb_options_set_memtable_prefix_bloom_size_ratio(options, 0.05);
        if (wanted.PrefixBytes > 0) Rocks.rocksdb_options_set_prefix_extractor(options, Rocks.rocksdb_slicetransform_create_fixed_prefix((nuint)wanted.PrefixBytes));
        Rocks.rocksdb_options_set_max_open_files(options, wanted.OpenFiles);
        // RocksDB starts as many threads for each family at every opening, to look at its first tables: with ten families and few
        // tables that is most of what a small command costs.
        Rocks.rocksdb_options_set_max_file_opening_threads(options, 1);
        Rocks.rocksdb_options_set_max_background_jobs(options, 2); // one flush and one compaction: a guest on the user's machine
        Rocks.rocksdb_options_set_compression(options, NoCompression); // what is stored is encrypted
        Rocks.rocksdb_options_set_level_compaction_dynamic_level_bytes(options, 1); // keeps dead data near a tenth of the live
        // Start writing back early and steadily, so that a sync never meets gigabytes of dirty pages.
        Rocks.rocksdb_options_set_bytes_per_sync(options, 1 << 20);
        Rocks.rocksdb_options_set_wal_bytes_per_sync(options, 1 << 20);
        Rocks.rocksdb_options_set_avoid_unnecessary_blocking_io(options, 1); // deleting files is left to background threads
        Rocks.rocksdb_options_set_max_manifest_file_size(options, 4 << 20); // replayed at each start; the default is 1 GiB
        if (wanted.BackgroundBytesPerSecond <= 0) return;
        // 100 ms and fairness 10 are RocksDB's own defaults.
        nint limiter = Rocks.rocksdb_ratelimiter_create(wanted.BackgroundBytesPerSecond, 100_000, 10);
        Rocks.rocksdb_options_set_ratelimiter(options, limiter);
        Rocks.rocksdb_ratelimiter_destroy(limiter); // the options hold their own reference
    }

    static void Blobs(nint options, BlobOptions? blobs)
    {
        if (blobs is null) return;
        Rocks.rocksdb_options_set_enable_blob_files(options, 1);
        Rocks.rocksdb_options_set_min_blob_size(options, (ulong)blobs.MinBytes);
        Rocks.rocksdb_options_set_blob_file_size(options, (ulong)blobs.FileBytes);
        Rocks.rocksdb_options_set_blob_compression_type(options, NoCompression);
        // RocksDB's own collection of blobs stays off: it moves every live blob it meets, so giving space back would cost
        // reading and writing the whole store, and need as much room again. What it counts as garbage it still deletes once a
        // file holds nothing else; who wants the space of a file that is partly alive puts its live values again.
        Rocks.rocksdb_options_set_enable_blob_gc(options, 0);
    }

    static void Table(nint options, StoreMemory memory)
    {
        nint table = Rocks.rocksdb_block_based_options_create();
        using (NativeHandle.Use cache = memory.Cache.Borrow()) Rocks.rocksdb_block_based_options_set_block_cache(table, cache.Pointer);
        // Index and filters in the cache, so that its capacity bounds them too; before data, or a scan would push them out.
        Rocks.rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1);
        Rocks.rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(table, 1);
        Rocks.rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(table, 1);
        // In parts of a block's size: of a table with a million keys each would be one piece of a megabyte, to be read whole for one key.
        Rocks.rocksdb_block_based_options_set_index_type(table, TwoLevels);
        Rocks.rocksdb_block_based_options_set_partition_filters(table, 1);
        // Ten bits per key: one absent key in a hundred costs a read.
        Rocks.rocksdb_block_based_options_set_filter_policy(table, Rocks.rocksdb_filterpolicy_create_bloom_full(10));
        Rocks.rocksdb_options_set_block_based_table_factory(options, table);
        Rocks.rocksdb_block_based_options_destroy(table);
    }

    static void Quiet(nint options)
    {
        // The file LOG gets its headers at opening and nothing later: on a full disk its second line after one that failed ends
        // the process by an assertion (Debian's build). What goes wrong reaches us as errors anyway.
        Rocks.rocksdb_options_set_info_log_level(options, HeadersOnly);
        Rocks.rocksdb_options_set_max_log_file_size(options, 1 << 20);
        Rocks.rocksdb_options_set_keep_log_file_num(options, 3);
        Rocks.rocksdb_options_set_stats_dump_period_sec(options, 0);    // nobody reads them, and they wake the machine
        Rocks.rocksdb_options_set_stats_persist_period_sec(options, 0);
        Rocks.rocksdb_options_set_skip_stats_update_on_db_open(options, 1); // opening reads no table for statistics
    }
}
