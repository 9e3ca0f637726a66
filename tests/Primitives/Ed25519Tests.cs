using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Primitives.Tests;

public class Ed25519Tests
{
    [Fact]
    public void Published_keys_and_signatures_come_out_the_same()
    {
        foreach (TestVector vector in TestVector.Load("ed25519.txt"))
        {
            using Ed25519Key key = Ed25519Key.FromSeed(vector.Bytes("seed"));
            Assert.Equal(vector.Text("public"), key.Public.ToString());
            Assert.Equal(vector.Bytes("signature"), key.Sign(vector.Bytes("message")));
            Assert.True(key.Public.Verify(vector.Bytes("message"), vector.Bytes("signature")));
            Assert.Equal(vector.Bytes("seed"), key.Seed.ToArray());
        }
    }

    [Fact]
    public void Another_implementation_signs_the_same() => Seed.Check(50, random =>
    {
        byte[] seed = random.Bytes(32), message = random.BytesUpTo(300);
        using Ed25519Key key = Ed25519Key.FromSeed(seed);
        Ed25519Signer signer = new();
        signer.Init(forSigning: true, new Ed25519PrivateKeyParameters(seed, 0));
        signer.BlockUpdate(message, 0, message.Length);
        Assert.Equal(signer.GenerateSignature(), key.Sign(message));
    });

    [Fact]
    public void One_flipped_bit_anywhere_is_a_forgery() => Seed.Check(100, random =>
    {
        using Ed25519Key key = Ed25519Key.Generate(random);
        byte[] message = random.Bytes(1 + random.Below(100));
        byte[] signature = key.Sign(message);
        byte[] publicKey = key.Public.Bytes.ToArray();
        Assert.True(key.Public.Verify(message, signature));

        byte[] target = random.Below(3) switch { 0 => message, 1 => signature, _ => publicKey };
        target[random.Below(target.Length)] ^= (byte)(1 << random.Below(8));
        Assert.False(new Ed25519PublicKey(publicKey).Verify(message, signature));
    });

    [Fact]
    public void A_signature_of_the_wrong_length_is_a_forgery()
    {
        using Ed25519Key key = Ed25519Key.Generate(RandomSource.Seeded(1));
        byte[] signature = key.Sign([1]);
        Assert.False(key.Public.Verify([1], signature.AsSpan(0, 63)));
        Assert.False(key.Public.Verify([1], [.. signature, 0]));
        Assert.False(key.Public.Verify([1], []));
    }

    // s + L instead of s: valid for a lax verifier, and a second signature of the same message.
    [Fact]
    public void A_signature_can_not_be_altered_into_another_valid_one()
    {
        byte[] order = Convert.FromHexString("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
        using Ed25519Key key = Ed25519Key.Generate(RandomSource.Seeded(2));
        byte[] signature = key.Sign([1, 2, 3]);
        int carry = 0;
        for (int i = 0; i < 32; i++)
        {
            carry += signature[32 + i] + order[i];
            signature[32 + i] = (byte)carry;
            carry >>= 8;
        }
        Assert.False(key.Public.Verify([1, 2, 3], signature));
    }

    // With a key of small order, a signature of zeros verifies half of all messages.
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")]
    [InlineData("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")]
    public void A_key_of_small_order_verifies_nothing(string hex)
    {
        Ed25519PublicKey weak = new(Convert.FromHexString(hex));
        byte[] signature = new byte[64];
        signature[0] = 1; // R is the neutral element, s is zero
        for (byte i = 0; i < 16; i++) Assert.False(weak.Verify([i], signature));
        Assert.Null(weak.ToX25519());
    }

    [Fact]
    public void Both_halves_convert_to_one_X25519_key() => Seed.Check(20, random =>
    {
        using Ed25519Key key = Ed25519Key.Generate(random);
        using X25519Key converted = key.ToX25519();
        Assert.Equal(converted.Public, key.Public.ToX25519());
    });

    [Fact]
    public void A_disposed_key_refuses_to_sign()
    {
        Ed25519Key key = Ed25519Key.Generate(RandomSource.Seeded(3));
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.Sign([1]));
    }
}
