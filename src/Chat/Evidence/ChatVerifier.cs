using System.Runtime.InteropServices;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Chat;

/// <summary>How what a message says of the vault compares with what is known of it.</summary>
public enum WitnessVerdict
{
    /// <summary>This device had that very root; in evidence that a third party has, another device has signed the same state.</summary>
    Matched,
    /// <summary>Nothing to hold it against, and nothing contradicts it: the author had other records at the time, says nothing, or it was erased or isn't shown.</summary>
    NotComparable,
    /// <summary>It contradicts another message of its author, or somebody's with the same counters.</summary>
    Contradiction,
}

/// <summary>Two signed messages that can't both be honest, or one that can't be.</summary>
public sealed record Contradiction(string What, SignedMessage Message, SignedMessage? Against);

/// <param name="Feeds">Those whose chain was walked.</param>
public sealed record ChatVerdict(
    long Messages, int Feeds, long Matched, long NotComparable, IReadOnlyList<Contradiction> Contradictions, IReadOnlyList<ForkProof> Forks, IReadOnlyList<ChatGap> Gaps)
{
    public bool Ok => Contradictions.Count == 0 && Forks.Count == 0;
}

/// <summary>
/// Goes through feeds again as if nothing had been checked before: every link of every chain, every signature, everything a
/// header says of others, every witness. Finds what was changed on the disk as well as what never fitted together.
/// </summary>
/// <param name="open">Opens a body, where this device can.</param>
/// <param name="hadRoot">Whether this device had a root; null for who has no copy of the vault, and can only hold devices against each other.</param>
public sealed class ChatVerifier(VaultId vault, Membership members, Func<MessageHeader, ReadOnlyMemory<byte>, MessageBody?> open, Func<Hash32, bool>? hadRoot)
{
    /// <summary>Enough to show; a broken disk would fill any list.</summary>
    const int MostContradictions = 100;

    const int Slice = 1024;

    readonly List<Contradiction> contradictions = [];
    readonly Dictionary<FeedId, List<Hash32>> chains = [];
    readonly Dictionary<FeedId, ulong> claimed = []; // the last message of a feed that somebody says he had seen
    readonly List<(byte[] By, FeedHead Claim)> unsettled = []; // of feeds that weren't walked yet, and what didn't fit
    readonly Dictionary<Hash32, WitnessedState> states = []; // by what a witness says was seen
    readonly Dictionary<DeviceId, (Witness Witness, SignedMessage By)> lastWitness = [];
    long messages, matched, notComparable;

    /// <summary>What several messages say of one set of records.</summary>
    sealed class WitnessedState(Hash32 root, SignedMessage by)
    {
        public Hash32 Root => root;
        public SignedMessage By => by;
        public long Messages { get; set; }
        public bool BySeveral { get; set; }
    }

    /// <summary>One feed from its first message on. Feeds of one device come in the order of their chains.</summary>
    public void Walk(FeedId feed, IEnumerable<SignedMessage> inOrder) =>
        Walk(feed, inOrder.Select(message => (message, message.Body is { } body && open(message.Header, body) is { } opened ? opened.Witness : null)));

    /// <summary>The same with what is shown of their witnesses.</summary>
    public void Walk(FeedId feed, IEnumerable<(SignedMessage Message, Witness? Witness)> inOrder)
    {
        List<Hash32> chain = [];
        SignedMessage? last = null;
        foreach ((SignedMessage Message, Witness? Witness)[] slice in inOrder.Chunk(Slice))
        {
            bool[] signed = new bool[slice.Length];
            Ed25519PublicKey? key = members.Find(feed.Device)?.Key;
            Parallel.For(0, slice.Length, i => signed[i] = key is { } author && slice[i].Message.IsSignedBy(vault, author));
            for (int i = 0; i < slice.Length; i++)
            {
                Check(feed, slice[i].Message, last, signed[i]);
                Judge(slice[i].Message, slice[i].Witness);
                last = slice[i].Message;
                chain.Add(last.Hash);
            }
        }
        chains[feed] = chain;
    }

