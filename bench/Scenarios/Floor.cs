using System.Collections.Concurrent;
using System.Security.Cryptography;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Bench;

/// <summary>
/// The work that no store of this format can avoid, for content that neither compresses nor repeats: the same bytes read,
/// chunked, hashed twice, sealed, and written to plain files that are all synced at the end. No database, no index, no tree, no
/// question whether a block is there already. To be the floor and not just another program, it wastes nothing that a store
/// could save: two threads share nothing but the list of stretches, content is sealed from where it was read to, and the
/// disk works while they do.
/// </summary>
static class Floor
{
    const int Threads = 2;

    /// <summary>A file of its own for as much as one flush of the store writes.</summary>
    const int StretchSize = Limits.UnflushedBytes;

    /// <summary>Content read at once, as by the store.</summary>
    const int WindowSize = 8 << 20;

    sealed record Stretch(string Path, long Offset, long Length, string Output);

    public static int Run(string source, string target)
    {
        Meter meter = new();
        Directory.CreateDirectory(target);
        using VaultKeys keys = VaultKeys.Create(RandomSource.Seeded(1));
        Chunker chunker = new(new GearTable(keys.Current.Chunker.Span), ChunkSizes.Default);
        ConcurrentQueue<Stretch> waiting = new(Stretches(source, target));
        using BlockingCollection<FileStream> written = [];

        Thread syncing = new(() =>
        {
            foreach (FileStream output in written.GetConsumingEnumerable())
            {
                output.Flush(flushToDisk: true);
                output.Dispose();
            }
        });
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(_ => new Thread(() =>
        {
            Seal seal = new(chunker);
            while (waiting.TryDequeue(out Stretch? stretch)) written.Add(seal.Write(stretch));
        }))];
        syncing.Start();
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        written.CompleteAdding();
        syncing.Join();
        Report.Line("floor", meter);
        return 0;
    }

    static IEnumerable<Stretch> Stretches(string source, string target)
    {
        int count = 0;
        foreach (FileInfo file in new DirectoryInfo(source).EnumerateFiles("*", SearchOption.AllDirectories))
            for (long at = 0; at < file.Length; at += StretchSize)
                yield return new Stretch(file.FullName, at, Math.Min(StretchSize, file.Length - at), Path.Combine(target, $"{count++:d6}"));
    }

    /// <summary>One thread's buffers.</summary>
    sealed class Seal(Chunker chunker)
    {
        readonly byte[] window = new byte[1 + WindowSize]; // one byte in front of the content: room for the first flag
        readonly byte[] block = new byte[Limits.MaxBlock];
        readonly byte[] hash = new byte[32];

        public FileStream Write(Stretch stretch)
        {
            using FileStream input = new(stretch.Path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            input.Position = stretch.Offset;
            FileStream output = new(stretch.Output, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            long left = stretch.Length;
            int have = 0;
            while (left > 0)
            {
                int read = input.ReadAtLeast(window.AsSpan(1 + have, (int)Math.Min(WindowSize - have, left)), 1);
                left -= read;
                have += read;
                int at = 1;
                while (have > 0 && (left == 0 || have >= chunker.Sizes.Max))
                {
                    int length = chunker.Cut(window.AsSpan(at, have));
                    WriteBlock(window.AsSpan(at - 1, 1 + length), output);
                    at += length;
                    have -= length;
                }
                window.AsSpan(at, have).CopyTo(window.AsSpan(1));
            }
            return output;
        }

        // The first byte is the last chunk's last one, which nobody needs any more: the flag takes its place.
        void WriteBlock(Span<byte> body, FileStream output)
        {
            body[0] = SealedBody.Plain;
            BlockHeader header = new(0, 0);
            header.Write(block);
            Span<byte> all = block.AsSpan(0, header.PublicSize + body.Length + SealedBody.TagSize);
            SHA256.HashData(body, hash);
            using ChaCha20Poly1305 cipher = new(hash);
            cipher.Encrypt(new byte[12], body, all[header.PublicSize..^SealedBody.TagSize], all[^SealedBody.TagSize..], all[..header.PublicSize]);
            SHA256.HashData(all, hash);
            output.Write(all);
        }
    }
}
