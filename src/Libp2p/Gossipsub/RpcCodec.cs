using Vault.Libp2p.Protobuf;

namespace Vault.Libp2p.Gossipsub;

/// <summary>The RPC's protobuf by hand: fields in the order of their tags, limits while reading, unknown fields passed over.</summary>
internal static class RpcCodec
{
    const int Subscriptions = 1, Publish = 2, Control = 3;
    const int Subscribe = 1, SubscribedTopic = 2;
    const int IHave = 1, IWant = 2, Graft = 3, Prune = 4, IDontWant = 5;
    const int TopicId = 1, IHaveIds = 2, Ids = 1, PrunePeers = 2, PruneBackoff = 3;
    const int PeerIdField = 1, PeerRecord = 2;

    public static byte[] Encode(Rpc rpc)
    {
        ProtoWriter writer = new();
        foreach (Subscription subscription in rpc.Subscriptions)
        {
            int start = writer.Begin(Subscriptions);
            writer.Number(Subscribe, subscription.Wanted ? 1u : 0u);
            writer.Text(SubscribedTopic, subscription.Topic);
            writer.End(start);
        }
        foreach (Message message in rpc.Messages) writer.Bytes(Publish, message.Encoded.Span);
        if (rpc.IHave.Count + rpc.IWant.Count + rpc.Graft.Count + rpc.Prune.Count + rpc.IDontWant.Count == 0) return writer.ToArray();

        int control = writer.Begin(Control);
        foreach (IHave have in rpc.IHave)
        {
            int start = writer.Begin(IHave);
            writer.Text(TopicId, have.Topic);
            foreach (MessageId id in have.Ids) writer.Bytes(IHaveIds, id.Bytes);
            writer.End(start);
        }
        WriteIds(writer, IWant, rpc.IWant);
        foreach (string topic in rpc.Graft)
        {
            int start = writer.Begin(Graft);
            writer.Text(TopicId, topic);
            writer.End(start);
        }
        foreach (Prune prune in rpc.Prune) WritePrune(writer, prune);
        WriteIds(writer, IDontWant, rpc.IDontWant);
        writer.End(control);
        return writer.ToArray();
    }

    static void WriteIds(ProtoWriter writer, int field, List<MessageId> ids)
    {
        if (ids.Count == 0) return;
        int start = writer.Begin(field);
        foreach (MessageId id in ids) writer.Bytes(Ids, id.Bytes);
        writer.End(start);
    }

    static void WritePrune(ProtoWriter writer, Prune prune)
    {
        int start = writer.Begin(Prune);
        writer.Text(TopicId, prune.Topic);
        foreach (ExchangedPeer peer in prune.Peers)
        {
            int entry = writer.Begin(PrunePeers);
            writer.Bytes(PeerIdField, peer.Peer.Span);
            if (!peer.Record.IsEmpty) writer.Bytes(PeerRecord, peer.Record.Span);
            writer.End(entry);
        }
        if (prune.Backoff is { } backoff) writer.Number(PruneBackoff, (ulong)backoff.TotalSeconds);
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
            ProtoReader reader = new(frame.Span);
            bool good = true;
            while (good && reader.Next())
            {
                switch (reader.Field)
                {
                    case Subscriptions when reader.IsBytes: good = ReadSubscription(frame[reader.Range]); break;
                    case Publish when reader.IsBytes: good = ReadMessage(frame[reader.Range]); break;
                    case Control when reader.IsBytes: good = ReadControl(frame[reader.Range]); break;
                }
            }
            if (tooMany) return RpcFault.TooMany;
            return good && !reader.Malformed ? RpcFault.None : RpcFault.Malformed;
        }

        bool ReadSubscription(ReadOnlyMemory<byte> body)
        {
            bool wanted = false;
            string topic = "";
            ProtoReader reader = new(body.Span);
            while (reader.Next())
            {
                switch (reader.Field)
                {
                    case Subscribe when reader.IsNumber: wanted = reader.Number != 0; break;
                    case SubscribedTopic when reader.IsBytes: topic = reader.Text(Limits.TopicSize); break;
                }
            }
            Result.Subscriptions.Add(new Subscription(topic, wanted));
            return !reader.Malformed && Within(Result.Subscriptions.Count, Limits.TopicsPerPeer);
        }

        bool ReadMessage(ReadOnlyMemory<byte> body)
        {
            if (Message.Read(body) is not { } message) return false;
            Result.Messages.Add(message);
            return Within(Result.Messages.Count, Limits.MessagesPerRpc);
        }

