using Vault.Catalog;
using Vault.Chat;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Host.Simulation;

/// <summary>A promise that was broken, and when.</summary>
sealed record Violation(TimeSpan At, string Promise, string What);

/// <summary>
/// What the program promises, and a simulation tries to break. Each is checked when something happens that could break it: at every
/// commit, message and start of a device, at every event of the network, and at the end, when all has been quiet for a while.
/// </summary>
sealed class Invariants(World world)
{
    public const string
        NoSequenceTwice = "No honest device signs two messages as the same place of its feed, unless it was put back to an earlier state.",
        OneHistory = "What an honest device has of an honest feed is what its author said there.",
        NothingSaidIsLost = "A message that was acknowledged to its author is on its disk after every crash, and in the end with everyone.",
        OneOrder = "In the end everyone shows the same messages in the same order, and no answer before what its author had seen.",
        ForksShow = "In the end a fork that two devices could know of is known to all, as the same proof.",
        NoEditIsLost = "A change that was acknowledged is in the catalog of its author after every crash, and in the end in everyone's, unless something later replaced it.",
        OneRoot = "In the end all who are connected have one root, and every catalog is what its records say.",
        NoBlockIsLost = "A block that an honest device reported durable is there while one honest device that held it lives, and comes to have its copies again.",
        FreeingIsSafe = "No action of the protocol brings a block under its minimum of copies.",
        Budget = "Healing moves little more than what was lost, and next to nothing for those who come back.",
        NobodyIsAccused = "An honest device never breaks the protocol in another's eyes.",
        NothingGrows = "What waits, in the network and for a peer, stays bounded.";

    /// <summary>Events that may wait in the network for each device: timers, and full streams in small messages.</summary>
    const int EventsPerDevice = 4_000;

    /// <summary>A stream's window, one message beyond it, in two directions on two lanes.</summary>
    const int LoadPerWire = 2 * 5 * (Wire.Window + (2 << 20));

    const int Most = 20;

    readonly List<Violation> violations = [];
    readonly Dictionary<(FeedId Feed, ulong Sequence), Hash32> said = [];
    readonly Dictionary<int, List<SignedMessage>> acknowledged = [];
    readonly Dictionary<int, List<AddedRecord>> changes = [];
    readonly Dictionary<Hash32, TimeSpan> saidAt = [];
    long steps;

    public IReadOnlyList<Violation> Violations => violations;

    /// <summary>Messages and changes that were acknowledged.</summary>
    public int Messages { get; private set; }
    public int Changes { get; private set; }

    /// <summary>Of a message and a device, how long it was on its way.</summary>
    public List<TimeSpan> Deliveries { get; } = [];

    public void Break(string promise, string what)
    {
        if (violations.Count < Most) violations.Add(new Violation(world.Network.Now, promise, what));
    }

    /// <summary>The author was told that its message is safe.</summary>
    public void Acknowledged(Device by, SignedMessage message)
    {
        Messages++;
        (acknowledged.TryGetValue(by.Number, out List<SignedMessage>? mine) ? mine : acknowledged[by.Number] = []).Add(message);
    }

    public void Arrived(Device at, IReadOnlyList<SignedMessage> messages)
    {
        foreach (SignedMessage message in messages)
        {
            MessageHeader header = message.Header;
            if (!said.TryGetValue((header.Feed, header.Sequence), out Hash32 known))
            {
                said[(header.Feed, header.Sequence)] = message.Hash;
                saidAt[message.Hash] = world.Network.Now;
            }
            else if (known != message.Hash && world.IsHonest(header.Feed.Device))
                Break(header.Feed.Device == at.Id ? NoSequenceTwice : OneHistory, $"device {at.Number} has {message.Hash} as message {header.Sequence} of {header.Feed}, and {known} was said");
            if (header.Feed.Device != at.Id && saidAt.TryGetValue(message.Hash, out TimeSpan began)) Deliveries.Add(world.Network.Now - began);
        }
    }

    public void Changed(Device at, CatalogChange change)
    {
        foreach (AddedRecord record in change.Added)
        {
            if (record.Source != null || record.Leaf.IsControl) continue;
            Changes++;
            (changes.TryGetValue(at.Number, out List<AddedRecord>? mine) ? mine : changes[at.Number] = []).Add(record);
        }
    }

    /// <summary>A device was put back: what it had said and written since that copy may be gone with its disk.</summary>
    public void Restored(Device device)
    {
        acknowledged.Remove(device.Number);
        changes.Remove(device.Number);
    }

    public void Started(Device device)
    {
        if (device.WasRestored || device.IsTwoFaced) return;
        foreach (SignedMessage message in acknowledged.GetValueOrDefault(device.Number) ?? [])
            if (device.Chat.Find(message.Header.Feed, message.Header.Sequence)?.Hash != message.Hash)
                Break(NothingSaidIsLost, $"device {device.Number} has lost its message {message.Header.Sequence} in a crash");
        foreach (AddedRecord record in changes.GetValueOrDefault(device.Number)?.ToArray() ?? [])
            if (device.Catalog.Merge([record.Bytes]).Outcomes[0] is var outcome and not (MergeOutcome.Known or MergeOutcome.Superseded))
                Break(NoEditIsLost, $"device {device.Number} has lost its change {record.Leaf} in a crash: {outcome}");
    }

