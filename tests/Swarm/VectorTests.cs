using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Swarm.Tests;

/// <summary>What tests/vectors/swarm.py, a second implementation, has worked out.</summary>
public sealed class VectorTests : IDisposable
{
    static readonly IReadOnlyList<TestVector> vectors = TestVector.Load("swarm.txt");

    readonly TestVector common = vectors.Single(vector => vector.Text("what") == "keys");
    readonly Ed25519Key key;
    readonly VaultId vault;

    public VectorTests() => (key, vault) = (Ed25519Key.FromSeed(common.Bytes("seed")), new VaultId(common.Bytes("vault")));

    DeviceId Holder => new(common.Bytes("holder"));

    static IEnumerable<TestVector> Of(string what) => vectors.Where(vector => vector.Text("what") == what);

    static HeldId[] Ids(string text) => text == "-" ? [] : [.. text.Split(' ').Select(number => new HeldId(ulong.Parse(number, System.Globalization.CultureInfo.InvariantCulture)))];

    [Fact]
    public void Statements_are_signed_and_opened_as_they_are() => Assert.All(Of("statement"), vector =>
    {
        HoldingStatement statement = new(Holder, vector.Number("run"), vector.Number("sequence"), new HeldDigest((long)vector.Number("count"), vector.Number("sum")), Ids(vector.Text("have")), Ids(vector.Text("gone")));
        byte[] signed = vector.Bytes("signed");
        Assert.Equal(signed, statement.Sign(vault, key));
        HoldingStatement opened = HoldingStatement.Open(signed, vault, key.Public)!;
        Assert.Equal((statement.Device, statement.Run, statement.Sequence, statement.Digest), (opened.Device, opened.Run, opened.Sequence, opened.Digest));
        Assert.Equal(statement.Have, opened.Have);
        Assert.Equal(statement.Gone, opened.Gone);
        for (int i = 0; i < signed.Length; i++)
        {
            byte[] changed = [.. signed];
            changed[i] ^= 1;
            Assert.Null(HoldingStatement.Open(changed, vault, key.Public));
            Assert.Null(HoldingStatement.Open(signed.AsSpan(0, i), vault, key.Public));
        }
        Assert.Null(HoldingStatement.Open(signed, new VaultId(new byte[32]), key.Public));
    });

    [Fact]
    public void Proofs_are_made_as_they_are() => Assert.All(Of("proof"), vector =>
    {
        Hash32 nonce = new(vector.Bytes("nonce")), binding = new(vector.Bytes("binding"));
        Assert.Equal(new Hash32(vector.Bytes("inner")), BlockProof.Inner(vector.Bytes("block"), nonce));
        Assert.Equal(new Hash32(vector.Bytes("proof")), BlockProof.Of(vector.Bytes("block"), nonce, binding, Holder));
    });

    [Fact]
    public void Promises_are_signed_as_they_are() => Assert.All(Of("promise"), vector =>
    {
        byte[] blocks = vector.Bytes("blocks");
        LockPromise promise = new(Holder, new DeviceId(common.Bytes("freer")), new Hash32(vector.Bytes("nonce")), [.. blocks.Chunk(BlockId.Size).Select(id => new BlockId(id))]);
        Assert.Equal(vector.Bytes("body"), promise.Encode());
        Assert.Equal(vector.Bytes("signature"), promise.Sign(vault, key));
        Assert.True(promise.IsSignedBy(vault, key.Public, vector.Bytes("signature")));
        Assert.False((promise with { Nonce = default }).IsSignedBy(vault, key.Public, vector.Bytes("signature")));
        Assert.False(promise.IsSignedBy(new VaultId(new byte[32]), key.Public, vector.Bytes("signature")));
    });

    public void Dispose() => key.Dispose();
}
