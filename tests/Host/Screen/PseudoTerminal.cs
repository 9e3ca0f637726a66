using System.Runtime.InteropServices;
using System.Text;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>
/// The real program at a terminal of its own: what a test types goes in as from a keyboard, and what comes out is drawn by <see cref="ScreenPicture"/>. The
/// child is a session leader whose first open file is the terminal, so that signals of it (a resize, a hangup) reach the child as they would a person's.
/// </summary>
sealed partial class PseudoTerminal : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    readonly int master, child;
    readonly ScreenPicture picture;
    readonly Task drawing;
    readonly Task<int> exit;
    readonly SemaphoreSlim changed = new(0);
    readonly Lock gate = new();

    PseudoTerminal(int master, int child, int columns, int rows)
    {
        (this.master, this.child) = (master, child);
        picture = new ScreenPicture(columns, rows);
        drawing = Task.Factory.StartNew(Draw, TaskCreationOptions.LongRunning);
        exit = Task.Factory.StartNew(Reap, TaskCreationOptions.LongRunning);
    }

    public static PseudoTerminal Start(string folder, int columns, int rows, IReadOnlyDictionary<string, string> variables, params string[] arguments)
    {
        int master = posix_openpt(ReadWrite | NoControl);
        Assert.True(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0, "no pseudo-terminal can be had");
        Resize(master, columns, rows);
        byte[] name = new byte[128];
        Assert.Equal(0, ptsname_r(master, name, (nuint)name.Length));
        string slave = Encoding.ASCII.GetString(name, 0, Array.IndexOf(name, (byte)0));
        Dictionary<string, string> environment = new(variables)
        {
            ["PATH"] = "/usr/bin:/bin",
            ["HOME"] = folder,
            ["DOTNET_ROOT"] = Transcript.RuntimeRoot,
        };
        nint actions = Marshal.AllocHGlobal(StructSize), attributes = Marshal.AllocHGlobal(StructSize);
        try
        {
            int fault = posix_spawn_file_actions_init(actions) | posix_spawnattr_init(attributes);
            fault |= posix_spawn_file_actions_addopen(actions, 0, slave, ReadWrite, 0) | posix_spawn_file_actions_adddup2(actions, 0, 1) | posix_spawn_file_actions_adddup2(actions, 0, 2);
            fault |= posix_spawnattr_setflags(attributes, NewSession);
            string?[] line = [Transcript.Program, "--data", folder, .. arguments, null], given = [.. environment.Select(one => $"{one.Key}={one.Value}"), null];
            fault |= posix_spawn(out int child, Transcript.Program, actions, attributes, line, given);
            Assert.Equal(0, fault);
            return new PseudoTerminal(master, child, columns, rows);
        }
        finally
        {
            _ = posix_spawn_file_actions_destroy(actions) | posix_spawnattr_destroy(attributes);
            Marshal.FreeHGlobal(actions);
            Marshal.FreeHGlobal(attributes);
        }
    }

    public void Type(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Assert.Equal(bytes.Length, (int)write(master, bytes, (nuint)bytes.Length));
    }

    public void Resize(int columns, int rows)
    {
        lock (gate) picture.Resize(columns, rows);
        Resize(master, columns, rows);
    }

    /// <summary>What a person sees now.</summary>
    public string Screen
    {
        get { lock (gate) return picture.Text; }
    }

    /// <summary>All sequences that have changed how text looks.</summary>
    public int Dressings
    {
        get { lock (gate) return picture.Dressings; }
    }

    public bool IsOnOwnScreen
    {
        get { lock (gate) return picture.IsOnOwnScreen; }
    }

    public (int Row, int Column) Cursor
    {
        get { lock (gate) return (picture.Row, picture.Column); }
    }

    /// <summary>Waits until the screen shows it; fails with the screen as it is.</summary>
    public Task SeesAsync(string text) => UntilAsync(screen => screen.Contains(text, StringComparison.Ordinal), text);

    public async Task UntilAsync(Func<string, bool> holds, string what)
    {
        using CancellationTokenSource patience = new(Patience);
        try
        {
            while (!holds(Screen))
            {
                if (drawing.IsFaulted) await drawing;
                if (exit.IsCompleted && drawing.IsCompleted && !holds(Screen)) break;
                await changed.WaitAsync(TimeSpan.FromMilliseconds(250), patience.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Told below.
        }
        string screen = Screen;
        Assert.True(holds(screen), $"the screen doesn't show: {what}\n{screen}");
    }

    public async Task<int> EndAsync()
    {
        int code = await exit.WaitAsync(Patience);
        await drawing.WaitAsync(Patience);
        return code;
    }

    void Draw()
    {
        byte[] buffer = new byte[4096];
        while (read(master, buffer, (nuint)buffer.Length) is > 0 and var length)
        {
            lock (gate) picture.Draw(buffer.AsSpan(0, (int)length));
            changed.Release();
        }
    }

    int Reap()
    {
        int status = 0;
        while (waitpid(child, ref status, 0) < 0 && Marshal.GetLastPInvokeError() == Interrupted) { }
        return (status & 0x7f) == 0 ? (status >> 8) & 0xff : -(status & 0x7f);
    }

    public async ValueTask DisposeAsync()
    {
        if (!exit.IsCompleted) _ = kill(child, 9);
        await exit;
        await drawing.WaitAsync(Patience).ContinueWith(_ => { }, TaskScheduler.Default);
        _ = close(master);
        changed.Dispose();
    }

    static void Resize(int terminal, int columns, int rows)
    {
        ushort[] size = [(ushort)rows, (ushort)columns, 0, 0];
        Assert.Equal(0, ioctl(terminal, SetWindowSize, size));
    }

    // Of Linux, as the rest of what this file calls. Both structs are smaller than this.
    const int ReadWrite = 2, NoControl = 0x100, Interrupted = 4, StructSize = 1024;
    const short NewSession = 0x80;
    const nuint SetWindowSize = 0x5414;

    [LibraryImport("libc")]
    private static partial int posix_openpt(int flags);

    [LibraryImport("libc")]
    private static partial int grantpt(int master);

    [LibraryImport("libc")]
    private static partial int unlockpt(int master);

    [LibraryImport("libc")]
    private static partial int ptsname_r(int master, [Out] byte[] name, nuint length);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(nint actions);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn_file_actions_addopen(nint actions, int descriptor, string path, int flags, uint mode);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(nint actions, int from, int to);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(nint actions);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(nint attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(nint attributes, short flags);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_destroy(nint attributes);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn(out int child, string path, nint actions, nint attributes, string?[] arguments, string?[] environment);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int child, ref int status, int options);

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);

    [LibraryImport("libc")]
    private static partial nint read(int descriptor, [Out] byte[] bytes, nuint length);

    [LibraryImport("libc")]
    private static partial nint write(int descriptor, byte[] bytes, nuint length);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    [LibraryImport("libc")]
    private static partial int ioctl(int descriptor, nuint request, ushort[] size);
}
