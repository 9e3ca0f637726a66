using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Primitives.Tests;

public class XSalsa20Tests
{
    [Fact]
    public void Published_keystreams_come_out_the_same()
    {
        foreach (TestVector vector in TestVector.Load("xsalsa20.txt"))
        {
            using XSalsa20 cipher = new(vector.Bytes("key"), vector.Bytes("nonce"));
            byte[] stream = new byte[vector.Int("length")];
            cipher.Apply(stream);
            byte[] start = vector.Bytes("keystream");
            Assert.Equal(start, stream[..start.Length]);
            Assert.Equal(vector.Bytes("sha256"), SHA256.HashData(stream));
        }
    }

    [Fact]
    public void Another_implementation_makes_the_same_keystream() => Seed.Check(50, random =>
    {
        byte[] key = random.Bytes(32), nonce = random.Bytes(24), data = random.BytesUpTo(random.Below(2) == 0 ? 1000 : 10_000);
        XSalsa20Engine engine = new();
        engine.Init(true, new ParametersWithIV(new KeyParameter(key), nonce));
        byte[] expected = new byte[data.Length];
        engine.ProcessBytes(data, 0, data.Length, expected, 0);

        using XSalsa20 cipher = new(key, nonce);
        cipher.Apply(data);
        Assert.Equal(expected, data);
    });

    /// <summary>Short pieces are libsodium's work, long ones ours where the processor has wide vectors. Also where the low word of a block's number runs over.</summary>
    [Fact]
    public void Pieces_of_any_length_equal_one_call() => Seed.Check(200, random =>
    {
        byte[] key = random.Bytes(32), nonce = random.Bytes(24), whole = random.BytesUpTo(9000), pieces = [.. whole];
        ulong from = random.Below(2) == 0 ? 0 : ((ulong)random.Below(int.MaxValue) << 32) - (uint)random.Below(100);
        using XSalsa20 one = new(key, nonce, from), many = new(key, nonce, from);
        one.Apply(whole);
        for (int at = 0; at < pieces.Length;)
        {
            int length = Math.Min(random.Below(random.Below(2) == 0 ? 5 : 300), pieces.Length - at);
            many.Apply(pieces.AsSpan(at, length));
            at += length;
        }
        Assert.Equal(whole, pieces);
    });

    [Fact]
    public void A_disposed_cipher_refuses_even_what_was_left_of_a_block()
    {
        XSalsa20 cipher = new(new byte[32], new byte[24]);
        cipher.Apply(new byte[10]);
        cipher.Dispose();
        Assert.Throws<ObjectDisposedException>(() => cipher.Apply(new byte[10]));
    }
}
