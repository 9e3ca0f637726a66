using System.Text;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;
using Xunit;

namespace Vault.Catalog.Tests;

public sealed class StatCacheTests
{
    static readonly FileStat stat = new(FileKind.File, 0x1A4, 5, 6, 7, 8, 9);

    static byte[] Name(int number) => Encoding.ASCII.GetBytes($"file {number}");

    [Theory, InlineData(3), InlineData(1_000), InlineData(6_000)] // asked for one by one; all read at once; more than are held
    public void What_is_noted_of_a_folder_is_found_however_many_files_there_are_and_only_while_its_record_stands(int count)
    {
        using VaultKeys keys = VaultKeys.Create(RandomSource.Seeded(1));
        using MemoryDatabase database = new(StatCache.Family, TreeKeys.Leaves);
        using StatCache cache = new(database, keys, new SetTime());
        Batch batch = new();
        Leaf Leaf(int number, string folder) => Catalog.Leaf.Of(PositionOf(number), Hash32.Of(Encoding.ASCII.GetBytes($"{folder} {number}")));
        // Two folders whose notes lie beside each other, and of every third file the record was replaced.
        foreach (string folder in (string[])["/one", "/two"])
            for (int i = 0; i < count; i++)
            {
                cache.Put(batch, cache.In(Encoding.ASCII.GetBytes(folder), "there"u8), Name(i), stat, Leaf(i, folder));
                if (i % 3 > 0) batch.Put(TreeKeys.Leaves, TreeKeys.LeafKey(keys.Vault.Tag, Leaf(i, folder)), default);
            }
        database.Commit(batch, Durability.Synced);

        StandingLeaves standing = new(database, keys.Vault.Tag, 2 * count);
        foreach (string folder in (string[])["/one", "/two"])
        {
            StatFolder files = cache.In(Encoding.ASCII.GetBytes(folder), "there"u8);
            for (int i = 0; i < count; i++)
            {
                Assert.Equal(i % 3 > 0 ? Leaf(i, folder) : null, cache.Find(files, Name(i), stat, standing, out _));
                Assert.Null(cache.Find(files, Name(i), stat with { Size = 6 }, standing, out _));
                Assert.Null(cache.Find(files, Name(count + i), stat, standing, out _));
            }
        }
    }

    static Hash32 PositionOf(int number)
    {
        byte[] hash = new byte[Hash32.Size];
        Hash32.Of(BitConverter.GetBytes(number)).CopyTo(hash);
        hash[0] |= 0x80; // of files
        return new Hash32(hash);
    }
}
