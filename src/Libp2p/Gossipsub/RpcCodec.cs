namespace Vault.Libp2p.Gossipsub;

/// <summary>The RPC's protobuf by hand: fields in the order of their tags, limits while reading, unknown fields passed over.</summary>
internal static class RpcCodec
{
    const uint Subscriptions = 1, Publish = 2, Control = 3;
    const uint Subscribe = 1, SubscribedTopic = 2;
    const uint IHave = 1, IWant = 2, Graft = 3, Prune = 4, IDontWant = 5;
    const uint TopicId = 1, IHaveIds = 2, Ids = 1, PrunePeers = 2, PruneBackoff = 3;
    const uint PeerIdField = 1, PeerRecord = 2;
    const uint Bytes = WireReader.Bytes, Number = WireReader.Number;

    public static byte[] Encode(Rpc rpc)
    {
        WireWriter writer = new();
        foreach (Subscription subscription in rpc.Subscriptions)
        {
            int start = writer.Begin(Subscriptions);
            writer.WriteNumber(Subscribe, subscription.Wanted ? 1u : 0u);
            writer.WriteText(SubscribedTopic, subscription.Topic);
            writer.End(start);
        }
        foreach (Message message in rpc.Messages) writer.WriteBytes(Publish, message.Encoded.Span);
        if (rpc.IHave.Count + rpc.IWant.Count + rpc.Graft.Count + rpc.Prune.Count + rpc.IDontWant.Count == 0) return writer.ToArray();

        int control = writer.Begin(Control);
        foreach (IHave have in rpc.IHave)
        {
            int start = writer.Begin(IHave);
            writer.WriteText(TopicId, have.Topic);
            foreach (MessageId id in have.Ids) writer.WriteBytes(IHaveIds, id.Bytes);
            writer.End(start);
        }
        WriteIds(writer, IWant, rpc.IWant);
        foreach (string topic in rpc.Graft)
        {
            int start = writer.Begin(Graft);
            writer.WriteText(TopicId, topic);
            writer.End(start);
        }
        foreach (Prune prune in rpc.Prune) WritePrune(writer, prune);
        WriteIds(writer, IDontWant, rpc.IDontWant);
        writer.End(control);
        return writer.ToArray();
    }

    static void WriteIds(WireWriter writer, uint field, List<MessageId> ids)
    {
        if (ids.Count == 0) return;
        int start = writer.Begin(field);
        foreach (MessageId id in ids) writer.WriteBytes(Ids, id.Bytes);
        writer.End(start);
    }

    static void WritePrune(WireWriter writer, Prune prune)
    {
        int start = writer.Begin(Prune);
        writer.WriteText(TopicId, prune.Topic);
        foreach (ExchangedPeer peer in prune.Peers)
        {
            int entry = writer.Begin(PrunePeers);
            writer.WriteBytes(PeerIdField, peer.Peer.Span);
            if (!peer.Record.IsEmpty) writer.WriteBytes(PeerRecord, peer.Record.Span);
            writer.End(entry);
        }
        if (prune.Backoff is { } backoff) writer.WriteNumber(PruneBackoff, (ulong)backoff.TotalSeconds);
        writer.End(start);
    }

    public static Rpc? Decode(ReadOnlyMemory<byte> frame, out RpcFault fault)
    {
        fault = RpcFault.TooLarge;
        if (frame.Length > Limits.RpcSize) return null;
        Decoding decoding = new();
        fault = decoding.Read(frame);
        return fault == RpcFault.None ? decoding.Result : null;
    }

    /// <summary>One RPC being read, with the counts that its parts share.</summary>
    struct Decoding()
    {
        int controls, ids;
        bool tooMany;

        public Rpc Result { get; } = new();

        public RpcFault Read(ReadOnlyMemory<byte> frame)
        {
            WireReader reader = new(frame);
            bool good = true;
            while (good && reader.Next(out uint tag))
            {
                switch (tag)
                {
                    case Subscriptions << 3 | Bytes: good = ReadSubscription(reader.ReadBytes()); break;
                    case Publish << 3 | Bytes: good = ReadMessage(reader.ReadBytes()); break;
                    case Control << 3 | Bytes: good = ReadControl(reader.ReadBytes()); break;
                    default: reader.Skip(tag); break;
                }
            }
            if (tooMany) return RpcFault.TooMany;
            return good && !reader.Failed ? RpcFault.None : RpcFault.Malformed;
        }

        bool ReadSubscription(ReadOnlyMemory<byte> body)
        {
            bool wanted = false;
            string topic = "";
            WireReader reader = new(body);
            while (reader.Next(out uint tag))
            {
                switch (tag)
                {
                    case Subscribe << 3 | Number: wanted = reader.ReadNumber() != 0; break;
                    case SubscribedTopic << 3 | Bytes: topic = reader.ReadTopic(); break;
                    default: reader.Skip(tag); break;
                }
            }
            Result.Subscriptions.Add(new Subscription(topic, wanted));
            return !reader.Failed && Within(Result.Subscriptions.Count, Limits.TopicsPerPeer);
        }

