using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Chat.Tests;

/// <summary>What tests/vectors/chat.py, a second implementation, has worked out.</summary>
public sealed class VectorTests : IDisposable
{
    static readonly IReadOnlyList<TestVector> vectors = TestVector.Load("chat.txt");

    readonly TestVector common = vectors.Single(vector => vector.Text("what") == "keys");
    readonly VaultKeys keys;
    readonly Ed25519Key device;

    public VectorTests()
    {
        keys = new VaultKeys(new VaultId(common.Bytes("vault")), [new SecretEpoch(0, common.Bytes("sync"), common.Bytes("read"))]);
        device = Ed25519Key.FromSeed(common.Bytes("seed"));
    }

    static IEnumerable<TestVector> Messages => vectors.Where(vector => vector.Text("what") == "message");

    [Fact]
    public void Headers_are_read_and_written_as_they_are() => Assert.All(Messages, vector =>
    {
        MessageHeader? header = MessageHeader.Parse(vector.Bytes("header"));
        Assert.NotNull(header);
        Assert.Equal(vector.Bytes("header"), header.Encode());
        Assert.Equal(new FeedId(new DeviceId(common.Bytes("device")), 0), header.Feed);
        Assert.Equal(vector.Number("sequence"), header.Sequence);
        Assert.Equal(vector.Number("time"), header.Time.Value);
        Assert.Equal(vector.Bytes("previous"), header.Previous.ToArray());
        Assert.Equal(vector.Text("tag"), header.Room.ToString());
    });

    [Fact]
    public void Messages_have_the_same_names_and_signatures() => Assert.All(Messages, vector =>
    {
        byte[] signedHeader = [.. vector.Bytes("header"), .. vector.Bytes("signature")];
        SignedMessage? message = SignedMessage.From(signedHeader, vector.Bytes("sealed"));
        Assert.NotNull(message);
        Assert.Equal(vector.Bytes("hash"), message.Hash.ToArray());
        Assert.True(message.IsSignedBy(keys.Vault, device.Public));
        Assert.Equal(signedHeader, SignedMessage.Sign(keys.Vault, device, message.Header, vector.Bytes("sealed")).EncodeHeader());
    });

    [Fact]
    public void Bodies_are_sealed_and_opened_as_they_are() => Assert.All(Messages, vector =>
    {
        MessageHeader header = MessageHeader.Parse(vector.Bytes("header"))!;
        MessageBody? body = new BodySealer(keys, new Drawn(vector.Bytes("sealed")[..24])).Open(header, vector.Bytes("sealed"));
        Assert.NotNull(body);
        Assert.Equal((BodyKind)vector.Int("kind"), body.Kind);
        Assert.Equal(vector.Text("room"), body.Room);
        Assert.Equal(vector.Text("text"), body.Text);
        Assert.Equal(vector.Bytes("plain"), body.Encode());
        Assert.Equal(RoomTag.Of(keys.Current, body.Room), header.Room);
        Assert.Equal(vector.Bytes("sealed"), new BodySealer(keys, new Drawn(vector.Bytes("sealed")[..24])).Seal(keys.Current, header.Room, header.Feed, header.Sequence, body));
    });

    public void Dispose()
    {
        device.Dispose();
        keys.Dispose();
    }

    /// <summary>Chance that was drawn beforehand.</summary>
    sealed class Drawn(byte[] bytes) : RandomSource
    {
        public override void Fill(Span<byte> destination) => bytes.AsSpan(0, destination.Length).CopyTo(destination);
    }
}
