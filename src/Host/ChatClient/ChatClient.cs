using System.Threading.Channels;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>
/// Drives a chat on a terminal: keys and news come in by one queue, and one loop changes the view and paints it. What takes time (sending, asking)
/// is done by a second loop, one thing after the other, so that messages go out in the order in which they were written.
/// </summary>
sealed class ChatClient(ChatLink link, string vault, string room, Terminal terminal) : IDisposable
{
    /// <summary>Delivery, edits, marks and gaps have no news of their own: they are asked for so often.</summary>
    static readonly TimeSpan RefreshEvery = TimeSpan.FromSeconds(2);

    static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>Messages asked for at first; looking further up doubles them.</summary>
    const int FirstLines = 200;

    const int MostHappenings = 4096, MostWork = 64;

    readonly Channel<Happening> happening = Channel.CreateBounded<Happening>(MostHappenings);
    readonly Channel<Func<CancellationToken, Task>> work = Channel.CreateBounded<Func<CancellationToken, Task>>(MostWork);
    readonly ChatDesk desk = new(link, vault);
    readonly FramePainter painter = new(terminal.HasColour);
    readonly KeystrokeReader keys = new();
    readonly HashSet<string> toldForks = [];
    readonly CancellationTokenSource quitting = new();
    CancellationTokenSource following = new();
    Task follow = Task.CompletedTask;
    int wanted = FirstLines, refreshing, resized;
    string? marked;
    bool over;

    abstract record Happening
    {
        public sealed record Typed(byte[] Bytes) : Happening;
        public sealed record Hangup : Happening;
        public sealed record Resized : Happening;
        public sealed record Said(ChatView View, ChatShown Message) : Happening;
        public sealed record Standing(ChatView View, IReadOnlyList<ChatShown> Lines, ChatStanding Stands, bool Daemon) : Happening;
        public sealed record Gone(bool ForGood) : Happening;
        public sealed record Noted(string Text, bool Fault) : Happening;
        public sealed record Unsent(ChatView View, string Text, string Why) : Happening;
    }

