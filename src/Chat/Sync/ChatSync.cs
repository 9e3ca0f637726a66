using Vault.Identity;
using Vault.Primitives;

namespace Vault.Chat;

/// <summary>
/// Brings a log and a peer's together, as one side of it: messages in, messages out; no network and no clock inside. Each side
/// says what it has and asks for what it lacks, so that of several peers only one is asked. Where two feeds differ at a place
/// that both have, it looks for the first such place: the two headers there prove a fork.
/// </summary>
/// <remarks>A peer that breaks the rules causes a <see cref="ProtocolException"/>: close the connection. For one caller at a time.</remarks>
public sealed class ChatSync(ChatLog log, DeviceId peer, DeviceId? self) : IDisposable
{
    /// <summary>Questions of a peer that wait for their answer: it should ask one after the other.</summary>
    const int MostAsked = 8;

    /// <summary>News that wait for a peer that reads too slowly; it hears of the rest when heads are compared.</summary>
    const int MostNews = 1024;

    readonly Queue<IEnumerator<ChatWire>> sending = new();
    readonly Dictionary<FeedId, FeedHead> theirs = [];
    readonly List<FeedHead> arriving = [];
    readonly Queue<Want> wants = new();
    Want? asked;
    int toAnswer, newsWaiting;
    FeedRecovery? recovery;
    bool moved; // something came that the peer should hear has come
    bool compared;

    /// <summary>A range of a feed that the peer has and we lack; or, with <see cref="Differs"/>, the search for the first difference.</summary>
    sealed record Want(FeedId Feed, ulong From, ulong To, bool Differs = false);

    /// <summary>Of what the peer was asked, how many answers or parts of one have come; and whether one is still owed.</summary>
    public long Answers { get; private set; }
    public bool IsOwed => asked != null;

    /// <summary>True once heads were compared and all the peer had was fetched.</summary>
    public bool IsInStep => compared && asked is null && wants.Count == 0;

    /// <summary>Says what there is here. At the beginning, and every minute, because gossip loses messages.</summary>
    public void Begin()
    {
        IReadOnlyList<ForkProof> forks = log.Forks;
        IReadOnlyList<FeedHead> heads = log.Heads;
        sending.Enqueue(Greeting().GetEnumerator());

        IEnumerable<ChatWire> Greeting()
        {
            foreach (ForkProof[] some in forks.Chunk(ChatWire.ForksAtOnce)) yield return new ChatWire.Forks([.. some.Select(proof => (proof.First, proof.Second))]);
            FeedHead[][] parts = [.. heads.Chunk(ChatWire.HeadsAtOnce)];
            for (int i = 0; i < parts.Length - 1; i++) yield return new ChatWire.Heads(HeadsPart.More, parts[i]);
            yield return new ChatWire.Heads(HeadsPart.Last, parts.Length == 0 ? [] : parts[^1]);
        }
    }

    /// <summary>A message that is new here: the peer hears of it at once, unless it has it.</summary>
    public void Announce(SignedMessage message)
    {
        if (theirs.TryGetValue(message.Header.Feed, out FeedHead head) && head.Sequence >= message.Header.Sequence) return;
        if (newsWaiting >= MostNews) return;
        newsWaiting++;
        sending.Enqueue(News().GetEnumerator());

        IEnumerable<ChatWire> News()
        {
            newsWaiting--;
            yield return new ChatWire.Messages(MessagesPart.News, [message]);
        }
    }

    /// <summary>Much has come at once: the peer hears how far the feeds go, and asks for what it lacks.</summary>
    public void AnnounceHeads() => moved = true;

    /// <summary>What the peer has and wasn't taken, for its author wasn't known, may be taken now.</summary>
    public void Recheck()
    {
        foreach (FeedHead head in theirs.Values.OrderBy(head => head.Feed)) Compare(head, log.HeadOf(head.Feed));
        if (asked is null) AskNext();
    }

    public void Announce(ForkProof proof) => sending.Enqueue(((IEnumerable<ChatWire>)[new ChatWire.Forks([(proof.First, proof.Second)])]).GetEnumerator());

