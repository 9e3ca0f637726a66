using Vault.Tests.Support;
using Xunit;

namespace Vault.Primitives.Tests;

public class Argon2idTests
{
    [Fact]
    public void Published_keys_come_out_the_same()
    {
        foreach (TestVector vector in TestVector.Load("argon2id.txt"))
        {
            byte[] expected = vector.Bytes("derived");
            using SecretBytes key = Argon2id.Derive(
                vector.Bytes("passphrase"), vector.Bytes("salt"), vector.Int("passes"), vector.Int("memoryKiB"), expected.Length);
            Assert.Equal(expected, key.Span.ToArray());
        }
    }

    [Fact]
    public void Costs_that_protect_nothing_are_a_bug()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Argon2id.Derive([1], new byte[16], passes: 0, memoryKiB: 64));
        Assert.Throws<ArgumentOutOfRangeException>(() => Argon2id.Derive([1], new byte[16], passes: 1, memoryKiB: 7));
        Assert.Throws<ArgumentException>(() => Argon2id.Derive([1], new byte[8], passes: 1, memoryKiB: 64));
    }
}
