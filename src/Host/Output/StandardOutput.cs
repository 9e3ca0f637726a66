using System.Runtime.InteropServices;
using System.Text;

namespace Vault.Host;

/// <summary>The program that reads our output has seen enough: no error, and no reason to go on.</summary>
sealed class ReaderGoneException() : IOException("nobody reads the output any more");

/// <summary>
/// Standard output, or that of errors, as bytes. .NET's own stream for it takes a closed pipe for success, and a listing of millions of lines would
/// go on for nobody, and it greets a terminal with a sequence; its file streams write at positions of their own, over what a
/// script has appended meanwhile.
/// </summary>
sealed partial class StandardOutput(int descriptor = StandardOutput.OfOutput) : Stream
{
    public const int OfOutput = 1, OfErrors = 2;

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
            nint written = write(descriptor, bytes, (nuint)bytes.Length);
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

    /// <summary>Columns of the terminal; 0 when that can't be told. (Console's own way of asking sends the terminal a sequence too.)</summary>
    public static int TerminalWidth()
    {
        Span<ushort> size = stackalloc ushort[4]; // struct winsize: rows, columns, and two that nobody fills in
        for (int asked = OfOutput; asked <= OfErrors && OperatingSystem.IsLinux(); asked++) // a progress line has the terminal of errors only
            if (ioctl(asked, AskWindowSize, size) == 0) return size[1];
        return 0;
    }

    const nuint AskWindowSize = 0x5413; // TIOCGWINSZ of Linux

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int descriptor, ReadOnlySpan<byte> bytes, nuint length);

    [LibraryImport("libc")]
    private static partial int ioctl(int descriptor, nuint request, Span<ushort> size);
}

/// <summary>Text over <see cref="StandardOutput"/>: a line at a time where someone waits for it, in large pieces into a pipe.</summary>
sealed class OutputText(StandardOutput output, bool flushLines) : StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), BufferSize)
{
    const int BufferSize = 32 << 10;

    public override void WriteLine(string? value)
    {
        base.WriteLine(value);
        if (flushLines) Flush();
    }
}
