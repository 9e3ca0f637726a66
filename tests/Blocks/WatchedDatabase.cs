using Vault.Store;

namespace Vault.Blocks.Tests;

/// <summary>One writing call on a database. Number counts them from 1.</summary>
sealed record DatabaseWrite(int Number, Durability? Commit, Batch? Batch);

/// <summary>
/// The database below, with a test's own steps before and after each write and each search: a look at the disk, another writer, a
/// fault. Disposing it disposes the one below.
/// </summary>
sealed class WatchedDatabase(IDatabase below) : IDatabase
{
    int writes;

    /// <summary>Called before each commit and each flush; what it throws, the call throws, and nothing was written.</summary>
    public Action<DatabaseWrite>? Before { get; set; }

    /// <summary>Called after each commit and each flush; what it throws, the call throws, though the write was done.</summary>
    public Action<DatabaseWrite>? After { get; set; }

    /// <summary>Called by each search for a value, before and again after it.</summary>
    public Action? Finding { get; set; }

    public byte[]? Get(Family family, ReadOnlySpan<byte> key, ISnapshot? at = null) => below.Get(family, key, at);

    public StoredValue? Find(Family family, ReadOnlySpan<byte> key)
    {
        Finding?.Invoke();
        StoredValue? found = below.Find(family, key);
        Finding?.Invoke();
        return found;
    }

    public void Commit(Batch batch, Durability durability) => Write(new DatabaseWrite(Interlocked.Increment(ref writes), durability, batch), () => below.Commit(batch, durability));

    public void Flush() => Write(new DatabaseWrite(Interlocked.Increment(ref writes), null, null), below.Flush);

    public ISnapshot Snapshot() => below.Snapshot();

    public ICursor Range(Family family, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, ISnapshot? at = null, bool reverse = false) =>
        below.Range(family, from, to, at, reverse);

    public void Compact(Family family, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) => below.Compact(family, from, to);

    public void Checkpoint(string folder) => below.Checkpoint(folder);

    public void Dispose() => below.Dispose();

    void Write(DatabaseWrite write, Action action)
    {
        Before?.Invoke(write);
        action();
        After?.Invoke(write);
    }
}