    void Check(FeedId feed, SignedMessage message, SignedMessage? last, bool signed)
    {
        messages++;
        MessageHeader header = message.Header;
        if (!signed) Report("its signature isn't that of a member", message, null);
        if (header.Feed != feed || header.Sequence != (last?.Header.Sequence ?? 0) + 1) Report("it stands at another place than it says", message, last);
        if (header.Previous != (last?.Hash ?? default)) Report("it doesn't follow on the message before it", message, last);
        if (last != null && header.Time <= last.Header.Time) Report("it is not later than the message before it", message, last);
        byte[]? evidence = null;
        foreach (FeedHead claim in header.Heads)
        {
            claimed[claim.Feed] = Math.Max(claimed.GetValueOrDefault(claim.Feed), claim.Sequence);
            if (!Fits(claim)) unsettled.Add((evidence ??= message.EncodeHeader(), claim));
        }
    }

    bool Fits(FeedHead claim) => chains.TryGetValue(claim.Feed, out List<Hash32>? chain) && (claim.Sequence > (ulong)chain.Count || chain[(int)claim.Sequence - 1] == claim.Hash);

    void Judge(SignedMessage message, Witness? shown)
    {
        if (shown is not { Counters.Count: > 0 } witness)
        {
            notComparable++;
            return;
        }
        DeviceId author = message.Header.Feed.Device;
        bool fits = true;
        if (lastWitness.TryGetValue(author, out (Witness Witness, SignedMessage By) before) && GoesBack(before.Witness, witness))
            fits = Report("its author had seen more before than it says it has seen now", message, before.By);
        SignedMessage evidence = message.WithoutBody();
        lastWitness[author] = (witness, evidence);

        Hash32 seen = Seen(witness);
        if (!states.TryGetValue(seen, out WitnessedState? state)) states.Add(seen, state = new WitnessedState(witness.Root, evidence));
        else if (state.Root != witness.Root) fits = Report("another root was witnessed with the same records", message, state.By);
        if (!fits) return;
        state.Messages++;
        state.BySeveral |= state.By.Header.Feed.Device != author;
        if (hadRoot is null) return; // for the end to say
        if (hadRoot(witness.Root)) matched++;
        else notComparable++;
    }

    bool Report(string what, SignedMessage message, SignedMessage? against)
    {
        if (contradictions.Count < MostContradictions) contradictions.Add(new Contradiction(what, message, against));
        return false;
    }

    static bool GoesBack(Witness before, Witness now)
    {
        Dictionary<DeviceId, HybridTime> latest = now.Counters.ToDictionary(counter => counter.Device, counter => counter.Latest);
        // A full list may have lost its oldest author; a shorter one may not.
        bool full = now.Counters.Count == ChatLimits.WitnessAuthors;
        return before.Counters.Any(counter => latest.TryGetValue(counter.Device, out HybridTime time) ? time < counter.Latest : !full);
    }

    static Hash32 Seen(Witness witness)
    {
        ByteWriter writer = new(2 + witness.Counters.Count * 24);
        (witness with { Root = default }).Write(writer);
        return Hash32.Of(writer.Written);
    }

    /// <summary>Messages that others say they had seen and that weren't among those walked.</summary>
    public IReadOnlyList<ChatGap> Missing() =>
        [.. claimed.Select(seen => new ChatGap(seen.Key, (ulong)(chains.GetValueOrDefault(seen.Key)?.Count ?? 0) + 1, seen.Value)).Where(gap => gap.To >= gap.From).OrderBy(gap => gap.Feed)];

    /// <summary>What all the feeds together show.</summary>
    public ChatVerdict Finish(IReadOnlyList<ForkProof> forks, IReadOnlyList<ChatGap> gaps)
    {
        foreach ((byte[] by, FeedHead claim) in unsettled)
        {
            if (!chains.ContainsKey(claim.Feed) || Fits(claim) || forks.Any(fork => fork.Feed == claim.Feed && claim.Sequence >= fork.Sequence)) continue;
            Report($"it has seen another message {claim.Sequence} of {claim.Feed} than there is", SignedMessage.From(by, null)!, null);
        }
        if (hadRoot is null)
        {
            matched = states.Values.Where(state => state.BySeveral).Sum(state => state.Messages);
            notComparable += states.Values.Where(state => !state.BySeveral).Sum(state => state.Messages);
        }
        return new ChatVerdict(messages, chains.Count, matched, notComparable, contradictions, forks, gaps);
    }
}
