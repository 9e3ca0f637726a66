namespace Vault.Catalog;

/// <summary>
/// An open file as a stream, to read from or to write to. Writing leaves holes where a whole piece is zeros. What the disk
/// refuses is an <see cref="IOException"/> with the error's text.
/// </summary>
sealed class OpenFileStream(FileHandle file, long length, Action<long>? moved = null) : Stream
{
    /// <summary>A hole is worth it where a file system can leave out whole blocks.</summary>
    const int LeastHole = 4096;

    long position;
    long end = length;

    public override bool CanRead => true;
    public override bool CanSeek => true;
    public override bool CanWrite => true;
    public override long Length => end;

    public override long Position
    {
        get => position;
        set => position = value;
    }

    public override long Seek(long offset, SeekOrigin origin) =>
        position = offset + origin switch { SeekOrigin.Begin => 0, SeekOrigin.Current => position, _ => end };

    public override int Read(Span<byte> buffer)
    {
        Check(file.Read(buffer, position, out int read));
        position += read;
        moved?.Invoke(read);
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    // The disk blocks this thread, which is a worker's own.
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<int>(Read(buffer.Span));
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        bool hole = buffer.Length >= LeastHole && !buffer.ContainsAnyExcept((byte)0);
        if (!hole) Check(file.Write(buffer, position));
        position += buffer.Length;
        if (!hole) end = Math.Max(end, position);
        moved?.Invoke(buffer.Length);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Write(buffer.Span);
        return default;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Makes the hole at the end, if there is one.</summary>
    public void Finish()
    {
        if (position > end) Check(file.SetLength(position));
    }

    public override void Flush() { }

    public override void SetLength(long value) => throw new NotSupportedException("Writing decides the length.");

    static void Check(int error)
    {
        if (error != 0) throw new IOException(Linux.Text(error), error);
    }
}
