using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Store.Tests;

public sealed class RepairTests : IDisposable
{
    static readonly Family Main = new("main"), Other = new("other");
    readonly TestFolder folder = new();
    readonly StoreMemory memory = new(8 << 20);

    RocksDatabase Open(string name, BlobOptions? blobs = null, params Family[] families) =>
        RocksDatabase.Open(new DatabaseOptions { Path = folder[name], Families = families, Memory = memory, Blobs = blobs });

    void DamageManifest()
    {
        string manifest = Directory.EnumerateFiles(folder["db"], "MANIFEST-*").Single();
        byte[] content = File.ReadAllBytes(manifest);
        content[content.Length / 2] ^= 0xFF;
        File.WriteAllBytes(manifest, content);
    }

    [Fact]
    public void A_damaged_database_is_said_to_be_one_and_which()
    {
        using (RocksDatabase database = Open("db", null, Main)) database.Commit(new Batch().Put(Main, new byte[] { 1 }, new byte[] { 1 }), Durability.Unlogged);
        DamageManifest();
        Assert.Contains(folder["db"], Assert.Throws<CorruptDataException>(() => Open("db", null, Main)).Message);
    }

    [Fact]
    public void A_lost_manifest_is_damage()
    {
        using (RocksDatabase database = Open("db", null, Main)) database.Commit(new Batch().Put(Main, new byte[] { 1 }, new byte[] { 1 }), Durability.Unlogged);
        File.Delete(Directory.EnumerateFiles(folder["db"], "MANIFEST-*").Single());
        Assert.Throws<CorruptDataException>(() => Open("db", null, Main));
    }

    [Fact]
    public void Without_blob_files_it_is_moved_aside_and_a_repaired_copy_takes_its_place()
    {
        using (RocksDatabase database = Open("db", null, Main, Other))
        {
            for (byte n = 0; n < 100; n++)
                database.Commit(new Batch().Put(Main, new[] { n }, new[] { n }).Put(Other, new[] { n }, new byte[] { 7 }), Durability.Synced);
            database.Compact(Main, default, default); // half of it in tables, half in the log
            for (byte n = 100; n < 200; n++)
                database.Commit(new Batch().Put(Main, new[] { n }, new[] { n }).Put(Other, new[] { n }, new byte[] { 7 }), Durability.Synced);
        }
        DamageManifest();
        string aside = Repair.MoveAsideAndRepair(folder["db"], TimeProvider.System);
        Assert.StartsWith(folder["db"] + ".damaged-", aside);
        Assert.True(File.Exists(Path.Combine(aside, "CURRENT")));
        using RocksDatabase repaired = Open("db", null, Main, Other);
        for (byte n = 0; n < 200; n++)
        {
            Assert.Equal([n], repaired.Get(Main, [n])!);
            Assert.Equal([7], repaired.Get(Other, [n])!);
        }
    }

    [Fact]
    public void With_blob_files_the_index_is_rescued_and_the_blobs_are_left_untouched()
    {
        byte[] large = RandomSource.Seeded(1).Bytes(5000);
        using (RocksDatabase database = Open("db", new BlobOptions(1000), Main))
        {
            database.Commit(new Batch().Put(Main, new byte[] { 1 }, new byte[] { 1 }).Put(Main, new byte[] { 2 }, large), Durability.Unlogged);
            database.Flush();
        }
        DamageManifest();
        Assert.Throws<InvalidOperationException>(() => Repair.MoveAsideAndRepair(folder["db"], TimeProvider.System));
        string blob = Directory.EnumerateFiles(folder["db"], "*.blob").Single();
        Repair.CopyWithoutBlobs(folder["db"], folder["rescued"]);
        Assert.Throws<StoreException>(() => Repair.CopyWithoutBlobs(folder["db"], folder["rescued"]));
        using RocksDatabase rescued = Open("rescued", null, Main);
        Assert.Equal([1], rescued.Get(Main, [1])!);
        Assert.ThrowsAny<VaultException>(() => rescued.Get(Main, [2]));
        using FileStream file = File.OpenRead(blob);
        BlobFile blobs = new(file, 1 << 20);
        BlobRecord record = Assert.Single(blobs.Records());
        Assert.Equal([2], record.Key);
        Assert.Equal(large, blobs.Value.ToArray());
    }

    [Fact]
    public void Moving_aside_twice_in_a_second_gives_two_names()
    {
        Directory.CreateDirectory(folder["db"]);
        Assert.NotEqual(Replaced(), Replaced());

        string Replaced()
        {
            Directory.CreateDirectory(Repair.FolderToRebuildIn(folder["db"]));
            return Repair.Replace(folder["db"], new FixedTime());
        }
    }

    sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;
    }

    public void Dispose()
    {
        memory.Dispose();
        folder.Dispose();
    }
}
