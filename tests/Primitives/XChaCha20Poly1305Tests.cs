using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Primitives.Tests;

public class XChaCha20Poly1305Tests
{
    [Fact]
    public void The_published_message_seals_and_opens()
    {
        foreach (TestVector vector in TestVector.Load("xchacha20poly1305.txt"))
        {
            byte[] key = vector.Bytes("key"), nonce = vector.Bytes("nonce"), plain = vector.Bytes("plain"), associated = vector.Bytes("associated");
            byte[] output = new byte[plain.Length + 16];
            XChaCha20Poly1305.Encrypt(key, nonce, plain, associated, output);
            Assert.Equal(vector.Bytes("sealed"), output);

            byte[] opened = new byte[plain.Length];
            Assert.True(XChaCha20Poly1305.TryDecrypt(key, nonce, output, associated, opened));
            Assert.Equal(plain, opened);
        }
    }

    // HChaCha20 and then the base class library's ChaCha20-Poly1305: the construction, step by step.
    [Fact]
    public void It_equals_the_construction_of_the_draft() => Seed.Check(100, random =>
    {
        byte[] key = random.Bytes(32), nonce = random.Bytes(24), plain = random.BytesUpTo(300), associated = random.BytesUpTo(50);
        byte[] expected = new byte[plain.Length + 16], output = new byte[plain.Length + 16];
        using ChaCha20Poly1305 inner = new(HChaCha20(key, nonce));
        inner.Encrypt([0, 0, 0, 0, .. nonce.AsSpan(16)], plain, expected.AsSpan(0, plain.Length), expected.AsSpan(plain.Length), associated);
        XChaCha20Poly1305.Encrypt(key, nonce, plain, associated, output);
        Assert.Equal(expected, output);
    });

    [Fact]
    public void One_flipped_bit_anywhere_is_refused_and_the_output_cleared() => Seed.Check(100, random =>
    {
        byte[] key = random.Bytes(32), nonce = random.Bytes(24), plain = random.Bytes(1 + random.Below(100)), associated = random.Bytes(8);
        byte[] output = new byte[plain.Length + 16];
        XChaCha20Poly1305.Encrypt(key, nonce, plain, associated, output);
        byte[] target = random.Below(4) switch { 0 => key, 1 => nonce, 2 => associated, _ => output };
        target[random.Below(target.Length)] ^= (byte)(1 << random.Below(8));
        byte[] opened = [.. plain];
        Assert.False(XChaCha20Poly1305.TryDecrypt(key, nonce, output, associated, opened));
        Assert.All(opened, b => Assert.Equal(0, b));
    });

    [Fact]
    public void Something_shorter_than_a_tag_is_refused() =>
        Assert.False(XChaCha20Poly1305.TryDecrypt(new byte[32], new byte[24], new byte[15], [], []));

    static byte[] HChaCha20(byte[] key, byte[] nonce)
    {
        uint[] s = new uint[16];
        "expa"u8.CopyTo(Bytes(0)); "nd 3"u8.CopyTo(Bytes(1)); "2-by"u8.CopyTo(Bytes(2)); "te k"u8.CopyTo(Bytes(3));
        for (int i = 0; i < 8; i++) s[4 + i] = BinaryPrimitives.ReadUInt32LittleEndian(key.AsSpan(4 * i));
        for (int i = 0; i < 4; i++) s[12 + i] = BinaryPrimitives.ReadUInt32LittleEndian(nonce.AsSpan(4 * i));
        for (int round = 0; round < 10; round++)
        {
            for (int i = 0; i < 4; i++) Quarter(i, 4 + i, 8 + i, 12 + i);
            for (int i = 0; i < 4; i++) Quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
        }
        byte[] output = new byte[32];
        for (int i = 0; i < 4; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(output.AsSpan(4 * i), s[i]);
            BinaryPrimitives.WriteUInt32LittleEndian(output.AsSpan(16 + 4 * i), s[12 + i]);
        }
        return output;

        Span<byte> Bytes(int word) => System.Runtime.InteropServices.MemoryMarshal.AsBytes(s.AsSpan(word, 1));

        void Quarter(int a, int b, int c, int d)
        {
            s[d] = BitOperations.RotateLeft(s[d] ^ (s[a] += s[b]), 16);
            s[b] = BitOperations.RotateLeft(s[b] ^ (s[c] += s[d]), 12);
            s[d] = BitOperations.RotateLeft(s[d] ^ (s[a] += s[b]), 8);
            s[b] = BitOperations.RotateLeft(s[b] ^ (s[c] += s[d]), 7);
        }
    }
}
