using Vault.Identity;
using Vault.Primitives;
using Vault.Store;
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

    [Fact]
    public void Two_histories_make_the_same_proof()
    {
        TestVector vector = vectors.Single(vector => vector.Text("what") == "fork");
        SignedMessage first = SignedMessage.From(vector.Bytes("first"), null)!, second = SignedMessage.From(vector.Bytes("second"), null)!;
        foreach ((SignedMessage a, SignedMessage b) in ((SignedMessage, SignedMessage)[])[(first, second), (second, first)])
            Assert.Equal(vector.Bytes("bytes"), ForkProof.Of(keys.Vault, device.Public, a, b)!.Encode());
        (SignedMessage A, SignedMessage B) two = ForkProof.Parse(vector.Bytes("bytes"))!.Value;
        Assert.NotNull(ForkProof.Of(keys.Vault, device.Public, two.A, two.B));
    }

    [Fact]
    public void What_logs_say_to_each_other_is_read_and_written_as_it_is()
    {
        Dictionary<string, ChatWire> read = vectors.Where(vector => vector.Text("what") == "wire").ToDictionary(vector => vector.Text("name"), vector =>
        {
            ChatWire? message = ChatWire.Decode(vector.Bytes("bytes"));
            Assert.NotNull(message);
            Assert.Equal(vector.Bytes("bytes"), message.Encode());
            return message;
        });
        TestVector[] said = [.. Messages];
        FeedId feed = new(new DeviceId(common.Bytes("device")), 0);
        ChatWire.Heads heads = Assert.IsType<ChatWire.Heads>(read["heads"]);
        Assert.Equal((HeadsPart.Last, feed, 4ul, new Hash32(said[3].Bytes("hash"))), (heads.Part, heads.Values[0].Feed, heads.Values[0].Sequence, heads.Values[0].Hash));
        Assert.Equal(new FeedId(new DeviceId(common.Bytes("other")), 1), heads.Values[1].Feed);
        Assert.Equal(HeadsPart.Moved, Assert.IsType<ChatWire.Heads>(read["moved"]).Part);
        Assert.Single(Assert.IsType<ChatWire.Forks>(read["forks"]).Values);
        Assert.Equal(new ChatWire.Ask(feed, 2, 2048, HeadersOnly: true), read["ask"]);
        ChatWire.Messages answer = Assert.IsType<ChatWire.Messages>(read["answer"]);
        Assert.Equal(said[0].Bytes("sealed"), answer.Values[0].Body!.Value.ToArray());
        Assert.Null(answer.Values[1].Body);
        Assert.Empty(Assert.IsType<ChatWire.Messages>(read["nothing"]).Values);
    }

    [Fact]
    public void A_log_that_took_them_in_lies_in_the_database_and_in_a_file_as_it_is()
    {
        TestVector file = vectors.Single(vector => vector.Text("what") == "bundle"), fork = vectors.Single(vector => vector.Text("what") == "fork");
        Membership members = Membership.Of(keys.Vault, [ControlRecord.Parse(keys.Vault, file.Bytes("certificate"))!]);
        VirtualTime time = new();
        using MemoryDatabase database = new(ChatKeys.Chat, new Family("other"));
        byte[] nonce = Messages.First().Bytes("sealed")[..24];
        ChatLog log = ChatLog.Open(new ChatPorts(database, keys, null, new HybridClock(time), new Drawn(nonce), time, () => members, () => Witness.None), false);
        SignedMessage[] said = [.. Messages.Select(vector => SignedMessage.From((byte[])[.. vector.Bytes("header"), .. vector.Bytes("signature")], vector.Bytes("sealed"))!)];
        Assert.All(log.Accept(said, asked: true), result => Assert.Equal(Acceptance.Added, result));
        Assert.True(log.Accept(SignedMessage.From(fork.Bytes("second"), null)!, SignedMessage.From(fork.Bytes("first"), null)!));

        Assert.Equal(vectors.Where(vector => vector.Text("what") == "row").Select(vector => $"{vector.Text("key")} {vector.Text("value")}"), Rows(database));

        MemoryStream written = new();
        ChatBundle.Write(written, members, log, new BodySealer(keys, RandomSource.System).Show);
        Assert.Equal(file.Bytes("bytes"), written.ToArray());
        written.Position = 0;
        Assert.True(ChatBundle.IsOne(written));
        Assert.Equal(keys.Vault, ChatBundle.Verify(written).Vault);
    }

    static IEnumerable<string> Rows(MemoryDatabase database)
    {
        using ICursor cursor = database.Range(ChatKeys.Chat, [], [0xFF, .. Enumerable.Repeat((byte)0xFF, 64)]);
        while (cursor.MoveNext()) yield return $"{Convert.ToHexStringLower(cursor.Key)} {Convert.ToHexStringLower(cursor.Value)}";
    }

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
