using Vault.Blocks;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>
/// A file of which not everything may be here: what a reader comes to is fetched before it is read, somewhat ahead of one who goes on
/// and on, and nothing else. For one caller at a time.
/// </summary>
/// <param name="content">Owned.</param>
/// <param name="fetch">Brings blocks; false when nobody has them.</param>
/// <param name="fetched">Called at the end when something came.</param>
sealed class FetchedFile(FileReader content, Func<IReadOnlyCollection<BlockId>, CancellationToken, Task<bool>> fetch, Action fetched) : Stream
{
    /// <summary>A glance costs little, and who reads on soon has enough in flight for any line.</summary>
    const long LeastAhead = 256 << 10, MostAhead = 32 << 20;

    readonly CancellationTokenSource closing = new();
    CancellationTokenSource? goingOn;
    Task<long>? ahead;
    long from, to, window; // what lies between the two is here
    bool any;

    public override bool CanRead => true;
    public override bool CanSeek => true;
    public override bool CanWrite => false;
    public override long Length => content.Length;

    public override long Position
    {
        get => content.Position;
        set => content.Position = value;
    }

    public override long Seek(long offset, SeekOrigin origin) => content.Seek(offset, origin);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Position >= Length) return 0;
        if (Position < from || Position >= to) await HaveAsync(cancellationToken);
        Memory<byte> room = buffer[..(int)Math.Min(buffer.Length, to - Position)];
        try
        {
            return await content.ReadAsync(room, cancellationToken);
        }
        catch (CorruptDataException)
        {
            return await content.ReadAsync(room, cancellationToken); // the reader had looked ahead for what has come only since
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    async Task HaveAsync(CancellationToken stop)
    {
        if (ahead is { } coming && Position == to)
        {
            to = await coming.WaitAsync(stop);
            window = Math.Min(MostAhead, 2 * window);
        }
        else
        {
            await LetGoAsync();
            long at = Position;
            to = await BringAsync(at, window = LeastAhead, stop);
            from = at;
            goingOn = CancellationTokenSource.CreateLinkedTokenSource(closing.Token);
        }
        ahead = to < Length ? BringAsync(to, window, goingOn!.Token) : null;
    }

    /// <summary>Returns how far what is here reaches.</summary>
    async Task<long> BringAsync(long at, long bytes, CancellationToken stop)
    {
        await Task.Yield(); // looking what is missing reads the disk: not while the caller could go on
        while (true)
        {
            (IReadOnlyList<BlockId> missing, long reaches) = content.MissingFrom(at, bytes);
            if (missing.Count == 0) return reaches;
            any = true;
            if (!await fetch(missing, stop)) throw new StoreException("the content of this file isn't on this machine, and no device that could be reached has it", "vault peers shows who is connected");
        }
    }

    /// <summary>Nobody reads on from where it was.</summary>
    async Task LetGoAsync()
    {
        goingOn?.Cancel();
        if (ahead is not null) await ahead.ContinueWith(static done => _ = done.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        goingOn?.Dispose();
        (goingOn, ahead) = (null, null);
    }

    public override async ValueTask DisposeAsync()
    {
        closing.Cancel();
        await LetGoAsync();
        await content.DisposeAsync();
        closing.Dispose();
        await base.DisposeAsync();
        if (any) fetched();
        GC.SuppressFinalize(this);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("No thread waits for the network.");
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("A stored file doesn't change.");
    public override void SetLength(long value) => throw new NotSupportedException("A stored file doesn't change.");
    public override void Flush() { }
}
