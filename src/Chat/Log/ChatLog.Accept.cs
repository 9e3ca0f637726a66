using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Chat;

public sealed partial class ChatLog
{
    /// <summary>
    /// Takes in what a peer brought, in the order it came. What is <see cref="Acceptance.Added"/> is durable when this returns,
    /// with whatever had waited for it.
    /// </summary>
    /// <param name="asked">This device asked for them. Unasked ones come at a bounded rate.</param>
    public IReadOnlyList<Acceptance> Accept(IReadOnlyList<SignedMessage> messages, bool asked = false)
    {
        Membership members = ports.Membership();
        bool[] signed = Signed(messages, members);
        Acceptance[] results = new Acceptance[messages.Count];
        Intake intake = new(new Batch(), members, asked, [], []);
        lock (gate)
        {
            try
            {
                for (int i = 0; i < messages.Count; i++) results[i] = signed[i] ? Take(intake, messages[i]) : members.Find(messages[i].Header.Feed.Device) is null ? Acceptance.NotAllowed : Acceptance.Invalid;
                Settle(intake.Batch);
            }
            catch
            {
                // The feeds in memory may be ahead of the disk: what is on the disk counts.
                Reload();
                throw;
            }
        }
        if (intake.Added.Count > 0) Added?.Invoke(intake.Added);
        foreach (ForkProof proof in intake.Forked) Forked?.Invoke(proof);
        return results;
    }

    /// <summary>What goes through one call of Accept: one commit for all, unless something must be looked up in between.</summary>
    sealed record Intake(Batch Batch, Membership Members, bool Asked, List<SignedMessage> Added, List<ForkProof> Forked);

    void Settle(Batch batch)
    {
        if (batch.Changes.Count == 0) return;
        meta.Commit(batch, Durability.Synced);
        batch.Clear();
    }

    public Acceptance Accept(SignedMessage message) => Accept([message])[0];

    /// <summary>Takes in a proof that somebody brought. False when it proves nothing, or nothing new.</summary>
    public bool Accept(SignedMessage a, SignedMessage b)
    {
        // Peers list their proofs every minute: one that is here costs no signatures.
        if (ForkOf(a.Header.Feed) is { } known && known.Sequence <= a.Header.Sequence) return false;
        Membership members = ports.Membership();
        if (members.Find(a.Header.Feed.Device) is not { } member || ForkProof.Of(vault, member.Key, a, b) is not { } proof) return false;
        lock (gate)
        {
            Batch batch = new();
            if (!Keep(batch, proof, members)) return false;
            meta.Commit(batch, Durability.Synced);
        }
        Forked?.Invoke(proof);
        return true;
    }

    /// <summary>Looks at the signatures of what is about to be taken in, while what came before it is still being stored.</summary>
    public void Examine(IReadOnlyList<SignedMessage> messages) => Signed(messages, ports.Membership());

    // Signatures cost more than everything else, and need nothing of the log.
    bool[] Signed(IReadOnlyList<SignedMessage> messages, Membership members)
    {
        bool[] signed = new bool[messages.Count];
        if (messages.Count < 16)
        {
            for (int i = 0; i < signed.Length; i++) signed[i] = IsSigned(messages[i]);
            return signed;
        }
        Parallel.For(0, signed.Length, i => signed[i] = IsSigned(messages[i]));
        return signed;

        bool IsSigned(SignedMessage message) => members.Find(message.Header.Feed.Device) is { } member && message.IsSignedBy(vault, member.Key);
    }

    Acceptance Take(Intake intake, SignedMessage message)
    {
        MessageHeader header = message.Header;
        if (Make(header.Feed, intake.Members) is not { } feed) return Acceptance.NotAllowed;
        if (header.Sequence <= feed.Head.Sequence) return Compare(intake, feed, message);
        if (feed.IsForkedAt(header.Sequence) || !MayBegin(header.Feed)) return Acceptance.Held;
        if (!Counts(intake.Members, feed, header)) return Acceptance.NotAllowed;
        DateTimeOffset now = ports.Time.GetUtcNow();
        if (header.Time.Moment > now + ChatLimits.Ahead) return Acceptance.TooEarly;
        if (header.Sequence + InOtherChains(header.Feed) > ChatLimits.MessagesPerAuthor) return Acceptance.TooMuch;
        if (header.Sequence > feed.Head.Sequence + 1)
        {
            feed.Known = Math.Max(feed.Known, header.Sequence);
            Wait(feed, message);
            return Acceptance.Waits;
        }
        if (header.Previous != feed.Head.Hash) return Acceptance.OtherHistory;
        if (header.Time <= feed.Head.Time) return Acceptance.Invalid;
        if (!intake.Asked && !AllowanceOf(header.Feed.Device).TryTake(now)) return Acceptance.TooMuch;

        Add(intake, feed, message);
        while (feed.Waiting.Remove(feed.Head.Sequence + 1, out SignedMessage? next) && Take(intake, next) == Acceptance.Added) { }
        return Acceptance.Added;
    }

