using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

public sealed class ProofFileTests
{
    static IEnumerable<(byte[] File, Hash32 Root)> Made =>
        TestVector.Load("catalog.txt").Where(vector => vector.Text("what") == "proof-file").Select(vector => (vector.Bytes("file"), new Hash32(vector.Bytes("root"))));

    [Fact]
    public void What_is_cut_short_or_goes_on_is_no_proof_file() => Assert.All(Made, made =>
    {
        for (int length = 0; length < made.File.Length; length++) Assert.Null(ProofFile.Decode(made.File.AsMemory(0, length)));
        Assert.Null(ProofFile.Decode((byte[])[.. made.File, 0]));
        Assert.Null(ProofFile.Decode(new byte[ProofFile.MaxSize + 1]));
    });

    [Fact]
    public void A_flipped_bit_leaves_no_proof_of_the_same_but_in_the_path_and_the_signature() => Seed.Check(LongRun.Cases(300, 100_000), random =>
    {
        foreach ((byte[] file, Hash32 root) in Made)
        {
            byte[] flipped = [.. file];
            flipped[random.Below(file.Length)] ^= (byte)(1 << random.Below(8));
            if (ProofFile.Decode(flipped) is not { } read || read.Check(root) == ProofVerdict.Nothing) continue;
            ProofFile whole = ProofFile.Decode(file)!;
            if (read.Record is null) Assert.True(read.Path != whole.Path || read.Position != whole.Position, "something else was changed"); // absence is true of many positions
            else Assert.Equal((whole.Vault, whole.Position, whole.Record!.Content), (read.Vault, read.Position, read.Record.Content));
        }
    });

    [Fact]
    public void A_record_of_another_position_proves_nothing()
    {
        (byte[] file, Hash32 root) = Made.First();
        ProofFile whole = ProofFile.Decode(file)!;
        Assert.Equal(ProofVerdict.Present, whole.Check(root));
        Assert.Equal(ProofVerdict.Nothing, (whole with { Position = Hash32.Of("elsewhere"u8) }).Check(root));
        Assert.Equal(ProofVerdict.Nothing, (whole with { Record = null }).Check(root));
    }
}
