using System.Security.Cryptography;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Bench;

/// <summary>
/// The work that no store of this format can avoid: the same bytes read, chunked, hashed twice, sealed, and written to plain
/// files that are synced at the end, by two threads that share nothing but the list of stretches. No database, no index.
/// </summary>
static class Floor
{
    const int Stretch = 32 << 20; // as much as one flush of the store writes: a file of its own

    public static int Run(string source, string target)
    {
        Directory.CreateDirectory(target);
        using VaultKeys keys = VaultKeys.Create(RandomSource.Seeded(1));
        Chunker chunker = new(new GearTable(keys.Current.Chunker.Span), ChunkSizes.Default);
        List<(string Path, long Offset)> stretches = [];
        foreach (string path in Directory.GetFiles(source, "*", SearchOption.AllDirectories))
            for (long at = 0; at < new FileInfo(path).Length; at += Stretch) stretches.Add((path, at));
        int next = -1;
        Thread[] threads = [.. Enumerable.Range(0, 2).Select(_ => new Thread(Work))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        return 0;

        void Work()
        {
            byte[] window = new byte[Stretch], block = new byte[Limits.MaxBlock];
            byte[] key = new byte[32];
            for (int i; (i = Interlocked.Increment(ref next)) < stretches.Count;)
            {
                using FileStream input = new(stretches[i].Path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
                input.Position = stretches[i].Offset;
                int have = input.ReadAtLeast(window, Stretch, throwOnEndOfStream: false);
                using FileStream output = new(Path.Combine(target, i.ToString("d6", null)), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
                for (int at = 0; at < have;)
                {
                    int length = chunker.Cut(window.AsSpan(at, have - at));
                    Span<byte> body = block.AsSpan(7, length);
                    window.AsSpan(at, length).CopyTo(body);
                    SHA256.HashData(body, key);
                    using ChaCha20Poly1305 cipher = new(key);
                    cipher.Encrypt(new byte[12], body, body, block.AsSpan(7 + length, 16));
                    SHA256.HashData(block.AsSpan(0, length + 23), key);
                    output.Write(block, 0, length + 23);
                    at += length;
                }
                output.Flush(flushToDisk: true);
            }
        }
    }
}
