using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>Why a record waits outside the set.</summary>
enum WaitingReason : byte
{
    /// <summary>Its author's certificate isn't known, so that not even its signature could be checked.</summary>
    UnknownAuthor = 1,
    /// <summary>Dated ahead of this device's clock.</summary>
    Future = 2,
    /// <summary>Its author may not say this, as things stand.</summary>
    NotAllowed = 3,
    /// <summary>Its path is full.</summary>
    TooMany = 4,
}

sealed record Waiting(FileRecord Record, WaitingReason Reason)
{
    internal Leaf Leaf => Record.Leaf;
}

/// <summary>
/// Records that may come into the set later, by the rule that all devices share: their author becomes known, their time comes,
/// their path has room. They lie outside the root. As anybody can send such records there is room for a few thousand only; one
/// that finds none is no loss, since whoever has it in their set offers it again.
/// </summary>
sealed class WaitingRecords
{
    /// <summary>An admission and what its device wrote cross each other by seconds; more is somebody's mistake.</summary>
    internal const int MaxCount = 8192;
    internal const int MaxBytes = 16 << 20;

    static readonly TimeSpan StaleAfter = TimeSpan.FromDays(2);

    readonly IDatabase database;
    readonly VaultTag tag;
    readonly Dictionary<Leaf, Waiting> all = [];
    readonly Dictionary<Hash32, int> positions = [];
    long bytes;

    internal WaitingRecords(IDatabase database, VaultTag tag)
    {
        this.database = database;
        this.tag = tag;
        Load();
    }

    internal void Load()
    {
        all.Clear();
        positions.Clear();
        bytes = 0;
        (byte[] from, byte[] to) = CatalogKeys.Notes(tag, CatalogKeys.WaitingOf);
        using ICursor cursor = database.Range(CatalogFamilies.Notes, from, to);
        while (cursor.MoveNext())
            if (cursor.Value.Length > 1 && FileRecord.Parse(cursor.Value[1..].ToArray()) is { } record) Add(new Waiting(record, (WaitingReason)cursor.Value[0]));
    }

    internal IReadOnlyCollection<Waiting> All => all.Values;

    /// <summary>Those whose time has come.</summary>
    internal List<Waiting> Due(HybridClock clock) => [.. all.Values.Where(waiting => waiting.Reason == WaitingReason.Future && !clock.IsTooFar(waiting.Record.Time))];

    /// <summary>Once half of the room is taken: those that have waited for their author for days. They can be had again; what comes now needs the room.</summary>
    internal List<Waiting> Stale(DateTimeOffset now) => all.Count < MaxCount / 2 && bytes < MaxBytes / 2 ? []
        : [.. all.Values.Where(waiting => waiting.Reason is WaitingReason.UnknownAuthor or WaitingReason.NotAllowed && waiting.Record.Time.Moment < now - StaleAfter)];

    internal bool Contains(in Leaf leaf) => all.ContainsKey(leaf);

    internal bool AnyAt(Hash32 position) => positions.ContainsKey(position);

    internal IEnumerable<Waiting> At(Hash32 position) => AnyAt(position) ? all.Values.Where(waiting => waiting.Record.Position == position) : [];

    internal bool HasRoom(int count, long size) => all.Count + count <= MaxCount && bytes + size <= MaxBytes;

    internal void Put(Batch batch, Waiting waiting) =>
        batch.Put(CatalogFamilies.Notes, CatalogKeys.Note(tag, CatalogKeys.WaitingOf, waiting.Leaf), (byte[])[(byte)waiting.Reason, .. waiting.Record.Encode().Span]);

    internal void Delete(Batch batch, in Leaf leaf) => batch.Delete(CatalogFamilies.Notes, CatalogKeys.Note(tag, CatalogKeys.WaitingOf, leaf));

    /// <summary>After the commit.</summary>
    internal void Apply(IEnumerable<Waiting> come, IEnumerable<Leaf> gone)
    {
        foreach (Leaf leaf in gone) Forget(leaf);
        foreach (Waiting waiting in come) Add(waiting);
    }

    void Add(Waiting waiting)
    {
        Forget(waiting.Leaf);
        all.Add(waiting.Leaf, waiting);
        positions[waiting.Record.Position] = positions.GetValueOrDefault(waiting.Record.Position) + 1;
        bytes += waiting.Record.Encode().Length;
    }

    void Forget(Leaf leaf)
    {
        if (!all.Remove(leaf, out Waiting? left)) return;
        bytes -= left.Record.Encode().Length;
        if (--positions[leaf.Position] == 0) positions.Remove(leaf.Position);
    }
}
