using Vault.Tests.Support;
using Xunit;

namespace Vault.Primitives.Tests;

public class SecretBytesTests
{
    [Fact]
    public void Derived_keys_are_HKDF_SHA256_of_RFC_5869()
    {
        foreach (TestVector vector in TestVector.Load("hkdf.txt"))
        {
            using SecretBytes secret = SecretBytes.Copy(vector.Bytes("secret"));
            using SecretBytes derived = secret.Derive("", vector.Int("length"));
            Assert.Equal(vector.Bytes("derived"), derived.Span.ToArray());
        }
    }

    [Fact]
    public void Another_implementation_derives_the_same_under_a_label() => Seed.Check(50, random =>
    {
        byte[] bytes = random.Bytes(1 + random.Below(64));
        Org.BouncyCastle.Crypto.Generators.HkdfBytesGenerator generator = new(new Org.BouncyCastle.Crypto.Digests.Sha256Digest());
        generator.Init(new Org.BouncyCastle.Crypto.Parameters.HkdfParameters(bytes, [], "vault/v1/test"u8.ToArray()));
        byte[] expected = new byte[32];
        generator.GenerateBytes(expected, 0, 32);

        using SecretBytes secret = SecretBytes.Copy(bytes), derived = secret.Derive("vault/v1/test");
        Assert.Equal(expected, derived.Span.ToArray());
    });

    [Fact]
    public void A_copy_is_its_own()
    {
        byte[] source = [1, 2, 3];
        using SecretBytes secret = SecretBytes.Copy(source);
        source[0] = 9;
        Assert.Equal([1, 2, 3], secret.Span.ToArray());
    }

    [Fact]
    public void Use_after_dispose_throws_and_disposing_twice_does_not()
    {
        SecretBytes secret = SecretBytes.Random(32, RandomSource.Seeded(1));
        secret.Dispose();
        secret.Dispose();
        Assert.Throws<ObjectDisposedException>(() => secret.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => secret.Derive("label"));
    }

    [Fact]
    public void Its_text_tells_nothing()
    {
        using SecretBytes secret = SecretBytes.Copy("hunter2"u8);
        Assert.Equal("(secret)", $"{secret}");
    }

    [Fact]
    public void Its_memory_lies_between_guard_pages()
    {
        using SecretBytes secret = SecretBytes.Random(32, RandomSource.Seeded(2));
        (string before, string own, string after) = MapsAround(secret);
        Assert.StartsWith("---p", before, StringComparison.Ordinal);
        Assert.StartsWith("rw-p", own, StringComparison.Ordinal);
        Assert.StartsWith("---p", after, StringComparison.Ordinal);
    }

    // Permissions of the mapping that holds the secret and of its two neighbours, from the kernel's own list.
    static unsafe (string Before, string Own, string After) MapsAround(SecretBytes secret)
    {
        ulong address;
        fixed (byte* start = secret.Span) address = (ulong)start;
        string[] maps = File.ReadAllLines("/proc/self/maps");
        int own = Array.FindIndex(maps, line => Bound(line, 0) <= address && address < Bound(line, 1));
        return (Permissions(maps[own - 1]), Permissions(maps[own]), Permissions(maps[own + 1]));

        static ulong Bound(string line, int which) => Convert.ToUInt64(line.Split(' ')[0].Split('-')[which], 16);
        static string Permissions(string line) => line.Split(' ')[1];
    }
}
