using System.CommandLine;
using System.Text;
using Vault.Chat;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>vault chat: the client at a screen, and send, log, verify and allow, which are what scripts do with a vault's chat.</summary>
static class ChatCommand
{
    const string Input = "-", UsualRoom = "general";

    public static Command Create(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal), room = new("room") { Description = "The room; it is made by saying something in it", HelpName = "ROOM", DefaultValueFactory = _ => UsualRoom };
        TaughtCommand command = new("chat", "talk in a vault, with evidence of what everyone had seen", "vault chat photos", "vault chat photos trips", "vault chat send photos 'the pictures are in'")
        {
            vault, room, Send(terminal), Log(terminal), Verify(terminal), Allow(terminal),
        };
        command.SetAction(async (line, stop) =>
        {
            await using ChatLink link = Session.Link(line, terminal);
            string named = line.GetRequiredValue(vault), at = line.GetRequiredValue(room);
            if (terminal is not { PeopleRead: true, PeopleType: true, IsDumb: false })
            {
                await new LineClient(link, named, at, terminal).RunAsync(stop);
                return ExitCode.Done;
            }
            using ChatClient client = new(link, named, at, terminal);
            await client.RunAsync(stop);
            return ExitCode.Done;
        });
        return command;
    }

    static TaughtCommand Allow(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal);
        Argument<string> who = new("who") { Description = "readers: all who can read may write messages, which is usual. writers: only who may change files", HelpName = "readers|writers" };
        who.AcceptOnlyFromAmong("readers", "writers");
        TaughtCommand command = new("allow", "say who may write messages", "vault chat allow photos writers") { vault, who };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            ChatStanding standing = await commands.AllowChatAsync(new AllowChat(line.GetRequiredValue(vault), line.GetRequiredValue(who) == "readers"), stop);
            terminal.Output.WriteLine($"messages in {terminal.Name(standing.Name)} are written by {(standing.ByReaders ? "all who can read" : "those who may change files")}");
            return ExitCode.Done;
        });
        return command;
    }

    static TaughtCommand Send(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal);
        Argument<string?> text = new("text") { Description = "What to say, or - for standard input", HelpName = "TEXT", Arity = ArgumentArity.ZeroOrOne };
        Option<string> room = Room();
        Option<string?> reply = Of("--reply", "Answer the message ID"), react = Of("--react", "Put TEXT, an emoji for example, as a mark on the message ID; an empty one takes it back"),
            edit = Of("--edit", "Say TEXT in place of the message ID, which stays known"), erase = Of("--erase", "Erase what the message ID said; that there was one stays known");
        Option<bool> file = new("--file") { Description = "TEXT is the path of a file in the vault" }, marker = new("--marker") { Description = "TEXT is something that happened, rather than was said" };
        Option<bool> json = Words.Json();
        TaughtCommand command = new("send", "say something", "vault chat send photos 'the pictures are in'", "vault chat send photos --room trips - < plan.md", "vault chat send photos --reply 3f2a9c 'so they are'") { vault, text, room, reply, react, edit, erase, file, marker, json };
        command.Validators.Add(line =>
        {
            if (new[] { reply, react, edit, erase }.Count(option => line.GetValue(option) != null) + (line.GetValue(file) ? 1 : 0) + (line.GetValue(marker) ? 1 : 0) > 1) line.AddError("--reply, --react, --edit, --erase, --file and --marker exclude one another");
        });
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            string said = line.GetValue(text) ?? "";
            if (said == Input) said = await ReadAsync(terminal, stop);
            (string kind, string? target) = line.GetValue(reply) is { } answered ? ("reply", answered) : line.GetValue(react) is { } marked ? ("reaction", marked)
                : line.GetValue(edit) is { } edited ? ("edit", edited) : line.GetValue(erase) is { } erased ? ("erase", erased) : (line.GetValue(file) ? "file" : line.GetValue(marker) ? "marker" : "text", (string?)null);
            ChatShown sent = await commands.SendChatAsync(new SendChat(line.GetRequiredValue(vault), line.GetRequiredValue(room), said, kind, target), stop);
            if (line.GetValue(json)) Listing.Json(terminal, sent, HostJson.Lines.ChatShown);
            else terminal.Output.WriteLine($"sent {sent.Id}");
            return ExitCode.Done;
        });
        return command;

        static Option<string?> Of(string name, string description) => new(name) { Description = description, HelpName = "ID" };
    }

    static TaughtCommand Log(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal);
        Option<string> room = Room();
        Option<DateTimeOffset?> since = Words.At(terminal, "--since", "From TIME on: 2026-05-01, '2026-05-01 14:30', or 3d, 12h, 30m ago");
        Option<int?> last = new("--last", "-n") { Description = "So many of the latest", HelpName = "N" };
        last.Validators.Add(value => { if (value.GetValue(last) < 0) value.AddError("--last takes 0 or more"); });
        Option<bool> follow = new("--follow", "-f") { Description = "Stay, and print what comes" };
        Option<bool> json = Words.Json("Print one JSON object a line");
        TaughtCommand command = new("log", "show what was said, in the order that all devices have", "vault chat log photos", "vault chat log photos --room trips --since 2d", "vault chat log photos --follow --json") { vault, room, since, last, follow, json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            string named = line.GetRequiredValue(vault);
            if (line.GetValue(follow)) await commands.DaemonStatusAsync(stop); // alone nothing would ever come
            await foreach (ChatShown shown in commands.ChatLogAsync(new ShowChat(named, line.GetRequiredValue(room), line.GetValue(since), line.GetValue(follow), line.GetValue(last)), stop))
            {
                if (line.GetValue(json)) Listing.Json(terminal, shown, HostJson.Lines.ChatShown);
                else terminal.Output.WriteLine(ChatText.Line(shown, terminal.PeopleRead));
                if (line.GetValue(follow)) await terminal.Output.FlushAsync(stop);
            }
            if (line.GetValue(follow)) return ExitCode.Done;
            ChatStanding standing = await commands.ChatStandingAsync(named, stop);
            foreach (ChatGapShown gap in standing.Gaps) terminal.WriteNote(ChatText.Gap(gap));
            foreach (ChatForkShown fork in standing.Forks) terminal.WriteNote(ChatText.Fork(fork));
            return ExitCode.Done;
        });
        return command;
    }

    static TaughtCommand Verify(Terminal terminal)
    {
        Argument<string?> subject = new("vault") { Description = "A vault, or a file that --export wrote; all vaults when left out", HelpName = "VAULT|FILE", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> export = new("--export") { Description = "Write the evidence to FILE: whoever has it can check it without a store", HelpName = "FILE" };
        Option<bool> json = Words.Json();
        TaughtCommand command = new("verify", "check every chain, signature and witness again", "vault chat verify photos", "vault chat verify photos --export evidence", "vault chat verify evidence") { subject, export, json };
        command.SetAction(async (line, stop) =>
        {
            ChatVerified verified = line.GetValue(subject) is { } named && TryBundle(named) is { } bundle ? bundle : await InStoreAsync(line, terminal, line.GetValue(subject), line.GetValue(export), stop);
            if (line.GetValue(json)) Listing.Json(terminal, verified, HostJson.Lines.ChatVerified);
            else foreach (string said in ChatText.Verified(verified)) terminal.Output.WriteLine(said);
            return verified.Ok ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    static async Task<ChatVerified> InStoreAsync(ParseResult line, Terminal terminal, string? vault, string? export, CancellationToken stop)
    {
        await using ICommands commands = Session.Open(line, terminal);
        return await commands.VerifyChatAsync(new VerifyChat(vault, export is null ? null : MachinePath.From(export)), stop);
    }

    static ChatVerified? TryBundle(string path)
    {
        if (!File.Exists(path)) return null;
        using FileStream input = File.OpenRead(path);
        if (!ChatBundle.IsOne(input)) return null;
        (_, Identity.Membership members, ChatVerdict verdict) = ChatBundle.Verify(input);
        return new ChatTelling(members, null, null).Shown(verdict);
    }

    static async Task<string> ReadAsync(Terminal terminal, CancellationToken stop)
    {
        byte[] buffer = new byte[ChatLimits.Text + 2]; // one more than may be sent, and a line's end
        int length = 0;
        await using Stream input = terminal.OpenInput();
        while (length < buffer.Length && await input.ReadAsync(buffer.AsMemory(length), stop) is > 0 and var read) length += read;
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(buffer, 0, length).TrimEnd('\n', '\r');
        }
        catch (DecoderFallbackException)
        {
            throw new ConfigException("what was read isn't text in UTF-8", "send a file instead: vault chat send VAULT --file PATH");
        }
    }

    static Option<string> Room() => new("--room") { Description = "The room; it is made by saying something in it", HelpName = "R", DefaultValueFactory = _ => UsualRoom };
}
