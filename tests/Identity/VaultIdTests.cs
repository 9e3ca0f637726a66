using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Identity.Tests;

public class VaultIdTests
{
    [Fact]
    public void Id_text_and_tag_are_as_specified()
    {
        TestVector vector = Vectors.Of("vault");
        using Ed25519Key root = Ed25519Key.FromSeed(vector.Bytes("root"));
        VaultId id = new(root.Public.Bytes);
        Assert.Equal(vector.Bytes("id"), id.Key.ToArray());
        Assert.Equal(vector.Text("text"), id.ToString());
        Assert.Equal(vector.Bytes("tag"), id.Tag.ToArray());
        Assert.Equal(vector.Text("tag"), id.Tag.ToString());
    }

    [Fact]
    public void Ids_round_trip_through_text() => Seed.Check(500, random =>
    {
        VaultId id = new(random.Bytes(VaultId.Size));
        Assert.Equal(VaultId.TextLength, id.ToString().Length);
        Assert.Equal(id, VaultId.Parse(id.ToString()));
        Assert.Null(VaultId.Parse(id.ToString().AsSpan(1)));
        Assert.Null(VaultId.Parse(id + "a"));
        Assert.Null(VaultId.Parse(id.ToString().ToUpperInvariant()));
    });

    [Fact]
    public void Tags_sort_as_their_bytes_do() => Seed.Check(500, random =>
    {
        byte[] x = random.Bytes(VaultTag.Size), y = random.Bytes(VaultTag.Size);
        if (random.Below(2) == 0) x.AsSpan(0, random.Below(17)).CopyTo(y);
        Assert.Equal(Math.Sign(x.AsSpan().SequenceCompareTo(y)), Math.Sign(new VaultTag(x).CompareTo(new VaultTag(y))));
        Assert.Equal(x, new VaultTag(x).ToArray());
    });
}
