using Vault.Primitives;

namespace Vault.Host;

/// <summary>The daemon that the messages came through has gone, and may return.</summary>
sealed class DaemonGoneException() : Exception("the daemon has gone");

/// <summary>
/// The way to a vault's messages. With a daemon everything goes through it, and what others say comes at once. Without one the store is opened for
/// each thing that is asked and closed again, so that a daemon can be started meanwhile; from then on it is the way.
/// </summary>
/// <param name="daemon">Null where none answers.</param>
/// <param name="alone">The store of this folder, opened in this process.</param>
/// <param name="lastTaken">When anyone last had that store.</param>
sealed class ChatLink(Func<ICommands?> daemon, Func<ICommands> alone, Func<DateTime> lastTaken, TimeProvider time) : IAsyncDisposable
{
    /// <summary>For which the store is free between two things that are asked at once: another command that waits for it gets its turn.</summary>
    static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(100);

    readonly SemaphoreSlim turn = new(1);
    ICommands? current;
    bool hadDaemon;
    DateTime left; // when the store was last taken, as far as this chat has seen

    /// <summary>Whether a daemon answers; asks, where it isn't known.</summary>
    public async Task<bool> HasDaemonAsync(CancellationToken stop) => await FindAsync(stop) != null;

    async Task<ICommands?> FindAsync(CancellationToken stop)
    {
        await turn.WaitAsync(stop);
        try
        {
            current ??= daemon();
            hadDaemon |= current != null;
            return current;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <exception cref="DaemonGoneException">There was a daemon, and it doesn't answer.</exception>
    public async Task<T> AskAsync<T>(Func<ICommands, Task<T>> ask, CancellationToken stop)
    {
        if (await FindAsync(stop) is { } found) return await OrGoneAsync(found, () => ask(found), stop);
        if (hadDaemon) throw new DaemonGoneException(); // to open the store beside it would only keep it from coming back
        await Task.Delay(Gap, time, stop);
        await using ICommands here = alone();
        try
        {
            return await ask(here);
        }
        finally
        {
            left = lastTaken(); // by us: it is still held
        }
    }

    /// <summary>Whether what was last asked may have another answer now. Without a daemon only whoever takes the store can change anything.</summary>
    public async Task<bool> MayHaveNewsAsync(CancellationToken stop) => await HasDaemonAsync(stop) || hadDaemon || lastTaken() != left;

    /// <summary>What is said in a room from now on, after so many of the latest, until the daemon stops.</summary>
    /// <exception cref="DaemonGoneException">It isn't there, or no more.</exception>
    public async Task FollowAsync(string vault, string room, int last, Action<ChatShown> said, CancellationToken stop)
    {
        ICommands found = await FindAsync(stop) ?? throw new DaemonGoneException();
        await OrGoneAsync(found, async () =>
        {
            await foreach (ChatShown shown in found.ChatLogAsync(new ShowChat(vault, room, Follow: true, Last: last), stop)) said(shown);
            return true;
        }, stop);
        if (await LostAsync(found)) throw new DaemonGoneException();
    }

    /// <summary>Whoever finds the daemon gone ends the calls of the others too: they are cancelled.</summary>
    async Task<T> OrGoneAsync<T>(ICommands asked, Func<Task<T>> ask, CancellationToken stop)
    {
        try
        {
            return await ask();
        }
        catch (Exception fault) when (fault is StoreException or IOException or ObjectDisposedException or OperationCanceledException && !stop.IsCancellationRequested)
        {
            if (await LostAsync(asked)) throw new DaemonGoneException();
            if (fault is StoreException) throw;
            throw new StoreException("the daemon broke off", null, fault);
        }
    }

    /// <summary>Whether the daemon is really gone. If so, it is looked for anew.</summary>
    async Task<bool> LostAsync(ICommands asked)
    {
        if (daemon() is { } other)
        {
            await other.DisposeAsync();
            return false;
        }
        if (Interlocked.CompareExchange(ref current, null, asked) == asked) await asked.DisposeAsync();
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        if (current != null) await current.DisposeAsync();
        turn.Dispose();
    }
}
