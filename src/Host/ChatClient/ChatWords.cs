namespace Vault.Host;

enum ChatWord { Say, Help, Rooms, Room, Who, File, Verify, Reply, React, Edit, Erase, Ids, Quit, Unknown }

/// <param name="Id">Of the message that it is about: the beginning of it.</param>
/// <param name="Text">What is left.</param>
readonly record struct ChatTyped(ChatWord Word, string Text = "", string Id = "")
{
    public const string Help = """
        /rooms            the rooms there are; /room NAME goes to one, or begins it
        /who              the devices of the vault, and which are connected
        /file PATH        point at a file in the vault
        /ids              show the beginnings of ids, by which messages are meant below
        /reply ID TEXT    /react ID MARK    /edit ID TEXT    /erase ID
        /verify           check every chain, signature and witness again
        /quit             or Ctrl-D. // at the beginning says a text that begins with /
        Alt-Enter, or \ at the end, begins another line; Up and Down bring back what was sent; PgUp and PgDn look at older messages.
        ✓2 behind what you said: two other devices have it. … means that none has said so yet.
        """;

    public static ChatTyped Of(string text)
    {
        if (!text.StartsWith('/')) return new ChatTyped(ChatWord.Say, text);
        if (text.StartsWith("//", StringComparison.Ordinal)) return new ChatTyped(ChatWord.Say, text[1..]);
        (string word, string rest) = Split(text[1..]);
        (string id, string after) = Split(rest);
        return word.ToLowerInvariant() switch
        {
            "help" or "?" => new ChatTyped(ChatWord.Help),
            "rooms" => new ChatTyped(ChatWord.Rooms),
            "room" when rest.Length > 0 => new ChatTyped(ChatWord.Room, rest),
            "who" => new ChatTyped(ChatWord.Who),
            "file" when rest.Length > 0 => new ChatTyped(ChatWord.File, rest),
            "verify" => new ChatTyped(ChatWord.Verify),
            "reply" when after.Length > 0 => new ChatTyped(ChatWord.Reply, after, id),
            "react" when id.Length > 0 => new ChatTyped(ChatWord.React, after, id),
            "edit" when after.Length > 0 => new ChatTyped(ChatWord.Edit, after, id),
            "erase" when id.Length > 0 => new ChatTyped(ChatWord.Erase, "", id),
            "ids" => new ChatTyped(ChatWord.Ids),
            "quit" or "exit" or "q" => new ChatTyped(ChatWord.Quit),
            _ => new ChatTyped(ChatWord.Unknown, word),
        };
    }

    static (string First, string After) Split(string text)
    {
        string trimmed = text.Trim();
        int end = trimmed.AsSpan().IndexOfAny(" \t\n");
        return end < 0 ? (trimmed, "") : (trimmed[..end], trimmed[end..].Trim());
    }
}
