using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Vault.Libp2p.Psk;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Libp2p.Tests.Psk;

public class PskTests
{
    static readonly Dictionary<string, string> Vectors = VectorFile.Load("psk.txt");

    static PreSharedKey Key(byte fill = 7) => PreSharedKey.FromBytes(Enumerable.Repeat(fill, 32).ToArray());

    [Fact]
    public void The_keystream_is_that_of_other_implementations()
    {
        using XSalsa20 cipher = new(VectorFile.Hex(Vectors["key"]), VectorFile.Hex(Vectors["nonce"]));
        byte[] stream = new byte[200_000];
        // In uneven steps: the position must survive them.
        for (int at = 0, step = 1; at < stream.Length; step = step * 3 % 997 + 1) 
        {
            int length = Math.Min(step, stream.Length - at);
            cipher.Apply(stream.AsSpan(at, length));
            at += length;
        }
        Assert.Equal(Vectors["keystream"], Convert.ToHexStringLower(stream.AsSpan(0, 128)));
        Assert.Equal(Vectors["keystreamAt65500"], Convert.ToHexStringLower(stream.AsSpan(65500, 64)));
        Assert.Equal(Vectors["sha256Of200000"], Convert.ToHexStringLower(SHA256.HashData(stream)));
    }

    [Fact]
    public void Mutated_key_files_are_keys_that_write_themselves_back_or_none()
    {
        byte[] good = Encoding.UTF8.GetBytes(Key().ToFile());
        Seed.Check(LongRun.Cases(50_000, 1_000_000), random =>
        {
            if (PreSharedKey.Parse(Encoding.UTF8.GetString(Mutation.Of(good, random))) is not { } key) return;
            using (key)
            using (PreSharedKey again = PreSharedKey.Parse(key.ToFile())!)
                Assert.Equal(key.Fingerprint, again.Fingerprint);
        });
    }

    [Theory]
    [InlineData("/key/swarm/psk/1.0.0/\n/base16/\n{0}\n", true)]
    [InlineData("/key/swarm/psk/1.0.0/\r\n/base16/\r\n{0}", true)]
    [InlineData("/key/swarm/psk/1.0.0/\n/base64/\n{1}\n", true)]
    [InlineData("/key/swarm/psk/1.0.0/\n/base16/\n{0}00\n", false)]
    [InlineData("/key/swarm/psk/1.0.0/\n/base16/\n00\n", false)]
    [InlineData("/key/swarm/psk/2.0.0/\n/base16/\n{0}\n", false)]
    [InlineData("/key/swarm/psk/1.0.0/\n/base58/\n{0}\n", false)]
    [InlineData("", false)]
    public void Swarm_key_files_are_read_as_others_write_them(string file, bool good)
    {
        byte[] key = VectorFile.Hex(Vectors["key"]);
        string text = string.Format(System.Globalization.CultureInfo.InvariantCulture, file, Convert.ToHexString(key), Convert.ToBase64String(key));
        using PreSharedKey? read = PreSharedKey.Parse(text);
        Assert.Equal(good, read is not null);
        if (read is null) return;
        using PreSharedKey again = PreSharedKey.Parse(read.ToFile())!;
        Assert.Equal(read.Fingerprint, again.Fingerprint);
    }

    [Fact]
    public async Task The_first_bytes_on_the_wire_are_the_vectors()
    {
        using PreSharedKey key = PreSharedKey.FromBytes(VectorFile.Hex(Vectors["key"]));
        Pipe wire = new();
        PskPipe pipe = PskPipe.Dial(new Duplex(new Pipe().Reader, wire.Writer), key, new Fixed(VectorFile.Hex(Vectors["nonce"])));
        await pipe.Output.WriteAsync(Libp2p.Multistream.MultistreamMessage.Header.ToArray());
        ReadResult result = await wire.Reader.ReadAsync();
        Assert.Equal(Vectors["wireOfMultistreamHeader"], Convert.ToHexStringLower(result.Buffer.ToArray()));
    }

    [Fact]
    public async Task A_listener_finds_the_dialers_key_in_its_ring_even_byte_by_byte()
    {
        using PreSharedKey mine = Key(1), theirs = Key(2), third = Key(3);
        (IDuplexPipe near, IDuplexPipe far) = Duplex.Pair();
        RandomSource random = RandomSource.Seeded(1);
        ValueTask<PskPipe?> accepting = PskPipe.AcceptAsync(far, [mine, third, theirs], random, default);

        Pipe staging = new();
        PskPipe sender = PskPipe.Dial(new Duplex(near.Input, staging.Writer), theirs, random);
        await sender.Output.WriteAsync((byte[])[.. Libp2p.Multistream.MultistreamMessage.Header, .. "hello"u8]);
        foreach (byte b in (await staging.Reader.ReadAsync()).Buffer.ToArray()) await near.Output.WriteAsync(new[] { b });

        PskPipe accepted = (await accepting)!;
        Assert.Same(theirs, accepted.Key);
        ReadResult got = await accepted.Input.ReadAtLeastAsync(25);
        Assert.Equal("hello"u8.ToArray(), got.Buffer.Slice(20).ToArray());
        accepted.Input.AdvanceTo(got.Buffer.GetPosition(3));
        Assert.Equal(Libp2p.Multistream.MultistreamMessage.Header[3..].ToArray(), (await accepted.Input.ReadAsync()).Buffer.Slice(0, 17).ToArray());

        await accepted.Output.WriteAsync("back"u8.ToArray());
        Assert.Equal("back"u8.ToArray(), (await sender.Input.ReadAtLeastAsync(4)).Buffer.ToArray());
    }

    [Fact]
    public async Task A_dialer_of_another_network_is_told_nothing()
    {
        using PreSharedKey mine = Key(1), theirs = Key(2);
        (IDuplexPipe near, IDuplexPipe far) = Duplex.Pair();
        PskPipe sender = PskPipe.Dial(near, theirs, RandomSource.Seeded(2));
        await sender.Output.WriteAsync(Libp2p.Multistream.MultistreamMessage.Header.ToArray());
        Assert.Null(await PskPipe.AcceptAsync(far, [mine], RandomSource.Seeded(3), default));
        Assert.Equal(XSalsa20.NonceSize, (await near.Input.ReadAsync()).Buffer.Length);
    }

    sealed class Fixed(byte[] bytes) : RandomSource
    {
        public override void Fill(Span<byte> destination) => bytes.CopyTo(destination);
    }
}
