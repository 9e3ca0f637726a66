using System.Runtime.InteropServices;

namespace Vault.Store.Native;

/// <summary>Options of a database, of its tables, of reads, writes, flushes and compactions.</summary>
static unsafe partial class Rocks
{
    [LibraryImport(Library)] internal static partial nint rocksdb_options_create();
    [LibraryImport(Library)] internal static partial void rocksdb_options_destroy(nint options);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_create_if_missing(nint options, byte on);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_create_missing_column_families(nint options, byte on);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_paranoid_checks(nint options, byte on);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_wal_recovery_mode(nint options, int mode);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_max_total_wal_size(nint options, ulong bytes);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_atomic_flush(nint options, byte on);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_write_buffer_size(nint options, nuint bytes);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_max_write_buffer_number(nint options, int count);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_compression(nint options, int type);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_level_compaction_dynamic_level_bytes(nint options, byte on);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_max_background_jobs(nint options, int count);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_memtable_whole_key_filtering(nint options, byte enabled);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_prefix_extractor(nint options, nint extractor); // which the options own then
    [LibraryImport(Library)] internal static partial nint rocksdb_slicetransform_create_fixed_prefix(nuint length);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_memtable_prefix_bloom_size_ratio(nint options, double ratio);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_max_open_files(nint options, int count);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_max_file_opening_threads(nint options, int count);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_bytes_per_sync(nint options, ulong bytes);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_wal_bytes_per_sync(nint options, ulong bytes);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_avoid_unnecessary_blocking_io(nint options, byte on);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_skip_stats_update_on_db_open(nint options, byte on);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_stats_dump_period_sec(nint options, uint seconds);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_stats_persist_period_sec(nint options, uint seconds);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_info_log_level(nint options, int level);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_max_log_file_size(nint options, nuint bytes);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_keep_log_file_num(nint options, nuint count);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_max_manifest_file_size(nint options, nuint bytes);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_enable_blob_files(nint options, byte on);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_min_blob_size(nint options, ulong bytes);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_blob_file_size(nint options, ulong bytes);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_blob_compression_type(nint options, int type);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_enable_blob_gc(nint options, byte on);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_block_based_table_factory(nint options, nint table);
    [LibraryImport(Library)] internal static partial void rocksdb_options_set_ratelimiter(nint options, nint limiter);

    [LibraryImport(Library)] internal static partial nint rocksdb_ratelimiter_create(long bytesPerSecond, long refillMicroseconds, int fairness);
    [LibraryImport(Library)] internal static partial void rocksdb_ratelimiter_destroy(nint limiter);

    [LibraryImport(Library)] internal static partial nint rocksdb_block_based_options_create();
    [LibraryImport(Library)] internal static partial void rocksdb_block_based_options_destroy(nint table);
    [LibraryImport(Library)] internal static partial void rocksdb_block_based_options_set_block_cache(nint table, nint cache);
    [LibraryImport(Library)] internal static partial void rocksdb_block_based_options_set_cache_index_and_filter_blocks(nint table, byte on);
    [LibraryImport(Library)] internal static partial void rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(nint table, byte on);
    [LibraryImport(Library)] internal static partial void rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(nint table, byte on);
    [LibraryImport(Library)] internal static partial void rocksdb_block_based_options_set_index_type(nint table, int type);
    [LibraryImport(Library)] internal static partial void rocksdb_block_based_options_set_partition_filters(nint table, byte on);
    [LibraryImport(Library)] internal static partial void rocksdb_block_based_options_set_filter_policy(nint table, nint policy);
    [LibraryImport(Library)] internal static partial nint rocksdb_filterpolicy_create_bloom_full(double bitsPerKey);

    [LibraryImport(Library)] internal static partial nint rocksdb_lru_cache_options_create();
    [LibraryImport(Library)] internal static partial void rocksdb_lru_cache_options_destroy(nint options);
    [LibraryImport(Library)] internal static partial void rocksdb_lru_cache_options_set_capacity(nint options, nuint capacity);
    [LibraryImport(Library)] internal static partial void rocksdb_lru_cache_options_set_num_shard_bits(nint options, int bits);
    [LibraryImport(Library)] internal static partial nint rocksdb_cache_create_lru_opts(nint options);
    [LibraryImport(Library)] internal static partial void rocksdb_cache_destroy(nint cache);
    [LibraryImport(Library)] internal static partial nuint rocksdb_cache_get_usage(nint cache);
    [LibraryImport(Library)] internal static partial void rocksdb_cache_set_capacity(nint cache, nuint capacity);

    [LibraryImport(Library)] internal static partial nint rocksdb_readoptions_create();
    [LibraryImport(Library)] internal static partial void rocksdb_readoptions_destroy(nint options);
    [LibraryImport(Library)] internal static partial void rocksdb_readoptions_set_verify_checksums(nint options, byte on);
    [LibraryImport(Library)] internal static partial void rocksdb_readoptions_set_total_order_seek(nint options, byte on);
    [LibraryImport(Library)] internal static partial void rocksdb_readoptions_set_prefix_same_as_start(nint options, byte on);
    [LibraryImport(Library)] internal static partial void rocksdb_readoptions_set_snapshot(nint options, nint snapshot);
    [LibraryImport(Library)] internal static partial void rocksdb_readoptions_set_iterate_lower_bound(nint options, byte* key, nuint length);
    [LibraryImport(Library)] internal static partial void rocksdb_readoptions_set_iterate_upper_bound(nint options, byte* key, nuint length);

    [LibraryImport(Library)] internal static partial nint rocksdb_writeoptions_create();
    [LibraryImport(Library)] internal static partial void rocksdb_writeoptions_destroy(nint options);
    [LibraryImport(Library)] internal static partial void rocksdb_writeoptions_set_sync(nint options, byte on);
    [LibraryImport(Library)] internal static partial void rocksdb_writeoptions_disable_WAL(nint options, int on);

    [LibraryImport(Library)] internal static partial nint rocksdb_flushoptions_create();
    [LibraryImport(Library)] internal static partial void rocksdb_flushoptions_destroy(nint options);
    [LibraryImport(Library)] internal static partial void rocksdb_flushoptions_set_wait(nint options, byte on);

    [LibraryImport(Library)] internal static partial nint rocksdb_compactoptions_create();
    [LibraryImport(Library)] internal static partial void rocksdb_compactoptions_destroy(nint options);
    [LibraryImport(Library)] internal static partial void rocksdb_compactoptions_set_exclusive_manual_compaction(nint options, byte on);
    [LibraryImport(Library)] internal static partial void rocksdb_compactoptions_set_bottommost_level_compaction(nint options, byte mode);
}