        bool ReadControl(ReadOnlyMemory<byte> body)
        {
            ProtoReader reader = new(body.Span);
            bool good = true;
            while (good && reader.Next())
            {
                switch (reader.Field)
                {
                    case IHave when reader.IsBytes: good = ReadIHave(body[reader.Range]); break;
                    case IWant when reader.IsBytes: good = ReadIds(body[reader.Range], Result.IWant); break;
                    case Graft when reader.IsBytes: good = ReadGraft(body[reader.Range]); break;
                    case Prune when reader.IsBytes: good = ReadPrune(body[reader.Range]); break;
                    case IDontWant when reader.IsBytes: good = ReadIds(body[reader.Range], Result.IDontWant); break;
                    default: continue;
                }
                good &= Within(++controls, 5 * Limits.ControlsPerRpc);
            }
            return good && !reader.Malformed;
        }

        bool ReadIHave(ReadOnlyMemory<byte> body)
        {
            string topic = "";
            List<MessageId> had = [];
            ProtoReader reader = new(body.Span);
            while (!tooMany && reader.Next())
            {
                switch (reader.Field)
                {
                    case TopicId when reader.IsBytes: topic = reader.Text(Limits.TopicSize); break;
                    case IHaveIds when reader.IsBytes: AddId(ref reader, body, had); break;
                }
            }
            Result.IHave.Add(new IHave(topic, had));
            return !reader.Malformed && Within(Result.IHave.Count, Limits.ControlsPerRpc);
        }

        bool ReadIds(ReadOnlyMemory<byte> body, List<MessageId> list)
        {
            ProtoReader reader = new(body.Span);
            while (!tooMany && reader.Next())
            {
                if (reader.Field == Ids && reader.IsBytes) AddId(ref reader, body, list);
            }
            return !reader.Malformed;
        }

        void AddId(ref ProtoReader reader, ReadOnlyMemory<byte> body, List<MessageId> list)
        {
            ReadOnlyMemory<byte> id = body[reader.RangeOf(Limits.MessageIdSize)];
            if (!reader.Malformed && Within(++ids, Limits.IdsPerRpc)) list.Add(new MessageId(id.ToArray()));
        }

        bool ReadGraft(ReadOnlyMemory<byte> body)
        {
            string topic = "";
            ProtoReader reader = new(body.Span);
            while (reader.Next())
            {
                if (reader.Field == TopicId && reader.IsBytes) topic = reader.Text(Limits.TopicSize);
            }
            Result.Graft.Add(topic);
            return !reader.Malformed && Within(Result.Graft.Count, Limits.ControlsPerRpc);
        }

        bool ReadPrune(ReadOnlyMemory<byte> body)
        {
            string topic = "";
            TimeSpan? backoff = null;
            List<ExchangedPeer> peers = [];
            ProtoReader reader = new(body.Span);
            bool good = true;
            while (good && reader.Next())
            {
                switch (reader.Field)
                {
                    case TopicId when reader.IsBytes: topic = reader.Text(Limits.TopicSize); break;
                    case PrunePeers when reader.IsBytes: good = ReadExchangedPeer(body[reader.Range], peers); break;
                    case PruneBackoff when reader.IsNumber:
                        backoff = TimeSpan.FromSeconds((long)Math.Min(reader.Number, (ulong)Limits.Backoff.TotalSeconds));
                        break;
                }
            }
            Result.Prune.Add(new Prune(topic, backoff, peers));
            return good && !reader.Malformed && Within(Result.Prune.Count, Limits.ControlsPerRpc);
        }

        bool ReadExchangedPeer(ReadOnlyMemory<byte> body, List<ExchangedPeer> peers)
        {
            ReadOnlyMemory<byte> peer = default, record = default;
            ProtoReader reader = new(body.Span);
            while (reader.Next())
            {
                switch (reader.Field)
                {
                    case PeerIdField when reader.IsBytes: peer = body[reader.RangeOf(Limits.MessageIdSize)]; break;
                    case PeerRecord when reader.IsBytes: record = body[reader.RangeOf(Limits.PeerRecordSize)]; break;
                }
            }
            peers.Add(new ExchangedPeer(peer, record));
            return !reader.Malformed && Within(peers.Count, Limits.ExchangedPeers);
        }

        bool Within(int count, int limit)
        {
            if (count > limit) tooMany = true;
            return !tooMany;
        }
    }
}
