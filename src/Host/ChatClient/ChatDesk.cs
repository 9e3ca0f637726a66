using System.Globalization;
using System.Text;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>What came of something that was typed.</summary>
/// <param name="Said">The message that it became.</param>
/// <param name="Note">What there is to tell.</param>
readonly record struct DeskAnswer(ChatShown? Said = null, string? Note = null);

/// <summary>Does what is typed in a chat, whatever kind of screen it was typed at.</summary>
sealed class ChatDesk(ChatLink link, string vault)
{
    public const string Alone = "no daemon: what you write is kept here, and goes out when one runs";

    public Task<DeskAnswer> DoAsync(ChatTyped typed, string room, CancellationToken stop) => typed.Word switch
    {
        ChatWord.Say => SendAsync("text", typed, room, stop),
        ChatWord.File => SendAsync("file", typed, room, stop),
        ChatWord.Reply => SendAsync("reply", typed, room, stop),
        ChatWord.React => SendAsync("reaction", typed, room, stop),
        ChatWord.Edit => SendAsync("edit", typed, room, stop),
        ChatWord.Erase => SendAsync("erase", typed, room, stop),
        ChatWord.Rooms => link.AskAsync(commands => RoomsAsync(commands, stop), stop),
        ChatWord.Who => link.AskAsync(commands => WhoAsync(commands, stop), stop),
        ChatWord.Verify => link.AskAsync(commands => VerifyAsync(commands, stop), stop),
        ChatWord.Help => Task.FromResult(new DeskAnswer(Note: ChatTyped.Help)),
        _ => Task.FromResult(new DeskAnswer(Note: $"there is no /{typed.Text} that can be done so; /help says what there is")),
    };

    async Task<DeskAnswer> SendAsync(string kind, ChatTyped typed, string room, CancellationToken stop) =>
        new(Said: await link.AskAsync(commands => commands.SendChatAsync(new SendChat(vault, room, typed.Text, kind, typed.Id.Length == 0 ? null : typed.Id.ToLowerInvariant()), stop), stop));

    async Task<DeskAnswer> RoomsAsync(ICommands commands, CancellationToken stop)
    {
        ChatStanding standing = await commands.ChatStandingAsync(vault, stop);
        if (standing.Rooms.Count == 0) return new DeskAnswer(Note: "nothing has been said in any room");
        return new DeskAnswer(Note: string.Join('\n', standing.Rooms.Select(room => room.Unread == 0 ? room.Room : $"{room.Room}  ({Many(room.Unread)} new)")));

        static string Many(int unread) => unread >= 100 ? "99+" : unread.ToString(CultureInfo.InvariantCulture);
    }

    async Task<DeskAnswer> WhoAsync(ICommands commands, CancellationToken stop)
    {
        HashSet<string> connected = [];
        bool known = true;
        try
        {
            await foreach (PeerListed peer in commands.PeersAsync(stop))
                if (peer.Connected) connected.Add(peer.Peer);
        }
        catch (ConfigException)
        {
            known = false; // without a daemon nobody is
        }
        StringBuilder who = new();
        await foreach (MemberListed member in commands.MembersAsync(vault, stop))
        {
            if (member.State != "active") continue;
            string here = member.Self ? "this device" : connected.Contains(member.Peer) ? "connected" : known ? "away" : "not known without a daemon";
            who.Append(CultureInfo.InvariantCulture, $"{member.Name ?? "-"}  {member.Role}, {here}  {member.Peer[^8..]}\n");
        }
        return new DeskAnswer(Note: who.ToString().TrimEnd());
    }

    async Task<DeskAnswer> VerifyAsync(ICommands commands, CancellationToken stop)
    {
        ChatVerified verified = await commands.VerifyChatAsync(new VerifyChat(vault), stop);
        return new DeskAnswer(Note: string.Join('\n', ChatText.Verified(verified)));
    }

    /// <summary>What a person should know of how the chat stands, in words; empty when there is nothing.</summary>
    public static string Standing(ChatStanding standing) =>
        string.Join(" · ", standing.Gaps.Select(ChatText.Gap).Concat(standing.Forks.Select(fork => $"{fork.Name ?? fork.Device} has signed two histories")));

    /// <summary>What went wrong, as one line.</summary>
    public static string Words(Exception fault) => fault switch
    {
        DaemonGoneException => "the daemon has gone; it is looked for",
        VaultException { Hint: { } hint } => $"{fault.Message} ({hint})",
        _ => fault.Message,
    };
}
