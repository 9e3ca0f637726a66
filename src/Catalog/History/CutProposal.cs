using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>A cut that an admin wants all others to have seen, so that deletions on this side of it may be forgotten.</summary>
/// <param name="Sequence">The commit of this device with which it had all of the cut: who has had everything up to that has had it too.</param>
sealed record CutProposal(ulong Sequence, DateTimeOffset Made, Cut Cut)
{
    internal static CutProposal? Read(IDatabase database, VaultTag vault)
    {
        if (database.Get(CatalogFamilies.Notes, CatalogKeys.Note(vault, CatalogKeys.ProposalOf)) is not { } value) return null;
        ByteReader reader = new(value);
        (ulong sequence, ulong made, int count) = (reader.TakeUInt64(), reader.TakeUInt64(), reader.TakeUInt16());
        List<(DeviceId, HybridTime)> entries = [];
        for (int i = 0; i < count && !reader.Failed; i++) entries.Add((reader.TakeDevice(), new HybridTime(reader.TakeUInt64())));
        return reader.AtEnd ? new CutProposal(sequence, DateTimeOffset.FromUnixTimeMilliseconds((long)made), Cut.Of(entries)) : null;
    }

    internal void Put(Batch batch, VaultTag vault)
    {
        ByteWriter writer = new(18 + Cut.Count * 24);
        writer.UInt64(Sequence).UInt64((ulong)Made.ToUnixTimeMilliseconds()).UInt16((ushort)Cut.Count);
        foreach ((DeviceId device, HybridTime time) in Cut.Entries) writer.Device(device).UInt64(time.Value);
        batch.Put(CatalogFamilies.Notes, CatalogKeys.Note(vault, CatalogKeys.ProposalOf), writer.ToArray());
    }
}
