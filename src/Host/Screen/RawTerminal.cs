using System.Runtime.InteropServices;
using System.Text;
using System.Threading.Channels;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>
/// The terminal of this process with every key as it is typed: the thin driver below the machines of this folder. It is put back as it was
/// when this is disposed. .NET's console reads keys in its own way, which knows no pastes, and can't be told to stop.
/// </summary>
sealed partial class RawTerminal : IDisposable
{
    const int Input = 0, SavedSize = 256; // struct termios is smaller everywhere
    const int Now = 0; // TCSANOW
    const short Readable = 1; // POLLIN
    const nuint AskWindowSize = 0x5413; // TIOCGWINSZ of Linux
    const int Waiting = 16; // pieces of input; what is typed meanwhile stays with the terminal
    const int UsualRows = 24, UsualColumns = 80;

    readonly byte[] before = new byte[SavedSize];
    readonly int[] wake = new int[2];
    readonly StandardOutput output = new();
    readonly PosixSignalRegistration resized;
    readonly Channel<byte[]> typed = Channel.CreateBounded<byte[]>(Waiting);
    readonly Thread reading;
    readonly CancellationTokenSource over = new();

    /// <param name="onResize">From any thread.</param>
    public RawTerminal(Action onResize)
    {
        if (tcgetattr(Input, before) != 0) throw new ConfigException("the terminal can't be set up for a chat", "vault chat log --follow and vault chat send need none");
        if (pipe(wake) != 0) throw new LimitExceededException("no more files can be opened", null);
        Raw();
        resized = PosixSignalRegistration.Create((PosixSignal)ResizeSignal, _ => onResize());
        reading = new Thread(Read) { IsBackground = true, Name = "keyboard" };
        reading.Start();
    }

    /// <summary>What is typed, as it comes; complete when nothing will any more.</summary>
    public ChannelReader<byte[]> Typed => typed.Reader;

    public static (int Rows, int Columns) Size
    {
        get
        {
            Span<ushort> size = stackalloc ushort[4];
            return ioctl(StandardOutput.OfOutput, AskWindowSize, size) == 0 && size[0] > 0 && size[1] > 0 ? (size[0], size[1]) : (UsualRows, UsualColumns);
        }
    }

    public void Write(string text) => output.Write(Encoding.UTF8.GetBytes(text));

    /// <summary>Stops this process as Ctrl-Z does elsewhere; returns when it goes on.</summary>
    public void Suspend()
    {
        tcsetattr(Input, Now, before);
        _ = kill(0, StopSignal);
        Raw();
    }

    const int StopSignal = 20, ResizeSignal = 28; // SIGTSTP and SIGWINCH of Linux

    void Raw()
    {
        byte[] raw = [.. before];
        cfmakeraw(raw);
        tcsetattr(Input, Now, raw);
    }

    void Read()
    {
        byte[] buffer = new byte[4096];
        Polled[] both = [new(Input), new(wake[0])];
        while (!over.IsCancellationRequested)
        {
            // Interrupted by a signal, it is asked again.
            if (poll(both, 2, -1) <= 0) continue;
            if (both[1].Happened != 0) break;
            if (both[0].Happened == 0) continue;
            nint length = read(Input, buffer, (nuint)buffer.Length);
            if (length <= 0) break; // the terminal has gone
            try
            {
                typed.Writer.WriteAsync(buffer[..(int)length], over.Token).AsTask().GetAwaiter().GetResult(); // a thread of its own may wait
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }
        typed.Writer.TryComplete();
    }

    public void Dispose()
    {
        over.Cancel();
        write(wake[1], [0], 1);
        reading.Join();
        resized.Dispose();
        over.Dispose();
        _ = close(wake[0]);
        _ = close(wake[1]);
        tcsetattr(Input, Now, before);
        output.Dispose();
    }

    [StructLayout(LayoutKind.Sequential)]
    struct Polled(int descriptor)
    {
        public int Descriptor = descriptor;
        public short Awaited = Readable;
        public short Happened;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcgetattr(int descriptor, [Out] byte[] settings);

    [LibraryImport("libc")]
    private static partial int tcsetattr(int descriptor, int when, byte[] settings);

    [LibraryImport("libc")]
    private static partial void cfmakeraw([In, Out] byte[] settings);

    [LibraryImport("libc")]
    private static partial int pipe([Out] int[] ends);

    [LibraryImport("libc")]
    private static partial int poll([In, Out] Polled[] files, nuint count, int milliseconds);

    [LibraryImport("libc")]
    private static partial nint read(int descriptor, [Out] byte[] bytes, nuint length);

    [LibraryImport("libc")]
    private static partial nint write(int descriptor, byte[] bytes, nuint length);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);

    [LibraryImport("libc")]
    private static partial int ioctl(int descriptor, nuint request, Span<ushort> size);
}
