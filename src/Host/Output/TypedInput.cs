namespace Vault.Host;

/// <summary>
/// Standard input whose reading can be broken off. A read that waits for a pipe or a person can't be called back: it goes on into
/// a buffer of its own, which nobody looks at any more.
/// </summary>
sealed class TypedInput(Stream input) : Stream
{
    const int BufferSize = 256 << 10;

    readonly byte[] buffer = new byte[BufferSize];
    int start, end;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken = default)
    {
        if (start == end)
        {
            start = end = 0;
            end = await Task.Run(() => input.Read(buffer), CancellationToken.None).WaitAsync(cancellationToken);
        }
        int length = Math.Min(destination.Length, end - start);
        buffer.AsSpan(start, length).CopyTo(destination.Span);
        start += length;
        return length;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => start == end ? input.Read(buffer, offset, count) : throw new NotSupportedException("It is read asynchronously.");

    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
