namespace Vault.Store;

/// <summary>What a caller decides about a database; everything else is in <see cref="RocksDatabase"/>'s own settings.</summary>
public sealed record DatabaseOptions
{
    /// <summary>The folder of the database; it is created.</summary>
    public required string Path { get; init; }

    /// <summary>
    /// The families, missing ones are created. The first one is RocksDB's "default" column family, whatever its name here: it
    /// must stay first for ever. Families on the disk that aren't named are left alone.
    /// </summary>
    public required IReadOnlyList<Family> Families { get; init; }

    public required StoreMemory Memory { get; init; }

    /// <summary>Memory for unflushed writes is this times <see cref="WriteBufferCount"/> for each family, at most.</summary>
    public long WriteBufferBytes { get; init; } = 16L << 20;

    /// <summary>Two: one fills while the other is written out.</summary>
    public int WriteBufferCount { get; init; } = 2;

    /// <summary>
    /// How many first bytes of a key name one thing, so that a <see cref="IDatabase.Range"/> over that thing alone is answered by the
    /// filters when there is nothing, as a point lookup is; 0 where keys have no such part. Tables written under another number
    /// stay readable, without that help.
    /// </summary>
    public int PrefixBytes { get; init; }

    /// <summary>Large values in files of their own, so that compaction doesn't rewrite them; null keeps them among the keys.</summary>
    public BlobOptions? Blobs { get; init; }

    /// <summary>
    /// With several families the log is kept until all of them are flushed; past this size they are. Bounds how long opening
    /// takes after a crash. With one family the log is bounded by the write buffers instead.
    /// </summary>
    public long LogBytes { get; init; } = 64L << 20;

    /// <summary>
    /// Bytes per second that flushes and compactions may write together; 0 is no limit. RocksDB counts flushes too: set it
    /// above the rate at which data comes in, or it slows that down.
    /// </summary>
    public long BackgroundBytesPerSecond { get; init; }

    /// <summary>File descriptors that stay open; half of what Linux grants a process by default, for two databases and sockets.</summary>
    public int OpenFiles { get; init; } = 256;
}

/// <summary>Values of at least <paramref name="MinBytes"/> go to blob files of about <paramref name="FileBytes"/>.</summary>
public sealed record BlobOptions(long MinBytes = 4 << 10, long FileBytes = 64L << 20);
