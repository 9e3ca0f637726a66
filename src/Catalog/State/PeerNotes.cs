using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>Another device as this one last met it in step.</summary>
/// <param name="Incarnation">Of its database.</param>
/// <param name="Sequence">Its last change then.</param>
/// <param name="Acknowledged">This device's own change that it had everything up to.</param>
public sealed record PeerNote(DeviceId Device, uint Incarnation, ulong Sequence, ulong Acknowledged, DateTimeOffset Met);

/// <summary>What is remembered of peers, so that one that was put back to an earlier state can be told.</summary>
sealed class PeerNotes(IDatabase database, VaultTag tag)
{
    internal PeerNote? Find(DeviceId device) => database.Get(CatalogFamilies.Notes, Key(device)) is { } value ? Decode(device, value) : null;

    internal IEnumerable<PeerNote> All()
    {
        (byte[] from, byte[] to) = CatalogKeys.Notes(tag, CatalogKeys.PeerOf);
        using ICursor cursor = database.Range(CatalogFamilies.Notes, from, to);
        while (cursor.MoveNext())
            if (Decode(new DeviceId(CatalogKeys.Rest(cursor.Key)), cursor.Value) is { } note) yield return note;
    }

    internal void Put(Batch batch, PeerNote note) => batch.Put(CatalogFamilies.Notes, Key(note.Device), new ByteWriter(32)
        .UInt32(note.Incarnation).UInt64(note.Sequence).UInt64(note.Acknowledged).UInt64((ulong)note.Met.ToUnixTimeMilliseconds()).ToArray());

    byte[] Key(DeviceId device) => CatalogKeys.Note(tag, CatalogKeys.PeerOf, device.ToArray());

    static PeerNote? Decode(DeviceId device, ReadOnlySpan<byte> value)
    {
        ByteReader reader = new(value);
        PeerNote note = new(device, reader.TakeUInt32(), reader.TakeUInt64(), reader.TakeUInt64(), DateTimeOffset.FromUnixTimeMilliseconds((long)reader.TakeUInt64()));
        return reader.AtEnd ? note : null;
    }
}
