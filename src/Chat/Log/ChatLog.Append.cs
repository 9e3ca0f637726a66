using System.Buffers.Binary;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Chat;

public sealed partial class ChatLog
{
    /// <summary>Says something. When this returns it is durable under a place in the chain that is never used again.</summary>
    /// <exception cref="ConfigException">This device may not write here, or must first hear from a peer what it said before.</exception>
    public SignedMessage Append(BodyKind kind, string room, string text, Hash32 target = default)
    {
        if (!MessageBody.IsRoomName(room)) throw new ConfigException($"a room's name has 1 to {ChatLimits.RoomName} bytes of visible text");
        if (MessageBody.SizeOf(text) is not { } size || size > ChatLimits.Text) throw new ConfigException($"a message has at most {ChatLimits.Text} bytes of text", "send a file instead");
        SignedMessage message;
        lock (gate)
        {
            try
            {
                message = AppendLocked(kind, room, text, target);
            }
            catch (StoreException)
            {
                // Whether it was written is for the disk to say; its place is not used for something else.
                Reload();
                throw;
            }
        }
        Added?.Invoke([message]);
        return message;
    }

    SignedMessage AppendLocked(BodyKind kind, string room, string text, Hash32 target)
    {
        Membership members = ports.Membership();
        if (self is not { } device || ports.Device is not { } key || !(members.Find(device)?.RoleAt(ports.Clock.Now) >= Needed(members))) throw new ConfigException("this device may not write in this chat");
        if (ports.Keys.Current is not { CanRead: true } epoch) throw new ConfigException("this device holds no key to write with");
        if (recoveries > 0) throw new ConfigException("this device has said more than it remembers, and is being told by a peer", "try again in a moment");
        if (doubtful && members.Members.Any(other => other.IsActive && other.Device != device)) throw new ConfigException("this device was restored and may have said more than it remembers", "connect it to another device of the vault first");
        if (target != default && PlaceOf(target) is null) throw new ConfigException("there is no such message here");
        if (kind is BodyKind.Edit or BodyKind.Erase && PlaceOf(target)!.Value.Feed.Device != device) throw new ConfigException("only its author can change or erase a message");

        FeedState feed = Own(members, device);
        FeedHead last = feed.Head;
        FeedHead[] heads = [.. feeds.Values.Where(other => other != feed && other.Head.Sequence > other.Named && other.Fork is null).Take(ChatLimits.HeadsPerMessage).Select(other => other.Head)];
        HybridTime time = ports.Clock.Next(heads.Select(head => head.Time).Append(last.Time).Max());
        ulong sequence = last.Sequence + 1;
        RoomTag roomTag = RoomTag.Of(epoch, room);
        Witness witness = ports.Witness();
        byte[] body = sealer.Seal(epoch, roomTag, feed.Feed, sequence, new MessageBody(kind, room, text, witness, target));
        SignedMessage message = SignedMessage.Sign(vault, key, new MessageHeader(feed.Feed, sequence, last.Hash, time, epoch.Number, roomTag, Hash32.Of(body), body.Length, heads, BodySealer.Commit(epoch, feed.Feed, sequence, witness)), body);

        Batch batch = new();
        Store(batch, message);
        foreach (FeedHead head in heads) PutNumber(batch, ChatKeys.Feed(tag, ChatKeys.NamedOf, head.Feed), head.Sequence);
        meta.Commit(batch, Durability.Synced);
        Stored(feed, message);
        foreach (FeedHead head in heads) feeds[head.Feed].Named = head.Sequence;
        return message;
    }

    /// <summary>The chain this device writes: the first that wasn't proven to fork.</summary>
    FeedState Own(Membership members, DeviceId device)
    {
        for (uint chain = 0; chain < ChatLimits.Chains; chain++)
            if (Make(new FeedId(device, chain), members) is { Fork: null } feed) return feed;
        throw new LimitExceededException("this device's key has signed contradicting histories too often", "revoke it, and join anew under another key");
    }

    /// <summary>
    /// A peer says that it has later messages of this device than there are here: nothing is said until they were fetched, or the
    /// result is disposed because the peer couldn't bring them. Null for a peer that has said so and brought nothing too often: its
    /// word alone doesn't silence anybody.
    /// </summary>
    public FeedRecovery? BeginRecovery(DeviceId by)
    {
        lock (gate)
        {
            if (unproven.GetValueOrDefault(by) >= ChatLimits.UnprovenClaims) return null;
            recoveries++;
        }
        return new FeedRecovery(this, by);
    }

    internal void EndRecovery(DeviceId by, bool proven)
    {
        lock (gate)
        {
            recoveries--;
            if (proven) unproven.Remove(by);
            else unproven[by] = unproven.GetValueOrDefault(by) + 1; // no more of them than there are members
        }
    }

    /// <summary>A peer has compared feeds with this device; whatever it had of ours is here.</summary>
    public void Reassure()
    {
        lock (gate)
        {
            if (!doubtful) return;
            doubtful = false;
            Batch batch = new();
            batch.Delete(ChatKeys.Chat, ChatKeys.Key(tag, ChatKeys.DoubtOf));
            meta.Commit(batch, Durability.Synced);
        }
    }

    static void PutNumber(Batch batch, byte[] key, ulong number)
    {
        byte[] value = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(value, number);
        batch.Put(ChatKeys.Chat, key, value);
    }

    /// <summary>Adds a message to the batch with everything that is looked up by.</summary>
    void Store(Batch batch, SignedMessage message)
    {
        MessageHeader header = message.Header;
        byte[] signed = message.EncodeHeader();
        batch.Put(ChatKeys.Chat, ChatKeys.Place(tag, ChatKeys.HeaderOf, header.Feed, header.Sequence), signed);
        byte[] place = new byte[ChatKeys.PlaceSize];
        header.Feed.CopyTo(place);
        BinaryPrimitives.WriteUInt64BigEndian(place.AsSpan(FeedId.Size), header.Sequence);
        batch.Put(ChatKeys.Chat, ChatKeys.Message(tag, ChatKeys.PlaceOf, message.Hash), place);

        long bytes = SizeWith(header.Feed, signed.Length + (message.Body?.Length ?? 0));
        ByteWriter head = new(FeedHead.Size + sizeof(ulong));
        message.Head.Write(head);
        batch.Put(ChatKeys.Chat, ChatKeys.Feed(tag, ChatKeys.HeadOf, header.Feed), head.UInt64((ulong)bytes).ToArray());
        if (message.Body is { } body) StoreBody(batch, message, body);
    }

    long SizeWith(FeedId feed, int more) => (StateOf(feed)?.Bytes ?? 0) + more;

    void Stored(FeedState feed, SignedMessage message)
    {
        feed.Bytes = SizeWith(feed.Feed, message.EncodeHeader().Length + (message.Body?.Length ?? 0));
        feed.Head = message.Head;
        feed.Known = Math.Max(feed.Known, message.Header.Sequence);
    }
}
