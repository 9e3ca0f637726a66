using System.Text;
using Vault.Store;

namespace Vault.Blocks;

/// <summary>
/// That a store had to be mended, noted in the store itself. It may have forgotten something it knew; if that was in
/// <c>meta/</c>, pins may be among it, and no collection may take a block for unneeded.
/// </summary>
static class MendingNotes
{
    static readonly byte[] mended = "mended"u8.ToArray(), pinsInDoubt = "pins-in-doubt"u8.ToArray();

    public static void OfBlocks(IDatabase meta, TimeProvider time) => meta.Commit(new Batch().Put(StoreDatabases.MetaDefault, mended, Now(time)), Durability.Synced);

    public static void OfMeta(IDatabase meta, TimeProvider time) => meta.Commit(
        new Batch().Put(StoreDatabases.MetaDefault, mended, Now(time)).Put(StoreDatabases.MetaDefault, pinsInDoubt, Now(time)), Durability.Synced);

    public static string? Since(IDatabase meta) => meta.Get(StoreDatabases.MetaDefault, mended) is { } value ? Encoding.UTF8.GetString(value) : null;

    public static bool PinsAreInDoubt(IDatabase meta) => meta.Get(StoreDatabases.MetaDefault, pinsInDoubt) != null;

    public static void Accept(IDatabase meta) =>
        meta.Commit(new Batch().Delete(StoreDatabases.MetaDefault, mended).Delete(StoreDatabases.MetaDefault, pinsInDoubt), Durability.Synced);

    static byte[] Now(TimeProvider time) => Encoding.UTF8.GetBytes(time.GetUtcNow().ToString("u"));
}
