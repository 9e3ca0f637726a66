using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Vault.Catalog;
using Vault.Chat;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Host;

// What is said in a vault.
sealed partial class LocalCommands
{
    public async Task<ChatShown> SendChatAsync(SendChat request, CancellationToken stop)
    {
        (KeyRingEntry entry, OpenVault vault) = await OpenChatAsync(request.Vault, stop);
        BodyKind kind = request.Kind is "text" or "reply" or "reaction" or "edit" or "erase" or "file" or "marker" && Enum.TryParse(request.Kind, ignoreCase: true, out BodyKind parsed)
            ? parsed : throw new ConfigException($"'{request.Kind}' is no kind of message", "there are text, reply, reaction, edit, erase, file and marker");
        string text = request.Text;
        if (kind == BodyKind.File) text = Find(vault.Catalog, entry, VaultPaths.Parse(text)).Path.Text;
        if (kind is BodyKind.Text or BodyKind.Reply or BodyKind.Edit or BodyKind.Marker && text.Length == 0) throw new ConfigException("there is nothing to say", "write the text behind the vault's name, or - for standard input");
        SignedMessage? target = request.Target is null ? null : vault.Chat.Find(request.Target) ?? throw new ConfigException($"there is no message '{request.Target}' here, or several", "vault chat log shows ids; write more of one");
        SignedMessage sent = vault.Chat.Append(kind, request.Room, text, target?.Hash ?? default);
        return TellingOf(entry, vault).Shown(vault.Chat.Line(sent.Header.Feed, sent.Header.Sequence)!)!;
    }

