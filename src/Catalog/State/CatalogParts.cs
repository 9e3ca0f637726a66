using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>The parts of an open catalog, for those that work on them. The catalog owns them.</summary>
sealed class CatalogParts : IDisposable
{
    internal CatalogParts(CatalogPorts ports)
    {
        Ports = ports;
        Vault = ports.Keys.Vault;
        Tag = Vault.Tag;
        Records = new StoredRecords(ports.Meta, Vault);
        Past = new PastRecords(ports.Meta, Tag);
        Waiting = new WaitingRecords(ports.Meta, Tag);
        Roots = new RootLog(ports.Meta, Tag);
        Authors = new AuthorTimes(ports.Meta, Tag);
        Suspicions = new Suspicions(ports.Meta, Tag);
        Returned = new ReturnedRecords(ports.Meta, Tag);
        Peers = new PeerNotes(ports.Meta, Tag);
        Journal = new IntentJournal(ports.Meta, ports.Keys, ports.Random);
        if (ports.Device is { } device) Me = DeviceId.Of(device.Public);
        if (ports.Keys.CanRead)
        {
            Folders = new FolderIndex(ports.Meta, ports.Keys, ports.Random);
            Sealer = new RecordSealer(ports.Keys, ports.Random);
        }
    }

    internal CatalogPorts Ports { get; }
    internal VaultId Vault { get; }
    internal VaultTag Tag { get; }
    internal IDatabase Meta => Ports.Meta;
    internal DateTimeOffset Now => Ports.Time.GetUtcNow();

    internal StoredRecords Records { get; }
    internal PastRecords Past { get; }
    internal WaitingRecords Waiting { get; }
    internal RootLog Roots { get; }
    internal AuthorTimes Authors { get; }
    internal Suspicions Suspicions { get; }
    internal ReturnedRecords Returned { get; }
    internal PeerNotes Peers { get; }
    internal IntentJournal Journal { get; }

    /// <summary>Null on a blind holder.</summary>
    internal FolderIndex? Folders { get; }
    internal RecordSealer? Sealer { get; }

    /// <summary>Null where nothing is written.</summary>
    internal DeviceId? Me { get; }

    /// <summary>A version with what this device can read of it.</summary>
    internal Head Open(FileRecord record) => new(record, Sealer?.Open(record));

    /// <summary>Control records that wait for their time.</summary>
    internal IEnumerable<ControlRecord> EarlyControls()
    {
        (byte[] from, byte[] to) = CatalogKeys.Notes(Tag, CatalogKeys.EarlyOf);
        using ICursor cursor = Meta.Range(CatalogFamilies.Notes, from, to);
        while (cursor.MoveNext())
            if (ControlRecord.Restore(Vault, cursor.Value.ToArray()) is { } record) yield return record;
    }

    /// <summary>What a listing says of these versions, and null when nothing of them lives and can be read.</summary>
    internal NameSummary? Summarize(Heads heads)
    {
        if (heads.Winner is not { IsTombstone: false, Entry: { } entry } winner) return null;
        bool damaged = heads.All.Any(head => head.Entry == null && Sealer!.CanOpen(head.Record));
        return new NameSummary(winner.Record.Kind, entry.Mode, entry.ModifiedNs, entry.Size, winner.Record.Root, HasHead: true, HasChildren: false, heads.IsConflict, damaged);
    }

    public void Dispose()
    {
        Folders?.Dispose();
        Journal.Dispose();
    }
}