    ulong InOtherChains(FeedId feed) => ChainsOf(feed.Device).Where(other => other.Feed.Chain != feed.Chain).Aggregate(0UL, (sum, other) => sum + other.Head.Sequence);

    IEnumerable<FeedState> ChainsOf(DeviceId device)
    {
        for (uint chain = 0; chain < ChatLimits.Chains && StateOf(new FeedId(device, chain)) is { } feed; chain++) yield return feed;
    }

    void Add(Intake intake, FeedState feed, SignedMessage message)
    {
        SignedMessage kept = ChainsOf(feed.Feed.Device).Sum(chain => chain.Bytes) > ChatLimits.BytesPerAuthor ? message.WithoutBody() : message;
        Store(intake.Batch, kept);
        Stored(feed, kept);
        ports.Clock.Witness(message.Header.Time);
        intake.Added.Add(message);
        // Whoever names a head has it.
        DeviceId author = message.Header.Feed.Device;
        Heard(intake.Batch, author, [.. message.Header.Heads, message.Head], intake.Members, signed: intake.Members.Find(author) is { IsRevoked: false });
    }

    Acceptance Compare(Intake intake, FeedState feed, SignedMessage message)
    {
        MessageHeader header = message.Header;
        Settle(intake.Batch); // it may have come twice in one call
        if (Find(header.Feed, header.Sequence) is not { } held) return Acceptance.Invalid;
        if (held.Hash == message.Hash)
        {
            if (held.Body is null && message.Body is { } body) StoreBody(intake.Batch, message, body);
            return Acceptance.Known;
        }
        if (ForkProof.Of(vault, intake.Members.Find(header.Feed.Device)!.Key, held, message) is not { } proof) return Acceptance.Invalid;
        if (Keep(intake.Batch, proof, intake.Members)) intake.Forked.Add(proof);
        return Acceptance.Forks;
    }

    /// <summary>Of several proofs about one chain the earliest counts, so that all come to hold back the same messages.</summary>
    bool Keep(Batch batch, ForkProof proof, Membership members)
    {
        if (Make(proof.Feed, members) is not { } feed || (feed.Fork is { } known && known.Sequence <= proof.Sequence)) return false;
        feed.Fork = proof;
        feed.Waiting.Clear();
        batch.Put(ChatKeys.Chat, ChatKeys.Feed(tag, ChatKeys.ForkOf, proof.Feed), proof.Encode());
        return true;
    }

    /// <summary>A chain after the first begins only when the one before was proven to fork.</summary>
    bool MayBegin(FeedId feed) => feed.Chain == 0 || StateOf(feed with { Chain = feed.Chain - 1 }) is { Fork: not null };

    /// <summary>
    /// Whether its author may have written it. Once a device is revoked nothing of it is taken any more, whatever time it
    /// claims, but what others who are still in have signed that they had seen.
    /// </summary>
    static bool Counts(Membership members, FeedState feed, MessageHeader header) =>
        members.Find(header.Feed.Device) is { } member
        && (member.IsRevoked ? header.Sequence <= feed.Vouched : member.RoleAt(header.Time) >= Needed(members));

    static Role Needed(Membership members) => members.Settings.ChatByReaders ? Role.Reader : Role.Writer;

    void Wait(FeedState feed, SignedMessage message)
    {
        if (WaitingCount < ChatLimits.Waiting) feed.Waiting[message.Header.Sequence] = message;
    }

    Allowance AllowanceOf(DeviceId device)
    {
        if (!allowances.TryGetValue(device, out Allowance? allowance)) allowances[device] = allowance = new Allowance(ChatLimits.BurstPerAuthor, ChatLimits.PerMinute);
        return allowance;
    }

    /// <summary>A peer says how far it has the feeds: what is delivered, and what there is that hasn't come.</summary>
    public void Heard(DeviceId by, IReadOnlyList<FeedHead> heads)
    {
        Batch batch = new();
        lock (gate)
        {
            Heard(batch, by, heads, ports.Membership(), signed: false);
            // Hints: lost in a power cut, they are heard again.
            if (batch.Changes.Count > 0) meta.Commit(batch, Durability.Logged);
        }
    }

    void Heard(Batch batch, DeviceId by, IReadOnlyList<FeedHead> heads, Membership members, bool signed)
    {
        foreach (FeedHead head in heads)
        {
            if (head.Sequence > ChatLimits.MessagesPerAuthor || Make(head.Feed, members) is not { } feed) continue; // nobody has so many
            feed.Known = Math.Max(feed.Known, head.Sequence);
            if (signed) feed.Vouched = Math.Max(feed.Vouched, head.Sequence);
            if (feed.Seen.GetValueOrDefault(by) >= head.Sequence || members.Find(by) is null) continue;
            feed.Seen[by] = head.Sequence;
            PutNumber(batch, ChatKeys.Seen(tag, by, head.Feed), head.Sequence);
        }
    }
}