    public async IAsyncEnumerable<ChatShown> ChatLogAsync(ShowChat request, [EnumeratorCancellation] CancellationToken stop)
    {
        (KeyRingEntry entry, OpenVault vault) = await OpenChatAsync(request.Vault, stop);
        if (!entry.Keys.CanRead) throw new ConfigException($"this device can't read {entry.Name}", "it keeps the chat for those who can");
        if (request.Last is < 0) throw new ConfigException("fewer than none can't be shown", "ask for the last 20, say");
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(stop, daemon?.Stopping ?? CancellationToken.None);
        Channel<SignedMessage> news = Channel.CreateBounded<SignedMessage>(new BoundedChannelOptions(ChatNews) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        void OnAdded(IReadOnlyList<SignedMessage> messages)
        {
            foreach (SignedMessage message in messages) news.Writer.TryWrite(message);
        }
        if (request.Follow) vault.Chat.Added += OnAdded;
        try
        {
            HashSet<Hash32> told = [];
            IEnumerable<ChatLine> lines = request.Since is null && request.Last is { } last ? vault.Chat.Last(request.Room, last) : vault.Chat.Since(request.Room, request.Since ?? DateTimeOffset.UnixEpoch);
            foreach (ChatLine line in lines)
            {
                stop.ThrowIfCancellationRequested();
                if (request.Follow) told.Add(line.Message.Hash);
                if (TellingOf(entry, vault).Shown(line) is { IsLine: true } shown) yield return shown with { Room = request.Room };
            }
            while (request.Follow)
            {
                SignedMessage message;
                try
                {
                    if (!news.Reader.TryRead(out message!))
                    {
                        told.Clear(); // what was listed has been passed over by now
                        message = await news.Reader.ReadAsync(ended.Token);
                    }
                }
                catch (OperationCanceledException) when (!stop.IsCancellationRequested)
                {
                    yield break; // the daemon stops
                }
                if (told.Contains(message.Hash) || vault.Chat.Line(message.Header.Feed, message.Header.Sequence) is not { } line) continue;
                if (TellingOf(entry, vault).Shown(line) is { } shown && shown.Room == request.Room) yield return shown;
            }
        }
        finally
        {
            vault.Chat.Added -= OnAdded;
        }
    }

    /// <summary>Messages that wait for somebody who follows and reads slowly; of more the oldest are left out, and are in the log.</summary>
    const int ChatNews = 4096;

    public async Task<ChatStanding> ChatStandingAsync(string vault, CancellationToken stop)
    {
        (KeyRingEntry entry, OpenVault open) = await OpenChatAsync(vault, stop);
        return Standing(entry, open);
    }

    ChatStanding Standing(KeyRingEntry entry, OpenVault vault)
    {
        ChatTelling telling = TellingOf(entry, vault);
        return new ChatStanding(entry.Vault.ToString(), entry.Name, PeerId.From(home.Device.Key.Public).ToString(), [.. vault.Chat.Rooms.Select(Room)],
            [.. vault.Chat.Gaps.Select(telling.Shown)], [.. vault.Chat.Forks.Select(telling.Shown)], vault.Catalog.Membership.Settings.ChatByReaders);

        RoomShown Room(string room)
        {
            (SignedMessage? last, int unread) = vault.Chat.Reading(room, MostUnread);
            return new RoomShown(room, unread, last?.Hash.ToString());
        }
    }

    /// <summary>A person takes any number above it for many.</summary>
    const int MostUnread = 100;

    public async Task<bool> ReadChatAsync(ReadChat request, CancellationToken stop)
    {
        (_, OpenVault vault) = await OpenChatAsync(request.Vault, stop);
        vault.Chat.MarkRead(request.Room, vault.Chat.Find(request.Id) ?? throw new ConfigException($"there is no message '{request.Id}' here, or several"));
        return true;
    }

    public async Task<ChatStanding> AllowChatAsync(AllowChat request, CancellationToken stop)
    {
        (KeyRingEntry entry, OpenVault vault) = await OpenChatAsync(request.Vault, stop);
        VaultSettings settings = vault.Catalog.Membership.Settings;
        if (settings.ChatByReaders != request.ByReaders) vault.Catalog.Add([AuthorOf(entry).Change(vault.Catalog.Membership, settings with { ChatByReaders = request.ByReaders })]);
        return Standing(entry, vault);
    }

    public async Task<ChatVerified> VerifyChatAsync(VerifyChat request, CancellationToken stop)
    {
        if (request is { Vault: null, Export: not null }) throw new ConfigException("evidence is of one vault", "name the vault");
        await EnterAsync(stop);
        IReadOnlyList<KeyRingEntry> entries = request.Vault is { } named ? [await FindAsync(named, stop)] : [.. Named()];
        List<ChatVerified> verified = [];
        foreach (KeyRingEntry entry in entries)
        {
            OpenVault vault = home.Vault(entry.Keys);
            Tell();
            ChatTelling telling = TellingOf(entry, vault);
            ChatVerifier verifier = new(entry.Vault, vault.Catalog.Membership, telling.Open, root => vault.Catalog.FindRoot(root) != null);
            foreach (FeedHead head in vault.Chat.Heads)
            {
                stop.ThrowIfCancellationRequested();
                verifier.Walk(head.Feed, vault.Chat.Range(head.Feed, 1, (int)head.Sequence));
            }
            if (request.Export is { } file)
            {
                using FileStream output = new(file.Full, FileMode.CreateNew, FileAccess.Write);
                ChatBundle.Write(output, vault.Catalog.Membership, vault.Chat, new BodySealer(entry.Keys, home.Random).Show);
            }
            verified.Add(telling.Shown(verifier.Finish(vault.Chat.Forks, vault.Chat.Gaps), request.Export?.Full));
        }
        if (verified is [{ } only]) return only;
        return new ChatVerified(verified.Sum(one => one.Messages), verified.Sum(one => one.Feeds), [.. verified.SelectMany(one => one.Forks)], [.. verified.SelectMany(one => one.Gaps)], verified.All(one => one.Ok),
            verified.Sum(one => one.Matched), verified.Sum(one => one.NotComparable), [.. verified.SelectMany(one => one.Contradictions)]);
    }

    async Task<(KeyRingEntry Entry, OpenVault Vault)> OpenChatAsync(string vault, CancellationToken stop)
    {
        KeyRingEntry entry = await FindAsync(vault, stop);
        OpenVault open = home.Vault(entry.Keys);
        Tell();
        return (entry, open);
    }

    ChatTelling TellingOf(KeyRingEntry entry, OpenVault vault) => new(vault.Catalog.Membership, entry.Keys, new BodySealer(entry.Keys, home.Random));
}