    /// <summary>A device has ended a connection because of what the other sent.</summary>
    public void Accused(Device by, Device of, string why)
    {
        if (!by.IsTwoFaced && !of.IsTwoFaced && !by.IsHostile && !of.IsHostile) Break(NobodyIsAccused, $"device {by.Number} of device {of.Number}: {why}");
    }

    /// <summary>After each event.</summary>
    public void Step()
    {
        if (world.Network.Waiting > EventsPerDevice * world.Devices.Count) Break(NothingGrows, $"{world.Network.Waiting} events wait");
        if (world.Network.MostLoad > LoadPerWire) Break(NothingGrows, $"{world.Network.MostLoad} bytes were on their way between two devices");
        if (++steps % (64L * world.Devices.Count) != 0) return;
        foreach (Device device in world.Devices)
            if (device.Keeper is { } keeper && keeper.Rows > 2 * world.Keeping!.Shelf.Count) Break(NothingGrows, $"device {device.Number} knows of {keeper.Rows} blocks, of which there are {world.Keeping.Shelf.Count}");
    }

    /// <summary>Whether all who are up have one root and one set of heads; asked while they settle.</summary>
    public static bool Agree(IReadOnlyList<Device> devices) => devices.All(device => device.Catalog.Root == devices[0].Catalog.Root && Heads(device).SequenceEqual(Heads(devices[0])));

    /// <summary>From a fork on everyone may have another history, or none: up to there all have the same.</summary>
    static IEnumerable<(FeedId Feed, ulong Sequence, Hash32? Hash)> Heads(Device device)
    {
        foreach (FeedHead head in device.Chat.Heads)
            if (device.Chat.ForkOf(head.Feed) is not { } fork || head.Sequence < fork.Sequence) yield return (head.Feed, head.Sequence, head.Hash);
            else if (fork.Sequence > 1) yield return (head.Feed, fork.Sequence - 1, device.Chat.Find(head.Feed, fork.Sequence - 1, withBody: false)?.Hash);
    }

    /// <summary>After the quiet time.</summary>
    public void Settled(IReadOnlyList<Device> devices)
    {
        Device first = devices[0];
        foreach (Device device in devices) Compare(first, device);
        if (!first.Catalog.Verify().IsClean) Break(OneRoot, $"the catalog of device {first.Number} isn't what its records say");
        foreach ((int number, List<AddedRecord> made) in changes.OrderBy(change => change.Key))
            foreach (AddedRecord record in made.ToArray())
                if (first.Catalog.Merge([record.Bytes]).Outcomes[0] is var outcome and not (MergeOutcome.Known or MergeOutcome.Superseded))
                    Break(NoEditIsLost, $"a change of device {number} never came to device {first.Number}: {outcome}");
        foreach ((int number, List<SignedMessage> mine) in acknowledged.OrderBy(mine => mine.Key))
            foreach (SignedMessage message in mine.Where(message => !first.Chat.IsHeld(message.Header.Feed, message.Header.Sequence)))
                foreach (Device device in devices)
                    if (device.Chat.Find(message.Header.Feed, message.Header.Sequence, withBody: false)?.Hash != message.Hash)
                        Break(NothingSaidIsLost, $"message {message.Header.Sequence} of device {number} never came to device {device.Number}");
    }

    void Compare(Device first, Device device)
    {
        if (device.Catalog.Root != first.Catalog.Root) Break(OneRoot, $"device {device.Number} has the root {device.Catalog.Root}, device {first.Number} {first.Catalog.Root}");
        if (device.Catalog.Totals != first.Catalog.Totals && device.CanRead && first.CanRead) Break(OneRoot, $"device {device.Number} counts {device.Catalog.Totals}, device {first.Number} {first.Catalog.Totals}");
        if (!device.Chat.Forks.Select(Name).SequenceEqual(first.Chat.Forks.Select(Name))) Break(ForksShow, $"device {device.Number} knows {device.Chat.Forks.Count} forks, device {first.Number} {first.Chat.Forks.Count}, or others");
        if (device.Chat.Gaps is [var gap, ..]) Break(NothingSaidIsLost, $"device {device.Number} lacks {gap.Count} messages of {gap.Feed} from {gap.From} on");
        if (!device.CanRead) return;
        IReadOnlyList<ChatLine> lines = device.Chat.Last("general", int.MaxValue);
        if (first.CanRead && !lines.Select(line => line.Message.Hash).SequenceEqual(first.Chat.Last("general", int.MaxValue).Select(line => line.Message.Hash)))
            Break(OneOrder, $"device {device.Number} shows other messages than device {first.Number}, or in another order");
        if (device != first) return;
        Dictionary<Hash32, int> places = lines.Select((line, place) => (line.Message.Hash, place)).ToDictionary();
        foreach (ChatLine line in lines)
            foreach (FeedHead head in line.Message.Header.Heads)
                if (places.TryGetValue(head.Hash, out int place) && place >= places[line.Message.Hash]) Break(OneOrder, $"message {line.Message.Hash} stands before one that its author had seen");

        static (FeedId, ulong) Name(ForkProof fork) => (fork.Feed, fork.Sequence);
    }
}
