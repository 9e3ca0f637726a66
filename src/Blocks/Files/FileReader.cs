using Vault.Identity;
using Vault.Primitives;

namespace Vault.Blocks;

/// <summary>
/// A file as a stream: seekable, every byte verified before it is seen, read ahead on all cores while it is read in order.
/// A read throws CorruptDataException where a block is missing or damaged; what came before is right. For one caller at a time.
/// </summary>
public sealed class FileReader : Stream
{
    /// <summary>Leaves that are opened ahead of a reader who goes on and on: enough to keep the cores busy, a few megabytes.</summary>
    const int FarthestAhead = 8;

    readonly BlockStore store;
    readonly VaultTag vault;
    readonly FileRef file;
    readonly BlockOpener opener;
    readonly LeafWalk walk;
    readonly Queue<(long Start, Task<LeafContent> Content)> ahead = new();
    IEnumerator<(Child Leaf, long Start)>? upcoming;
    (long Start, LeafContent Content)? current;
    long position;
    int depth = 1; // doubles while reading goes on in order, so that a glance at a few bytes opens one leaf only

    public FileReader(BlockStore store, VaultTag vault, FileRef file)
    {
        (this.store, this.vault, this.file) = (store, vault, file);
        opener = new BlockOpener(store, vault);
        walk = new LeafWalk(opener, file);
    }

    public override bool CanRead => true;
    public override bool CanSeek => true;
    public override bool CanWrite => false;
    public override long Length => file.Size;

    public override long Position
    {
        get => position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            position = value;
        }
    }

    public override long Seek(long offset, SeekOrigin origin) => Position = offset + origin switch
    {
        SeekOrigin.Begin => 0,
        SeekOrigin.Current => position,
        _ => file.Size,
    };

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ReadOnlyMemory<byte> here = await HereAsync(cancellationToken);
        int count = Math.Min(here.Length, buffer.Length);
        here[..count].CopyTo(buffer);
        position += count;
        return count;
    }

    /// <summary>Leaf by leaf, without a buffer in between.</summary>
    public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
    {
        while (await HereAsync(cancellationToken) is { Length: > 0 } here)
        {
            await destination.WriteAsync(here, cancellationToken);
            position += here.Length;
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        // A Stream has a blocking side; what it waits for is work of the pool that needs nothing of this thread.
        ReadOnlyMemory<byte> here = HereAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
        int count = Math.Min(here.Length, buffer.Length);
        here.Span[..count].CopyTo(buffer);
        position += count;
        return count;
    }

    /// <summary>
    /// What a reader who goes on from an offset needs first and that isn't on this machine, in its order; and how far that reaches, at
    /// least <paramref name="bytes"/> unless an inner block that isn't here hides what comes, or the file ends. Once all of it is here the caller asks again.
    /// </summary>
    public (IReadOnlyList<BlockId> Missing, long To) MissingFrom(long offset, long bytes)
    {
        List<BlockId> missing = [];
        long to = offset;
        foreach ((Child block, long start) in walk.From(offset, id => store.Contains(vault, id)))
        {
            if (start >= offset + bytes) break;
            if (!store.Contains(vault, block.Id)) missing.Add(block.Id);
            to = start + block.Length;
        }
        return (missing, to);
    }

    /// <summary>The bytes from the position to the end of its leaf; none at the end of the file.</summary>
    async ValueTask<ReadOnlyMemory<byte>> HereAsync(CancellationToken stop)
    {
        if (position >= file.Size) return default;
        while (current is not { } leaf || position < leaf.Start || position >= leaf.Start + leaf.Content.Bytes.Length)
        {
            stop.ThrowIfCancellationRequested();
            DropCurrent();
            if (!ahead.TryPeek(out (long Start, Task<LeafContent> Content) next) || next.Start != position) await StartAtPositionAsync();
            (long start, Task<LeafContent> content) = ahead.Dequeue();
            current = (start, await content);
            LookAhead();
        }
        return current.Value.Content.Bytes[(int)(position - current.Value.Start)..];
    }

    async Task StartAtPositionAsync()
    {
        await DropAheadAsync();
        upcoming?.Dispose();
        upcoming = walk.From(position).GetEnumerator();
        depth = 1;
        LookAhead();
    }

    void LookAhead()
    {
        try
        {
            while (ahead.Count < depth && upcoming!.MoveNext())
            {
                (Child leaf, long start) = upcoming.Current;
                ahead.Enqueue((start, Task.Run(() => opener.OpenLeaf(leaf))));
            }
        }
        catch (CorruptDataException) when (current != null || ahead.Count > 0)
        {
            // What lies before the damage is read first; then the walk starts again there, and throws.
        }
        depth = Math.Min(2 * depth, FarthestAhead);
    }

    void DropCurrent()
    {
        current?.Content.Dispose();
        current = null;
    }

    async Task DropAheadAsync()
    {
        while (ahead.TryDequeue(out (long Start, Task<LeafContent> Content) waiting))
        {
            await Task.WhenAny(waiting.Content); // whatever became of it: it was not wanted
            if (waiting.Content.IsCompletedSuccessfully) (await waiting.Content).Dispose();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await DropAheadAsync(); // nothing is left to wait for when the rest is disposed
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            DropCurrent();
            DropAheadAsync().GetAwaiter().GetResult();
            upcoming?.Dispose();
            opener.Dispose();
        }
        base.Dispose(disposing);
    }

    public override void Flush() { }
    public override void SetLength(long value) => throw new NotSupportedException("A stored file doesn't change.");
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("A stored file doesn't change.");
}
