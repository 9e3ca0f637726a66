using System.Buffers;

namespace Vault.Blocks;

/// <summary>A stream seen through a buffer in which always as much is ready as the chunker may want to look at, until the stream ends.</summary>
sealed class ContentWindow : IDisposable
{
    const int SmallFile = 128 << 10;

    readonly Stream content;
    readonly int lookAhead;
    byte[] buffer;
    int from, to;
    bool ended;

    public ContentWindow(Stream content, int size, int lookAhead)
    {
        this.content = content;
        this.lookAhead = lookAhead;
        long expected = content.CanSeek ? content.Length - content.Position + 1 : long.MaxValue; // + 1: room to see the end
        // One size for all but small files: the pool keeps what it has once given of each size.
        buffer = ArrayPool<byte>.Shared.Rent(expected <= SmallFile ? (int)Math.Max(expected, 1) : size);
    }

    public ReadOnlyMemory<byte> Ready => buffer.AsMemory(from, to - from);

    /// <summary>Nothing is left, and the stream is known to have ended.</summary>
    public bool IsEmpty => ended && from == to;

    /// <summary>Reads until the chunker has enough to look at. False when nothing is left.</summary>
    public async ValueTask<bool> FillAsync(CancellationToken stop)
    {
        while (!ended && to - from < lookAhead)
        {
            if (from > 0 && buffer.Length - to < lookAhead) MoveTo(buffer);
            else if (to == buffer.Length) MoveToLarger(); // the stream is longer than it said
            int read = await content.ReadAsync(buffer.AsMemory(to), stop);
            ended = read == 0;
            to += read;
        }
        return to > from;
    }

    /// <summary>The next bytes; they stay valid until the next fill.</summary>
    public ReadOnlyMemory<byte> Take(int length)
    {
        ReadOnlyMemory<byte> taken = buffer.AsMemory(from, length);
        from += length;
        return taken;
    }

    void MoveTo(byte[] destination)
    {
        buffer.AsSpan(from, to - from).CopyTo(destination);
        (from, to) = (0, to - from);
    }

    void MoveToLarger()
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(2 * lookAhead);
        MoveTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);
}