    /// <summary>The next message to send; null when there is nothing until another input.</summary>
    public ReadOnlyMemory<byte>? Next()
    {
        while (sending.TryPeek(out IEnumerator<ChatWire>? messages))
        {
            if (messages.MoveNext()) return messages.Current.Encode();
            sending.Dequeue().Dispose();
        }
        if (!moved || asked != null) return null;
        moved = false;
        FeedHead[] heads = [.. log.Heads.Where(head => !theirs.TryGetValue(head.Feed, out FeedHead known) || known.Sequence <= head.Sequence).Take(ChatWire.HeadsAtOnce)];
        return new ChatWire.Heads(HeadsPart.Moved, heads).Encode();
    }

    public void Receive(ReadOnlyMemory<byte> message) => Receive(Read(message));

    public static ChatWire Read(ReadOnlyMemory<byte> message) => ChatWire.Decode(message) ?? throw new ProtocolException("the peer sent a message of the chat that can't be read");

    public void Receive(ChatWire message)
    {
        switch (message)
        {
            case ChatWire.Heads m: OnHeads(m); break;
            case ChatWire.Forks m: OnForks(m); break;
            case ChatWire.Ask m: OnAsk(m); break;
            case ChatWire.Messages { Part: MessagesPart.News } m: OnNews(m); break;
            case ChatWire.Messages m: OnAnswer(m); break;
        }
        if (asked is null) AskNext();
    }

    void OnForks(ChatWire.Forks forks)
    {
        foreach ((SignedMessage a, SignedMessage b) in forks.Values) log.Accept(a, b);
    }

    void OnHeads(ChatWire.Heads heads)
    {
        if (arriving.Count + heads.Values.Count > ChatLimits.Feeds) throw new ProtocolException("the peer lists more feeds than there can be");
        log.Heard(peer, heads.Values);
        foreach (FeedHead head in heads.Values) Note(head);
        arriving.AddRange(heads.Values);
        if (heads.Part == HeadsPart.More) return;
        Dictionary<FeedId, FeedHead> mine = log.Heads.ToDictionary(head => head.Feed);
        // A chain's successor counts only once its fork is known, and those of one device come in order.
        foreach (FeedHead head in arriving.Order(Comparer<FeedHead>.Create((a, b) => a.Feed.CompareTo(b.Feed)))) Compare(head, mine.GetValueOrDefault(head.Feed));
        arriving.Clear();
        if (heads.Part == HeadsPart.Last) compared = true;
        Settle();
    }

    void Note(FeedHead head)
    {
        if (theirs.ContainsKey(head.Feed) || theirs.Count < ChatLimits.Feeds) theirs[head.Feed] = head;
    }

    void Compare(FeedHead head, FeedHead mine)
    {
        if (wants.Any(want => want.Feed == head.Feed) || asked?.Feed == head.Feed) return;
        // What stands before a fork is the same for all, and all there will ever be of that chain.
        ulong end = log.ForkOf(head.Feed) is { } fork ? Math.Min(head.Sequence, fork.Sequence - 1) : head.Sequence;
        if (end > mine.Sequence)
        {
            if (head.Feed.Device == self) recovery ??= log.BeginRecovery(peer);
            wants.Enqueue(new Want(head.Feed, mine.Sequence + 1, end));
            return;
        }
        if (end < head.Sequence) return;
        Hash32 here = head.Sequence == mine.Sequence ? mine.Hash : log.Find(head.Feed, head.Sequence, withBody: false)?.Hash ?? default;
        if (here != head.Hash) wants.Enqueue(new Want(head.Feed, 1, head.Sequence, Differs: true));
    }

    void AskNext()
    {
        if (!wants.TryDequeue(out Want? want)) return;
        asked = want;
        ulong from = want.Differs ? Middle(want) : want.From;
        int count = want.Differs ? 1 : (int)Math.Min(want.To - want.From + 1, ChatWire.AskAtOnce);
        sending.Enqueue(((IEnumerable<ChatWire>)[new ChatWire.Ask(want.Feed, from, count, want.Differs)]).GetEnumerator());
    }

    static ulong Middle(Want want) => want.From + (want.To - want.From) / 2;

    void OnAsk(ChatWire.Ask ask)
    {
        if (++toAnswer > MostAsked) throw new ProtocolException("the peer asks faster than it reads");
        sending.Enqueue(Answer().GetEnumerator());

        IEnumerable<ChatWire> Answer()
        {
            (ulong from, int left) = (ask.From, ask.Count);
            List<SignedMessage> part = Part(ask.Feed, from, left, ask.HeadersOnly, out bool more);
            for (; more; part = Part(ask.Feed, from, left, ask.HeadersOnly, out more))
            {
                yield return new ChatWire.Messages(MessagesPart.More, part);
                (from, left) = (from + (ulong)part.Count, left - part.Count);
            }
            toAnswer--;
            yield return new ChatWire.Messages(MessagesPart.Last, part);
        }
    }

