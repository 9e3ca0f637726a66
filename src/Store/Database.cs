// Store: the librocksdb binding and nothing else. It opens databases with the column families its callers name and gives
// them batches, snapshots, cursors and durable commits. It knows no block, record or message: keys and values are bytes.
// Read next: this file (the contract, one page), RocksDatabase.cs (the real one), MemoryDatabase.cs (the same contract
// without a disk, for tests and simulations). tests/Store/DatabaseContract.cs is what every implementation must pass.

namespace Vault.Store;

/// <summary>What a commit has survived when it returns.</summary>
public enum Durability
{
    /// <summary>Nothing yet: the batch is in memory and skips the log. It becomes durable with the next <see cref="IDatabase.Flush"/>.</summary>
    Unlogged,

    /// <summary>In the log, not synced: survives the end of the process, not a power cut. A later synced commit makes it durable.</summary>
    Logged,

    /// <summary>Logged and synced: survives a power cut. Commits that meet share one sync.</summary>
    Synced,
}

/// <summary>An ordered map from bytes to bytes in named families. Safe for use from several threads.</summary>
public interface IDatabase : IDisposable
{
    /// <summary>The stored value; null when there is none. Small values only: it is copied to a new array.</summary>
    byte[]? Get(Family family, ReadOnlySpan<byte> key, ISnapshot? at = null);

    /// <summary>The stored value in the store's own memory, without a copy; null when there is none. The caller disposes it.</summary>
    StoredValue? Find(Family family, ReadOnlySpan<byte> key);

    /// <summary>Applies all of the batch or nothing. The batch may be cleared and used again afterwards.</summary>
    void Commit(Batch batch, Durability durability);

    /// <summary>
    /// When it returns, everything committed before the call survives a power cut. When it, or an unlogged commit, throws, all
    /// that was committed unlogged since the last flush that returned may be gone, whoever committed it: it must be written again.
    /// </summary>
    void Flush();

    /// <summary>An unchanging view. It holds back the space of what is deleted later: keep it short and dispose it.</summary>
    ISnapshot Snapshot();

    /// <summary>The entries from <paramref name="from"/> up to but not including <paramref name="to"/> (empty: to the end), in byte order.</summary>
    ICursor Range(Family family, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, ISnapshot? at = null, bool reverse = false);

    /// <summary>Rewrites the range so that deleted entries stop taking space. Can take long; safe to interrupt by ending the process.</summary>
    void Compact(Family family, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to);

    /// <summary>A consistent copy of the database in a new folder; on the same file system it shares the unchanging files.</summary>
    void Checkpoint(string folder);
}

/// <summary>A family of keys (a RocksDB column family). Made once per database, by name.</summary>
public sealed record Family(string Name);

public interface ISnapshot : IDisposable;

/// <summary>Walks a range, forward only: <c>while (cursor.MoveNext())</c>. The spans are valid until the next move. Throws what the disk throws.</summary>
public interface ICursor : IDisposable
{
    bool MoveNext();
    ReadOnlySpan<byte> Key { get; }
    ReadOnlySpan<byte> Value { get; }
}

/// <summary>A value that lies in the store's memory for as long as this is not disposed.</summary>
public abstract class StoredValue : IDisposable
{
    public abstract ReadOnlySpan<byte> Span { get; }
    public abstract void Dispose();
}
