using Vault.Tests.Faults.Child;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Tests.Faults.Tests;

public sealed class CorruptionTests : IDisposable
{
    readonly TestFolder folder = new();

    public CorruptionTests()
    {
        using Rocks rocks = new(folder["db"], sync: false);
        for (int i = 0; i < 200; i++) rocks.Put(Commit.Key(i), Commit.Value(i));
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(DatabaseFile.Table)]
    [InlineData(DatabaseFile.Blob)]
    [InlineData(DatabaseFile.Log)]
    [InlineData(DatabaseFile.Manifest)]
    [InlineData(DatabaseFile.Current)]
    [InlineData(DatabaseFile.Options)]
    public void It_damages_one_file_of_the_kind_the_same_way_for_the_same_seed(DatabaseFile kind)
    {
        foreach (Damage damage in Enum.GetValues<Damage>())
            for (ulong seed = 0; seed < 20; seed++)
            {
                (string done, string changed, byte[] bytes) = Hurt(kind, damage, seed);
                Assert.StartsWith(changed, done);
                (string again, _, byte[] sameBytes) = Hurt(kind, damage, seed);
                Assert.Equal(done, again);
                Assert.Equal(bytes, sameBytes);
            }
    }

    [Fact]
    public void It_says_so_when_there_is_no_such_file()
    {
        Directory.CreateDirectory(folder["empty"]);
        Assert.Null(Corruption.Apply(folder["empty"], DatabaseFile.Blob, Damage.Flipped, 1));
    }

    // Damages, looks, and heals.
    (string Done, string Name, byte[] Bytes) Hurt(DatabaseFile kind, Damage damage, ulong seed)
    {
        Dictionary<string, byte[]> before = Contents();
        string done = Corruption.Apply(folder["db"], kind, damage, seed)!;
        (string name, byte[] bytes) = Assert.Single(Contents(), file => !file.Value.AsSpan().SequenceEqual(before[file.Key]));
        File.WriteAllBytes(Path.Combine(folder["db"], name), before[name]);
        return (done, name, bytes);
    }

    Dictionary<string, byte[]> Contents() => Directory.EnumerateFiles(folder["db"]).ToDictionary(file => Path.GetFileName(file), File.ReadAllBytes);
}
