using System.Runtime.InteropServices;
using System.Text;

namespace Vault.Host;

/// <summary>The program that reads our output has seen enough: no error, and no reason to go on.</summary>
sealed class ReaderGoneException() : IOException("nobody reads the output any more");

/// <summary>
/// Standard output as bytes. .NET's own stream for it takes a closed pipe for success, and a listing of millions of lines would
/// go on for nobody; its file streams write at positions of their own, over what a script has appended meanwhile.
/// </summary>
sealed partial class StandardOutput : Stream
{
    const int Descriptor = 1;
    const int Interrupted = 4, BrokenPipe = 32; // EINTR, EPIPE: the same on every Unix

    bool gone;

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Write(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0 && !gone)
        {
            nint written = write(Descriptor, bytes, (nuint)bytes.Length);
            if (written >= 0)
            {
                bytes = bytes[(int)written..];
                continue;
            }
            int error = Marshal.GetLastPInvokeError();
            if (error == Interrupted) continue;
            gone = true; // said once; what is still buffered goes nowhere
            throw error == BrokenPipe ? new ReaderGoneException() : new IOException($"can't write the output: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() { }
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Columns of the terminal; 0 when that can't be told. (Console's own way of asking also sends the terminal a sequence.)</summary>
    public static int TerminalWidth()
    {
        Span<ushort> size = stackalloc ushort[4]; // struct winsize: rows, columns, and two that nobody fills in
        return OperatingSystem.IsLinux() && ioctl(Descriptor, AskWindowSize, size) == 0 ? size[1] : 0;
    }

    const nuint AskWindowSize = 0x5413; // TIOCGWINSZ of Linux

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int descriptor, ReadOnlySpan<byte> bytes, nuint length);

    [LibraryImport("libc")]
    private static partial int ioctl(int descriptor, nuint request, Span<ushort> size);
}

/// <summary>Text over <see cref="StandardOutput"/>: a line at a time where a person looks on, in large pieces into a pipe.</summary>
sealed class OutputText(StandardOutput output, bool flushLines) : StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), BufferSize)
{
    const int BufferSize = 32 << 10;

    public override void WriteLine(string? value)
    {
        base.WriteLine(value);
        if (flushLines) Flush();
    }
}
