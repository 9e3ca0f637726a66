using Vault.Blocks;
using Vault.Catalog;
using Vault.Chat;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Host.Simulation;

/// <summary>How the next commit ends, once.</summary>
enum CommitFault { None, Lost, Unanswered }

/// <summary>
/// A device's <c>meta/</c>: a database in memory that keeps what its durability promises and no more, and whose next commit can be made
/// to fail before or after it took effect.
/// </summary>
sealed class Disk : IDatabase
{
    /// <summary>Commits after which the log is folded into tables, as a full buffer would: what is remembered for a power cut stays bounded.</summary>
    const int FlushEvery = 256;

    MemoryDatabase database;
    int commits;

    public Disk(MemoryDatabase database) => this.database = database;

    public static MemoryDatabase Empty() => new([.. StoreKeys.MetaFamilies, .. CatalogFamilies.All, ChatKeys.Chat]);

    public CommitFault NextFault { get; set; }

    /// <summary>The power is cut: what wasn't synced is gone.</summary>
    public void PowerCut()
    {
        database = database.PowerCut();
        NextFault = CommitFault.None;
    }

    /// <summary>A copy of what is durable now, as a backup would take it.</summary>
    public MemoryDatabase Copy() => database.PowerCut();

    /// <summary>Somebody puts an earlier copy back.</summary>
    public void Restore(MemoryDatabase copy) => database = copy;

    public void Commit(Batch batch, Durability durability)
    {
        CommitFault fault = NextFault;
        NextFault = CommitFault.None;
        if (fault == CommitFault.Lost) throw new StoreException("the disk refused a commit, as planned");
        database.Commit(batch, durability);
        if (fault == CommitFault.Unanswered) throw new StoreException("the disk didn't answer a commit, as planned");
        if (++commits % FlushEvery == 0) database.Flush();
    }

    public byte[]? Get(Family family, ReadOnlySpan<byte> key, ISnapshot? at = null) => database.Get(family, key, at);
    public StoredValue? Find(Family family, ReadOnlySpan<byte> key) => database.Find(family, key);
    public void Flush() => database.Flush();
    public ISnapshot Snapshot() => database.Snapshot();
    public ICursor Range(Family family, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, ISnapshot? at = null, bool reverse = false) => database.Range(family, from, to, at, reverse);
    public void Compact(Family family, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) { }
    public void Checkpoint(string folder) => throw new NotSupportedException("A simulated disk has no folders.");
    public void Dispose() => database.Dispose();
}
