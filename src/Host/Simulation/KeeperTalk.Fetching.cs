using System.Buffers.Binary;
using Vault.Blocks;
using Vault.Primitives;
using Vault.Swarm;

namespace Vault.Host.Simulation;

// Blocks come and go: what is asked of whom the program's plan says; questions and answers are as long as in the program, with next to nothing in them.
sealed partial class KeeperTalk
{
    const int QuestionHead = 4, AnswerHead = 12, Missing = -1;

    readonly FetchPlan plan = new();
    readonly Dictionary<int, (Contact Contact, uint Stream)> sources = []; // by their place in the plan
    readonly Dictionary<Contact, Queue<(uint Stream, uint Number, int Block)>> toServe = [];
    readonly Dictionary<Contact, (uint Stream, uint Count)> asked = []; // how many blocks a peer has asked for on its newest stream
    uint streams;
    bool ticking, flushing;

    void Pull(BlockId[] blocks)
    {
        foreach (BlockId block in blocks) AddSources(block);
        Fetch(() => plan.Want(blocks, FetchPriority.Healing, null, Now));
        if (ticking) return;
        ticking = true;
        After(ExchangeLimits.Tick, TickPlan);
    }

    /// <summary>Of all that are connected those are asked that are believed to have it: there are fewer places in the plan than devices in a large vault.</summary>
    void AddSources(BlockId block)
    {
        foreach (CopyStanding copy in keeper.WhoHolds(block, Now).Where(copy => copy.Device != device.Id && copy.Belief is Belief.Good or Belief.Unknown))
            if (!contacts.TryGetValue(copy.Device, out Contact? contact)) device.Reach(copy.Device);
            else if (!sources.Values.Any(source => source.Contact == contact) && plan.AddSource(Now) is { } slot) sources.Add(slot, (contact, ++streams));
    }

    void LoseSource(Contact contact)
    {
        toServe.Remove(contact);
        asked.Remove(contact);
        foreach (int slot in sources.Where(source => source.Value.Contact == contact).Select(source => source.Key).ToList())
        {
            sources.Remove(slot);
            Fetch(() => plan.RemoveSource(slot, Now));
        }
    }

    void TickPlan()
    {
        Fetch(() => plan.Tick(Now));
        if (plan.Active > 0)
        {
            After(ExchangeLimits.Tick, TickPlan);
            return;
        }
        ticking = false;
        // Nothing is on its way: who is to be asked next time is decided then.
        foreach (int slot in sources.Keys.ToList()) plan.RemoveSource(slot, Now);
        sources.Clear();
    }

    void Fetch(Action input)
    {
        input();
        while (plan.TryTake(out FetchOutput? output))
            switch (output)
            {
                case FetchOutput.Ask ask when sources.TryGetValue(ask.Source, out (Contact Contact, uint Stream) source): Ask(source.Contact, source.Stream, ask.Ids); break;
                case FetchOutput.Drop drop when sources.TryGetValue(drop.Source, out (Contact Contact, uint Stream) silent): After(TimeSpan.Zero, silent.Contact.Close); break;
            }
    }

    void Ask(Contact contact, uint stream, BlockId[] ids)
    {
        byte[] question = new byte[QuestionHead + ids.Length * BlockId.Size];
        BinaryPrimitives.WriteUInt32BigEndian(question, stream);
        for (int i = 0; i < ids.Length; i++) ids[i].CopyTo(question.AsSpan(QuestionHead + i * BlockId.Size));
        contact.Wire.Send(device.Number, Lane.Questions, question);
    }

    /// <summary>A peer asks for blocks; their numbers run on from its last question on the stream.</summary>
    public void ReceiveQuestion(Contact contact, byte[] question)
    {
        if (device.Hostility is Hostility.Withholds) return;
        if (!toServe.TryGetValue(contact, out Queue<(uint Stream, uint Number, int Block)>? queue)) toServe.Add(contact, queue = new());
        uint stream = BinaryPrimitives.ReadUInt32BigEndian(question);
        uint number = asked.GetValueOrDefault(contact) is var before && before.Stream == stream ? before.Count : 0;
        for (int at = QuestionHead; at < question.Length; at += BlockId.Size)
            queue.Enqueue((stream, number++, shelf.Find(new BlockId(question.AsSpan(at, BlockId.Size))) is { } block && held[block] ? block : Missing));
        asked[contact] = (stream, number);
        Serve(contact);
    }

    public void Serve(Contact contact)
    {
        if (!toServe.TryGetValue(contact, out Queue<(uint Stream, uint Number, int Block)>? queue)) return;
        while (contact.Wire.IsUp && contact.Wire.HasRoom(device.Number, Lane.Answers) && queue.TryDequeue(out (uint Stream, uint Number, int Block) next))
        {
            byte[] head = new byte[AnswerHead];
            BinaryPrimitives.WriteUInt32BigEndian(head, next.Stream);
            BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(4), next.Number);
            BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(8), next.Block);
            contact.Wire.Send(device.Number, Lane.Answers, head, next.Block == Missing ? AnswerHead : AnswerHead + shelf.BlockBytes);
        }
    }

    public void ReceiveAnswer(Contact contact, byte[] head)
    {
        uint stream = BinaryPrimitives.ReadUInt32BigEndian(head), number = BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(4));
        int block = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(8));
        foreach ((int slot, (Contact Contact, uint Stream) source) in sources)
        {
            if (source.Contact != contact || source.Stream != stream) continue;
            if (plan.Owed(slot, number) is null) throw new ProtocolException("the peer answers a question that nobody asked");
            if (block == Missing) Fetch(() => plan.Lacks(slot, number, Now));
            else Fetch(() =>
            {
                plan.Progress(slot, shelf.BlockBytes, Now);
                if (plan.Arrived(slot, number, shelf.BlockBytes, Now) is not null) Store(block);
                else keeping.Wasted += shelf.BlockBytes;
            });
            return;
        }
    }

    void Store(int block)
    {
        held.Write(block);
        if (flushing) return;
        flushing = true;
        After(ExchangeLimits.RoundAge, Land);
    }

    void Land()
    {
        flushing = false;
        IReadOnlyList<int> safe = held.Flush();
        BlockId[] ids = [.. safe.Select(number => shelf.Ids[number])];
        Fetch(() => plan.Durable(ids));
        keeping.Came(device, safe);
        Do(() =>
        {
            keeper.Hold(ids);
            foreach (BlockId id in ids) keeper.Healed(id, shelf.BlockBytes, Now);
        });
        mustLook = true;
    }
}