    /// <summary>As much of a range as one message carries. Read when the peer takes it, and at once: a slow one holds nothing of the database.</summary>
    List<SignedMessage> Part(FeedId feed, ulong from, int count, bool headersOnly, out bool more)
    {
        List<SignedMessage> part = [];
        int size = 0;
        foreach (SignedMessage message in log.Range(feed, from, count))
        {
            SignedMessage shown = headersOnly ? message.WithoutBody() : message;
            part.Add(shown);
            size += MessageHeader.MaxSize / 4 + (shown.Body?.Length ?? 0);
            if (size >= ChatWire.Target) break;
        }
        more = size >= ChatWire.Target;
        return part;
    }

    void OnAnswer(ChatWire.Messages answer)
    {
        if (asked is not { } want) throw new ProtocolException("the peer answers what nobody asked");
        Answers++;
        if (want.Differs) OnDifference(want, answer);
        else OnRange(want, answer);
        if (asked is null) Settle();
    }

    void OnRange(Want want, ChatWire.Messages answer)
    {
        ulong expected = want.From;
        foreach (SignedMessage message in answer.Values)
            if (message.Header.Feed != want.Feed || message.Header.Sequence != expected++ || message.Header.Sequence > want.To) throw new ProtocolException("the peer answers with other messages than were asked for");
        IReadOnlyList<Acceptance> results = answer.Values.Count == 0 ? [] : log.Accept(answer.Values, asked: true);
        if (results.Contains(Acceptance.Invalid)) throw new ProtocolException("the peer brings messages that are forged");
        moved |= results.Contains(Acceptance.Added);
        if (want.Feed.Device == self && results.Contains(Acceptance.Added)) recovery?.Prove();
        Acceptance last = results.Count == 0 ? Acceptance.Known : results[^1];
        if (last == Acceptance.OtherHistory && want.From > 1)
        {
            wants.Enqueue(new Want(want.Feed, 1, want.From - 1, Differs: true));
            asked = null;
        }
        else if (last is not (Acceptance.Added or Acceptance.Known)) asked = null; // not for us, or not now
        else if (answer.Part == MessagesPart.More) asked = want with { From = expected };
        else
        {
            // An answer that ends early ends the question: the peer has no more of it, whatever it said.
            bool more = answer.Values.Count > 0 && expected <= want.To;
            asked = null;
            if (more) wants.Enqueue(want with { From = expected });
        }
    }

    void OnDifference(Want want, ChatWire.Messages answer)
    {
        asked = null;
        ulong at = Middle(want);
        if (answer.Values is not [{ } their] || their.Header.Feed != want.Feed || their.Header.Sequence != at || log.Find(want.Feed, at, withBody: false) is not { } mine) return;
        if (mine.Hash == their.Hash)
        {
            if (at < want.To) wants.Enqueue(want with { From = at + 1 });
        }
        else if (at > want.From) wants.Enqueue(want with { To = at });
        else if (log.Accept(mine, their)) Announce(log.ForkOf(want.Feed)!);
        else if (log.ForkOf(want.Feed) is null) throw new ProtocolException("the peer shows a history that its author never signed");
    }

    void OnNews(ChatWire.Messages news)
    {
        IReadOnlyList<Acceptance> results = log.Accept(news.Values);
        for (int i = 0; i < results.Count; i++)
        {
            SignedMessage message = news.Values[i];
            Note(message.Head);
            if (results[i] == Acceptance.Invalid) throw new ProtocolException("the peer brings messages that are forged");
            moved |= results[i] == Acceptance.Added;
            if (results[i] is Acceptance.Waits or Acceptance.TooMuch or Acceptance.OtherHistory) Compare(message.Head, log.HeadOf(message.Header.Feed));
        }
    }

    /// <summary>When nothing is asked for any more, what the peer knew of this device's own feed is here.</summary>
    void Settle()
    {
        if (asked != null || wants.Count > 0 || !compared) return;
        recovery?.Dispose();
        recovery = null;
        log.Reassure();
    }

    public void Dispose()
    {
        recovery?.Dispose();
        while (sending.TryDequeue(out IEnumerator<ChatWire>? messages)) messages.Dispose();
    }
}
