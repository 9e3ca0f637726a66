using Vault.Blocks;
using Vault.Primitives;
using Vault.Swarm;

namespace Vault.Host.Simulation;

/// <summary>What a member with a changed program does to the others' copies.</summary>
enum Hostility
{
    None,
    /// <summary>Says that it holds everything, and holds nothing.</summary>
    ClaimsAll,
    /// <summary>Says again and again that it lost all it has, and then that it has it.</summary>
    SaysGone,
    /// <summary>Says again what others have said before.</summary>
    Replays,
    /// <summary>One of many identities at one place, which all claim the same disk.</summary>
    Sybil,
    /// <summary>Asks for everything, all the time.</summary>
    Floods,
    /// <summary>Says different things under one number.</summary>
    Equivocates,
    /// <summary>Has what it says, proves it, and gives it to nobody.</summary>
    Withholds,
}

/// <summary>The harm that a hostile device does beside what it does as any other.</summary>
sealed class HostileActs(Device device, Keeping keeping, RandomSource random)
{
    const int Remembered = 64, QuestionsAtOnce = 6;

    readonly List<byte[]> overheard = [];
    int turn;

    public void Overhear(ReadOnlySpan<byte> payload)
    {
        if (overheard.Count < Remembered) overheard.Add(payload.ToArray());
        else overheard[random.Below(Remembered)] = payload.ToArray();
    }

    /// <summary>Once a second.</summary>
    public void Act(IEnumerable<Contact> contacts)
    {
        turn++;
        switch (device.Hostility)
        {
            case Hostility.SaysGone when turn % 60 == 0: Say([], Mine(), (ulong)turn); break;
            case Hostility.SaysGone when turn % 60 == 30: Say(Mine(), [], (ulong)turn); break;
            case Hostility.Equivocates when turn % 10 == 0:
                Say(Some(), [], (ulong)turn);
                Say([], Some(), (ulong)turn);
                break;
            case Hostility.Replays when turn % 5 == 0 && overheard.Count > 0: device.Publish(KeeperTalk.Topic, overheard[random.Below(overheard.Count)]); break;
            case Hostility.Floods:
                foreach (Contact contact in contacts)
                    for (int i = 0; i < QuestionsAtOnce && contact.Wire.HasRoom(device.Number, Lane.Holdings); i++) contact.Wire.Send(device.Number, Lane.Holdings, KeeperCodec.Encode(Question(i)));
                break;
        }
    }

    KeeperMessage Question(int i) => (i % 3) switch
    {
        0 => new KeeperMessage.Ask(HoldingsLimits.Cells),
        1 => new KeeperMessage.AskList(0),
        _ => new KeeperMessage.Challenge(Hash32.Of(BitConverter.GetBytes(random.NextUInt64())), Some()),
    };

    HeldId[] Mine() => [.. device.Held!.All.Take(HoldingsLimits.IdsInStatement).Select(number => HeldId.Of(keeping.Shelf.Ids[number]))];

    HeldId[] Some() => [.. Enumerable.Range(0, KeeperCodec.BlocksInChallenge).Select(_ => HeldId.Of(keeping.Shelf.Ids[random.Below(keeping.Shelf.Count)]))];

    // A run of its own, later than any of the program's, so that this is what counts.
    void Say(HeldId[] have, HeldId[] gone, ulong sequence) =>
        device.Publish(KeeperTalk.Topic, new HoldingStatement(device.Id, long.MaxValue, sequence, new HeldDigest(device.Held!.Count, sequence), have, gone).Sign(keeping.Vault, device.Key));
}
