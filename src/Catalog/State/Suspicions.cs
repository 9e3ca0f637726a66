using System.Buffers.Binary;
using Vault.Identity;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>What members did that they shouldn't have, kept for the user to see. The first thousand: after that the point is made.</summary>
sealed class Suspicions
{
    const int MaxCount = 1000;

    readonly IDatabase database;
    readonly VaultTag tag;
    int count;

    internal Suspicions(IDatabase database, VaultTag tag)
    {
        this.database = database;
        this.tag = tag;
        count = All().Count();
    }

    internal void Put(Batch batch, Suspicion suspicion)
    {
        if (count >= MaxCount) return;
        count++; // of a commit that fails it counts too much, which a reopening mends
        byte[] rest = new byte[DeviceId.Size + 1 + Leaf.Size], time = new byte[8];
        suspicion.Author.CopyTo(rest);
        rest[DeviceId.Size] = (byte)suspicion.Kind;
        suspicion.Leaf.CopyTo(rest.AsSpan(DeviceId.Size + 1));
        BinaryPrimitives.WriteInt64BigEndian(time, suspicion.Seen.ToUnixTimeMilliseconds());
        batch.Put(CatalogFamilies.Notes, CatalogKeys.Note(tag, CatalogKeys.SuspicionOf, rest), time);
    }

    internal IEnumerable<Suspicion> All()
    {
        (byte[] from, byte[] to) = CatalogKeys.Notes(tag, CatalogKeys.SuspicionOf);
        using ICursor cursor = database.Range(CatalogFamilies.Notes, from, to);
        while (cursor.MoveNext())
        {
            ReadOnlySpan<byte> rest = CatalogKeys.Rest(cursor.Key);
            if (rest.Length != DeviceId.Size + 1 + Leaf.Size || cursor.Value.Length != 8) continue;
            yield return new Suspicion(
                new DeviceId(rest[..DeviceId.Size]), (SuspicionKind)rest[DeviceId.Size], Leaf.Read(rest[(DeviceId.Size + 1)..]),
                DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(cursor.Value)));
        }
    }
}
