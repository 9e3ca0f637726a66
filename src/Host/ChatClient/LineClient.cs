using System.Text;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>
/// The same chat where there are only lines: a terminal whose cursor can't be moved, a pipe, a screen reader. What is said is printed as it comes, what
/// is read is said, a line each; a \ at the end of one goes on in the next. It ends with its input.
/// </summary>
sealed class LineClient(ChatLink link, string vault, string room, Terminal terminal)
{
    static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    const int FirstLines = 20, Remembered = 4096;

    readonly ChatDesk desk = new(link, vault);
    readonly Lock printing = new();
    readonly HashSet<string> told = [];
    readonly Queue<string> toldInOrder = [];
    string room = room;

    public async Task RunAsync(CancellationToken stop)
    {
        ChatStanding standing = await link.AskAsync(commands => commands.ChatStandingAsync(vault, stop), stop);
        if (ChatDesk.Standing(standing) is { Length: > 0 } noteworthy) terminal.WriteNote(noteworthy);
        await ShowAsync(stop);
        if (!await link.HasDaemonAsync(stop)) terminal.WriteNote(ChatDesk.Alone);
        CancellationTokenSource following = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task follow = FollowAsync(room, following.Token);
        try
        {
            using StreamReader lines = new(terminal.OpenInput(), new UTF8Encoding(false));
            StringBuilder entered = new();
            while (await lines.ReadLineAsync(stop) is { } line)
            {
                if (entered.Length + line.Length > Chat.ChatLimits.Text)
                {
                    terminal.WriteError($"a message has at most {Chat.ChatLimits.Text} bytes of text", null);
                    entered.Clear();
                    continue;
                }
                if (line.EndsWith('\\'))
                {
                    entered.Append(line.AsSpan(..^1)).Append('\n');
                    continue;
                }
                string whole = entered.Append(line).ToString();
                entered.Clear();
                if (string.IsNullOrWhiteSpace(whole)) continue;
                ChatTyped typed = ChatTyped.Of(whole);
                if (typed.Word == ChatWord.Quit) return;
                if (typed.Word != ChatWord.Room) await DoAsync(typed, stop);
                else
                {
                    await following.CancelAsync();
                    await follow;
                    following.Dispose();
                    following = CancellationTokenSource.CreateLinkedTokenSource(stop);
                    room = typed.Text;
                    await ShowAsync(stop);
                    follow = FollowAsync(room, following.Token);
                }
            }
        }
        finally
        {
            await following.CancelAsync();
            await follow;
            following.Dispose();
        }
    }

    async Task DoAsync(ChatTyped typed, CancellationToken stop)
    {
        try
        {
            DeskAnswer answer = await desk.DoAsync(typed, room, stop);
            if (answer.Said is { } said) Print(said);
            if (answer.Note is { } note)
                foreach (string line in note.Split('\n')) terminal.WriteNote(line);
        }
        catch (Exception fault) when (fault is VaultException or DaemonGoneException or IOException)
        {
            terminal.WriteError($"not done: {ChatDesk.Words(fault)}", null);
        }
    }

    Task<bool> ShowAsync(CancellationToken stop) => link.AskAsync(async commands =>
    {
        await foreach (ChatShown line in commands.ChatLogAsync(new ShowChat(vault, room, Last: FirstLines), stop)) Print(line);
        return true;
    }, stop);

    async Task FollowAsync(string followed, CancellationToken stop)
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
                        if (gone) terminal.WriteNote("the daemon is back");
                        gone = false;
                        await link.FollowAsync(vault, followed, FirstLines, Print, stop);
                    }
                }
                catch (DaemonGoneException)
                {
                    if (!gone) terminal.WriteNote("the daemon has gone; it is looked for");
                    gone = true;
                }
                catch (VaultException fault)
                {
                    terminal.WriteNote(ChatDesk.Words(fault));
                }
                await Task.Delay(LookEvery, terminal.Time, stop);
            }
        }
        catch (OperationCanceledException)
        {
            // Another room, or the end.
        }
    }

    void Print(ChatShown said)
    {
        lock (printing)
        {
            if (!told.Add(said.Id)) return;
            toldInOrder.Enqueue(said.Id);
            if (toldInOrder.Count > Remembered) told.Remove(toldInOrder.Dequeue());
            terminal.Output.WriteLine(ChatText.Line(said, terminal.PeopleRead));
            terminal.Output.Flush();
        }
    }
}
