using System.Buffers;
using System.IO.Pipelines;
using Vault.Primitives;

namespace Vault.Libp2p.Psk;

/// <summary>
/// A pipe around a pipe: what goes through it is XORed with XSalsa20 under a network's key. Each direction starts with a fresh
/// 24-byte nonce in clear. There is no integrity here; a wrong key shows as nonsense in the next layer.
/// </summary>
sealed class PskPipe : IDuplexPipe, IDisposable
{
    readonly PskReader input;
    readonly PskWriter output;

    PskPipe(PskReader input, PskWriter output, PreSharedKey key)
    {
        (this.input, this.output) = (input, output);
        Key = key;
    }

    public PipeReader Input => input;
    public PipeWriter Output => output;
    public PreSharedKey Key { get; }

    /// <summary>The dialer's side: our nonce is written and leaves with the first flush; theirs is read with the first read.</summary>
    public static PskPipe Dial(IDuplexPipe inner, PreSharedKey key, RandomSource random)
    {
        Span<byte> nonce = stackalloc byte[XSalsa20.NonceSize];
        WriteNonce(inner.Output, random, nonce);
        return new PskPipe(new PskReader(inner.Input, key), new PskWriter(inner.Output, key.Cipher(nonce)), key);
    }

    /// <summary>
    /// The listener's side. Our nonce goes out at once, because some dialers wait for it. Which key of the ring the dialer uses
    /// shows in its first bytes, which are always multistream's header; null when no key makes them that.
    /// </summary>
    public static async ValueTask<PskPipe?> AcceptAsync(IDuplexPipe inner, IReadOnlyList<PreSharedKey> ring, RandomSource random, CancellationToken cancel)
    {
        byte[] ours = new byte[XSalsa20.NonceSize];
        WriteNonce(inner.Output, random, ours);
        await inner.Output.FlushAsync(cancel);

        while (true)
        {
            ReadResult result = await inner.Input.ReadAsync(cancel);
            ReadOnlySequence<byte> buffer = result.Buffer;
            Trial trial = Try(buffer, ring, out PreSharedKey? key);
            if (trial == Trial.Found)
            {
                byte[] theirs = buffer.Slice(0, XSalsa20.NonceSize).ToArray();
                inner.Input.AdvanceTo(buffer.GetPosition(XSalsa20.NonceSize));
                return new PskPipe(new PskReader(inner.Input, key!, key!.Cipher(theirs)), new PskWriter(inner.Output, key.Cipher(ours)), key);
            }
            inner.Input.AdvanceTo(buffer.Start, buffer.End);
            if (trial == Trial.None || result.IsCompleted || result.IsCanceled) return null;
        }
    }

    enum Trial { Undecided, Found, None }

    static Trial Try(in ReadOnlySequence<byte> buffer, IReadOnlyList<PreSharedKey> ring, out PreSharedKey? found)
    {
        found = null;
        ReadOnlySpan<byte> expected = Multistream.MultistreamMessage.Header;
        int known = (int)Math.Min(buffer.Length - XSalsa20.NonceSize, expected.Length);
        if (known <= 0) return Trial.Undecided;

        Span<byte> nonce = stackalloc byte[XSalsa20.NonceSize];
        Span<byte> start = stackalloc byte[expected.Length];
        buffer.Slice(0, nonce.Length).CopyTo(nonce);
        foreach (PreSharedKey key in ring)
        {
            buffer.Slice(nonce.Length, known).CopyTo(start);
            using XSalsa20 cipher = key.Cipher(nonce);
            cipher.Apply(start[..known]);
            if (!start[..known].SequenceEqual(expected[..known])) continue;
            found = key;
            // A prefix may still fit more than one key, or by chance; only the whole header decides.
            return known == expected.Length ? Trial.Found : Trial.Undecided;
        }
        return Trial.None;
    }

    static void WriteNonce(PipeWriter output, RandomSource random, Span<byte> nonce)
    {
        random.Fill(nonce);
        output.Write(nonce);
    }

    public void Dispose()
    {
        input.Dispose();
        output.Dispose();
    }
}
