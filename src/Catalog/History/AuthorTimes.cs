using System.Collections.Immutable;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>
/// Of every author whose records came in here, the latest time that was seen of it. Written in the batch of the commit that saw it.
/// Two devices that have seen the same of everybody have the same records, and so the same root.
/// </summary>
sealed class AuthorTimes(IDatabase database, VaultTag tag)
{
    internal ImmutableSortedDictionary<DeviceId, HybridTime> Latest { get; private set; } = ImmutableSortedDictionary<DeviceId, HybridTime>.Empty;

    /// <param name="all">All that stands, for a database that was written before there were such notes or has lost them.</param>
    internal void Load(Func<IEnumerable<(DeviceId Author, HybridTime Time)>> all)
    {
        ImmutableSortedDictionary<DeviceId, HybridTime>.Builder loaded = ImmutableSortedDictionary.CreateBuilder<DeviceId, HybridTime>();
        (byte[] from, byte[] to) = CatalogKeys.Notes(tag, CatalogKeys.AuthorOf);
        using (ICursor cursor = database.Range(CatalogFamilies.Notes, from, to))
            while (cursor.MoveNext())
            {
                ByteReader reader = new(cursor.Value);
                HybridTime time = new(reader.TakeUInt64());
                if (reader.AtEnd) loaded[new DeviceId(CatalogKeys.Rest(cursor.Key))] = time;
            }
        Latest = loaded.ToImmutable();
        if (Latest.Count > 0) return;
        Batch batch = new();
        Latest = Changed(batch, all());
        if (batch.Changes.Count > 0) database.Commit(batch, Durability.Logged);
    }

    /// <summary>What is true once the batch is committed.</summary>
    internal ImmutableSortedDictionary<DeviceId, HybridTime> Changed(Batch batch, IEnumerable<(DeviceId Author, HybridTime Time)> seen)
    {
        Dictionary<DeviceId, HybridTime> moved = [];
        foreach ((DeviceId author, HybridTime time) in seen)
            if (time > (moved.TryGetValue(author, out HybridTime known) ? known : Latest.GetValueOrDefault(author))) moved[author] = time;
        foreach ((DeviceId author, HybridTime time) in moved) batch.Put(CatalogFamilies.Notes, CatalogKeys.Note(tag, CatalogKeys.AuthorOf, author.ToArray()), new ByteWriter(8).UInt64(time.Value).ToArray());
        return moved.Count == 0 ? Latest : Latest.SetItems(moved);
    }

    internal void Apply(ImmutableSortedDictionary<DeviceId, HybridTime> changed) => Latest = changed;

    internal static IEnumerable<(DeviceId, HybridTime)> In(FileRecord record)
    {
        // What its author had seen of others may have been replaced before it came here.
        foreach (VersionEntry entry in record.Versions.Entries.ToArray()) yield return (entry.Device, entry.Time);
    }

    internal static (DeviceId, HybridTime) In(ControlRecord record) => (DeviceId.Of(record.Issuer), record.Time);
}
