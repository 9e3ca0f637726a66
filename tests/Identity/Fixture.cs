using System.Text;
using Vault.Primitives;
using Vault.Tests.Support;

namespace Vault.Identity.Tests;

/// <summary>A folder of its own for one test, gone afterwards.</summary>
sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("vault-identity-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>Deals out given bytes and then no more: to write again what a vector drew.</summary>
sealed class DealtSource(byte[] bytes) : RandomSource
{
    int at;

    public override void Fill(Span<byte> destination)
    {
        bytes.AsSpan(at, destination.Length).CopyTo(destination);
        at += destination.Length;
    }
}

static class Vectors
{
    /// <summary>A passphrase that costs next to nothing to try, so that tests are quick.</summary>
    public static KeyStretch Cheap { get; } = new(Passes: 1, MemoryKiB: 8);

    public static TestVector Of(string what) => TestVector.Load("identity.txt").Single(vector => vector.Text("what") == what);

    public static KeyStretch Stretch(this TestVector vector) => new(vector.Int("passes"), vector.Int("memoryKiB"));

    public static SecretBytes Passphrase(string text) => SecretBytes.Copy(Encoding.UTF8.GetBytes(text));
}