    public async Task RunAsync(CancellationToken stop)
    {
        // What can't be done at all (no such vault, a passphrase) shows before the screen is taken.
        (ChatView view, Happening.Standing first) = await OpenAsync(room, stop);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(stop, quitting.Token);
        using RawTerminal raw = new(() => { if (Interlocked.Exchange(ref resized, 1) == 0) happening.Writer.TryWrite(new Happening.Resized()); });
        raw.Write(FramePainter.Begin);
        Task[] loops = [];
        try
        {
            loops = [WatchedAsync(KeyboardAsync(raw, either.Token)), WatchedAsync(WorkAsync(either.Token)), WatchedAsync(TendAsync(either.Token))];
            Take(view, first);
            Follow(view, either.Token);
            Paint(raw, view);
            view.Note(terminal.Time.GetUtcNow(), "/help says what can be typed here");
            while (!over)
            {
                Paint(raw, view);
                Happening one = await happening.Reader.ReadAsync(stop);
                do view = await HandleAsync(raw, view, one, either.Token);
                while (!over && happening.Reader.TryRead(out one!));
            }
            work.Writer.TryComplete(); // what is on its way is sent yet
            await loops[1].WaitAsync(Patience, terminal.Time, stop).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
        finally
        {
            raw.Write(painter.End());
            await quitting.CancelAsync();
            await Task.WhenAll([.. loops, follow]).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    public void Dispose()
    {
        following.Dispose();
        quitting.Dispose();
    }

    /// <summary>How long somebody who leaves waits for what he has just said.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    async Task<(ChatView View, Happening.Standing First)> OpenAsync(string name, CancellationToken stop)
    {
        ChatStanding standing = await link.AskAsync(commands => commands.ChatStandingAsync(vault, stop), stop);
        ChatView view = new(standing.Name, name, standing.Self, TimeZoneInfo.Local);
        view.Begin(standing.Rooms.FirstOrDefault(one => one.Room == name)?.ReadTo);
        return (view, await AskAsync(view, stop));
    }

    Task<Happening.Standing> AskAsync(ChatView view, CancellationToken stop) => link.AskAsync(async commands =>
    {
        List<ChatShown> lines = [];
        await foreach (ChatShown line in commands.ChatLogAsync(new ShowChat(vault, view.Room, Last: wanted), stop)) lines.Add(line);
        return new Happening.Standing(view, lines, await commands.ChatStandingAsync(vault, stop), await link.HasDaemonAsync(stop));
    }, stop);

    void Take(ChatView view, Happening.Standing standing)
    {
        if (standing.View != view) return; // of a room that was left meanwhile
        view.Show(standing.Lines);
        view.Status = standing.Daemon ? ChatDesk.Standing(standing.Stands) : ChatDesk.Alone;
        foreach (ChatForkShown fork in standing.Stands.Forks)
            if (toldForks.Add($"{fork.Device}/{fork.Chain}")) view.Note(terminal.Time.GetUtcNow(), $"{ChatText.Fork(fork)} (/verify shows both)", Look.Red);
    }

    void Follow(ChatView view, CancellationToken stop)
    {
        following = CancellationTokenSource.CreateLinkedTokenSource(stop);
        follow = WatchedAsync(FollowAsync(view, following.Token));
    }

    async Task FollowAsync(ChatView view, CancellationToken stop)
    {
        bool gone = false;
        try
        {
            while (true)
            {
                try
                {
                    if (await link.HasDaemonAsync(stop))
                    {
                        if (gone) await happening.Writer.WriteAsync(new Happening.Gone(false), stop);
                        gone = false;
                        Refresh(view);
                        await link.FollowAsync(vault, view.Room, FirstLines, shown => happening.Writer.TryWrite(new Happening.Said(view, shown)), stop);
                    }
                }
                catch (DaemonGoneException)
                {
                    if (!gone) await happening.Writer.WriteAsync(new Happening.Gone(true), stop);
                    gone = true;
                }
                catch (VaultException)
                {
                    // The same fault meets whoever asks how things stand, and is told by that.
                }
                await Task.Delay(LookEvery, terminal.Time, stop);
            }
        }
        catch (OperationCanceledException)
        {
            // Another room, or the end.
        }
    }

    /// <summary>A loop that fails ends the chat with its fault, and not in silence.</summary>
    async Task WatchedAsync(Task loop)
    {
        try
        {
            await loop;
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            happening.Writer.TryComplete(fault);
        }
    }

    async Task KeyboardAsync(RawTerminal raw, CancellationToken stop)
    {
        await foreach (byte[] bytes in raw.Typed.ReadAllAsync(stop)) await happening.Writer.WriteAsync(new Happening.Typed(bytes), stop);
        await happening.Writer.WriteAsync(new Happening.Hangup(), stop);
    }

    async Task WorkAsync(CancellationToken stop)
    {
        await foreach (Func<CancellationToken, Task> job in work.Reader.ReadAllAsync(stop)) await job(stop);
    }

    async Task TendAsync(CancellationToken stop)
    {
        using PeriodicTimer timer = new(RefreshEvery, terminal.Time);
        while (await timer.WaitForNextTickAsync(stop))
            if (await link.MayHaveNewsAsync(stop)) Refresh(null);
    }

    ChatView? current; // for who refreshes without knowing it

    /// <summary>Asks how things stand, unless that is being asked already.</summary>
    void Refresh(ChatView? of)
    {
        if ((of ?? Volatile.Read(ref current)) is not { } view || Interlocked.Exchange(ref refreshing, 1) == 1) return;
        if (!work.Writer.TryWrite(async stop =>
        {
            Volatile.Write(ref refreshing, 0);
            await TryAsync(async () => happening.Writer.TryWrite(await AskAsync(view, stop)), silently: true);
        })) Volatile.Write(ref refreshing, 0);
    }

    /// <summary>Does something that may fail, and tells what failed.</summary>
    async Task TryAsync(Func<Task> job, bool silently = false, Action<string>? failed = null)
    {
        try
        {
            await job();
        }
        catch (Exception fault) when (fault is VaultException or DaemonGoneException or IOException)
        {
            string why = ChatDesk.Words(fault);
            if (failed != null) failed(why);
            else if (!silently) happening.Writer.TryWrite(new Happening.Noted(why, true));
        }
    }

    async Task<ChatView> HandleAsync(RawTerminal raw, ChatView view, Happening one, CancellationToken stop)
    {
        switch (one)
        {
            case Happening.Typed typed:
                foreach (Keystroke key in keys.Read(typed.Bytes))
                {
                    view = await PressAsync(raw, view, key, stop);
                    if (over) break;
                }
                break;
            case Happening.Hangup: over = true; break;
            case Happening.Resized: Volatile.Write(ref resized, 0); break;
            case Happening.Said said when said.View == view:
                if (!view.Add(said.Message)) Refresh(view);
                break;
            case Happening.Standing standing: Take(view, standing); break;
            case Happening.Gone gone:
                view.Note(terminal.Time.GetUtcNow(), gone.ForGood ? "the daemon has gone; it is looked for" : "the daemon is back", gone.ForGood ? Look.Red : Look.Green);
                view.Status = gone.ForGood ? "the daemon has gone" : "";
                break;
            case Happening.Noted noted: view.Note(terminal.Time.GetUtcNow(), noted.Text, noted.Fault ? Look.Red : Look.Dim); break;
            case Happening.Unsent unsent:
                view.Note(terminal.Time.GetUtcNow(), $"not sent: {unsent.Why}", Look.Red);
                if (unsent.View == view && view.Editor.Text.Length == 0) view.Editor.Replace(unsent.Text);
                break;
        }
        return view;
    }

    async Task<ChatView> PressAsync(RawTerminal raw, ChatView view, Keystroke key, CancellationToken stop)
    {
        int rows = RawTerminal.Size.Rows;
        switch (key.Key)
        {
            case Key.PageUp:
                view.ScrollUp(rows / 2);
                if (view.Count >= wanted && wanted < ChatView.MostLines)
                {
                    wanted = Math.Min(ChatView.MostLines, wanted * 2);
                    Refresh(view);
                }
                return view;
            case Key.PageDown: view.ScrollDown(rows / 2); return view;
            case Key.Redraw: painter.Forget(); return view;
            case Key.Suspend:
                raw.Write(painter.End());
                raw.Suspend();
                raw.Write(FramePainter.Begin);
                return view;
            case Key.Interrupt or Key.EndOfInput when view.Editor.Text.Length == 0: over = true; return view;
            case Key.Interrupt: view.Editor.Clear(); return view;
            case Key.EndOfInput: view.Editor.Take(new Keystroke(Key.Delete)); return view;
        }
        string? entered = view.Editor.Take(key);
        if (view.Editor.WasRefused) raw.Write("\a");
        return entered is null ? view : await EnterAsync(view, entered, stop);
    }

    async Task<ChatView> EnterAsync(ChatView view, string entered, CancellationToken stop)
    {
        ChatTyped typed = ChatTyped.Of(entered);
        switch (typed.Word)
        {
            case ChatWord.Quit: over = true; return view;
            case ChatWord.Ids: view.ShowsIds = !view.ShowsIds; return view;
            case ChatWord.Room: return await ChangeRoomAsync(view, typed.Text, stop);
            case ChatWord.Verify: view.Note(terminal.Time.GetUtcNow(), "checking…"); break;
        }
        if (typed.Word is ChatWord.Say or ChatWord.File or ChatWord.Reply) view.Answered();
        bool queued = work.Writer.TryWrite(inner => TryAsync(async () =>
        {
            DeskAnswer answer = await desk.DoAsync(typed, view.Room, inner);
            if (answer.Said is { } said) happening.Writer.TryWrite(new Happening.Said(view, said));
            if (answer.Note is { } note) happening.Writer.TryWrite(new Happening.Noted(note, false));
        }, failed: why => happening.Writer.TryWrite(new Happening.Unsent(view, entered, why))));
        if (!queued) happening.Writer.TryWrite(new Happening.Unsent(view, entered, "too much waits to be sent"));
        return view;
    }

    async Task<ChatView> ChangeRoomAsync(ChatView view, string name, CancellationToken stop)
    {
        ChatView next = view;
        await TryAsync(async () =>
        {
            wanted = FirstLines;
            (next, Happening.Standing first) = await OpenAsync(name, stop);
            await following.CancelAsync();
            await follow;
            following.Dispose();
            Take(next, first);
            Follow(next, stop);
        });
        return next;
    }

    void Paint(RawTerminal raw, ChatView view)
    {
        Volatile.Write(ref current, view);
        (int rows, int columns) = RawTerminal.Size;
        raw.Write(painter.Paint(view.Compose(columns, rows)));
        if (view.Seen is not { } seen || seen.Id == marked) return;
        marked = seen.Id;
        work.Writer.TryWrite(stop => TryAsync(() => link.AskAsync(commands => commands.ReadChatAsync(new ReadChat(vault, view.Room, seen.Id), stop), stop), silently: true));
    }
}