        bool ReadMessage(ReadOnlyMemory<byte> body)
        {
            if (Message.Read(body) is not { } message) return false;
            Result.Messages.Add(message);
            return Within(Result.Messages.Count, Limits.MessagesPerRpc);
        }

        bool ReadControl(ReadOnlyMemory<byte> body)
        {
            WireReader reader = new(body);
            bool good = true;
            while (good && reader.Next(out uint tag))
            {
                switch (tag)
                {
                    case IHave << 3 | Bytes: good = ReadIHave(reader.ReadBytes()); break;
                    case IWant << 3 | Bytes: good = ReadIds(reader.ReadBytes(), Result.IWant); break;
                    case Graft << 3 | Bytes: good = ReadGraft(reader.ReadBytes()); break;
                    case Prune << 3 | Bytes: good = ReadPrune(reader.ReadBytes()); break;
                    case IDontWant << 3 | Bytes: good = ReadIds(reader.ReadBytes(), Result.IDontWant); break;
                    default: reader.Skip(tag); continue;
                }
                good &= Within(++controls, 5 * Limits.ControlsPerRpc);
            }
            return good && !reader.Failed;
        }

        bool ReadIHave(ReadOnlyMemory<byte> body)
        {
            string topic = "";
            List<MessageId> had = [];
            WireReader reader = new(body);
            while (!tooMany && reader.Next(out uint tag))
            {
                switch (tag)
                {
                    case TopicId << 3 | Bytes: topic = reader.ReadTopic(); break;
                    case IHaveIds << 3 | Bytes: AddId(ref reader, had); break;
                    default: reader.Skip(tag); break;
                }
            }
            Result.IHave.Add(new IHave(topic, had));
            return !reader.Failed && Within(Result.IHave.Count, Limits.ControlsPerRpc);
        }

        bool ReadIds(ReadOnlyMemory<byte> body, List<MessageId> list)
        {
            WireReader reader = new(body);
            while (!tooMany && reader.Next(out uint tag))
            {
                if (tag == (Ids << 3 | Bytes)) AddId(ref reader, list);
                else reader.Skip(tag);
            }
            return !reader.Failed;
        }

        void AddId(ref WireReader reader, List<MessageId> list)
        {
            ReadOnlyMemory<byte> id = reader.ReadBytes(Limits.MessageIdSize);
            if (!reader.Failed && Within(++ids, Limits.IdsPerRpc)) list.Add(new MessageId(id.ToArray()));
        }

        bool ReadGraft(ReadOnlyMemory<byte> body)
        {
            string topic = "";
            WireReader reader = new(body);
            while (reader.Next(out uint tag))
            {
                if (tag == (TopicId << 3 | Bytes)) topic = reader.ReadTopic();
                else reader.Skip(tag);
            }
            Result.Graft.Add(topic);
            return !reader.Failed && Within(Result.Graft.Count, Limits.ControlsPerRpc);
        }

        bool ReadPrune(ReadOnlyMemory<byte> body)
        {
            string topic = "";
            TimeSpan? backoff = null;
            List<ExchangedPeer> peers = [];
            WireReader reader = new(body);
            bool good = true;
            while (good && reader.Next(out uint tag))
            {
                switch (tag)
                {
                    case TopicId << 3 | Bytes: topic = reader.ReadTopic(); break;
                    case PrunePeers << 3 | Bytes: good = ReadExchangedPeer(reader.ReadBytes(), peers); break;
                    case PruneBackoff << 3 | Number:
                        backoff = TimeSpan.FromSeconds((long)Math.Min(reader.ReadNumber(), (ulong)Limits.Backoff.TotalSeconds));
                        break;
                    default: reader.Skip(tag); break;
                }
            }
            Result.Prune.Add(new Prune(topic, backoff, peers));
            return good && !reader.Failed && Within(Result.Prune.Count, Limits.ControlsPerRpc);
        }

        bool ReadExchangedPeer(ReadOnlyMemory<byte> body, List<ExchangedPeer> peers)
        {
            ReadOnlyMemory<byte> peer = default, record = default;
            WireReader reader = new(body);
            while (reader.Next(out uint tag))
            {
                switch (tag)
                {
                    case PeerIdField << 3 | Bytes: peer = reader.ReadBytes(Limits.MessageIdSize); break;
                    case PeerRecord << 3 | Bytes: record = reader.ReadBytes(Limits.PeerRecordSize); break;
                    default: reader.Skip(tag); break;
                }
            }
            peers.Add(new ExchangedPeer(peer, record));
            return !reader.Failed && Within(peers.Count, Limits.ExchangedPeers);
        }

        bool Within(int count, int limit)
        {
            if (count > limit) tooMany = true;
            return !tooMany;
        }
    }
}
