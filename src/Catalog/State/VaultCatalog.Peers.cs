using Vault.Blocks;
using Vault.Identity;

namespace Vault.Catalog;

public sealed partial class VaultCatalog
{
    /// <summary>
    /// Where this device stands, for a comparison with a peer. The view is of the last durable commit; whoever asks disposes it,
    /// soon.
    /// </summary>
    public SyncStanding Standing(DeviceId? peer = null)
    {
        PeerNote? met = peer is { } device ? parts.Peers.Find(device) : null;
        lock (writing)
        {
            if (inDoubt) Reload();
            return new SyncStanding(
                leaves.View(leaf => parts.Records.Bytes(leaf)), state.PullOnly, parts.Ports.Clock.Now.Value, state.Incarnation, state.Sequence,
                met?.Incarnation ?? 0, met?.Sequence ?? 0);
        }
    }

    /// <summary>
    /// A comparison with a peer has ended: it has everything that this device had up to its commit <paramref name="acknowledged"/>,
    /// and the other way round. What waited for that in the journal may go; a device that only took has caught up.
    /// </summary>
    /// <param name="acknowledged">Zero where the peer's set is another still: then only what it said of itself is noted.</param>
    public void Met(DeviceId peer, SyncMessage.Hello hello, ulong acknowledged, bool caughtUp, object? source = null) => Run(draft =>
    {
        if (source != null) midway.TryRemove(source, out _);
        bool settles = caughtUp && draft.State.Partial && midway.IsEmpty;
        NoteClock(peer, hello.Clock);
        PeerNote? before = parts.Peers.Find(peer);
        PeerNote note = new(peer, hello.Incarnation, hello.Sequence, Math.Max(acknowledged, before?.Acknowledged ?? 0), parts.Now);
        if (before != null && note with { Met = before.Met } == before && !(caughtUp && draft.State.PullOnly) && !settles) return;
        draft.Also((batch, _) => parts.Peers.Put(batch, note));
        draft.Acknowledged = Math.Max(draft.Acknowledged, acknowledged);
        if (caughtUp) draft.State = draft.State with { PullOnly = false };
        if (settles) draft.State = draft.State with { Partial = false };
    });

    /// <summary>Whoever brought a part of something will bring no more of it: it takes another comparison to settle that.</summary>
    public void Left(object source) => midway.TryRemove(source, out _);

    /// <summary>This database turned out to have been put back to an earlier state: from now on it only takes, until it has caught up.</summary>
    public void WasPutBack() => Run(draft =>
    {
        draft.State = draft.State with { PullOnly = true, Incarnation = NewIncarnation() };
        draft.Touch();
    });

    /// <summary>The owner decides that what is here counts, though nobody could be asked what it may have forgotten.</summary>
    public void AcceptAsIs() => Run(draft =>
    {
        AcceptTime(draft);
        if (!draft.State.PullOnly) return;
        draft.State = draft.State with { PullOnly = false };
        draft.Touch();
    });

    /// <summary>Whether content comes only when it is asked for, from now on.</summary>
    public void SetOnDemand(bool onDemand) => Run(draft =>
    {
        if (draft.State.OnDemand == onDemand) return;
        draft.State = draft.State with { OnDemand = onDemand };
        draft.Touch();
    });

    /// <summary>Peers as this device last met them.</summary>
    public IEnumerable<PeerNote> PeersMet => parts.Peers.All();

    /// <summary>
    /// Content has arrived: what was wanted and is whole now is kept as any other. Without <paramref name="roots"/> all that is wanted is looked
    /// through. Returns how many versions have become whole.
    /// </summary>
    public int Arrived(IEnumerable<BlockId>? roots = null)
    {
        IEnumerable<Pin> pins = roots is null ? parts.Ports.Store.Pins.Of(parts.Tag) : roots.SelectMany(root => parts.Ports.Store.Pins.On(parts.Tag, root));
        int whole = 0;
        foreach (Pin[] slice in Expecting(pins).Chunk(IntentJournal.Slice))
        {
            List<Leaf> complete = [.. slice.Where(pin => parts.Ports.Store.IsWhole(parts.Tag, pin.Root)).Select(pin => Leaf.Read(pin.Owner.Span))];
            if (complete.Count > 0) Run(draft => whole += complete.Count(draft.Hold));
        }
        return whole;
    }

    /// <summary>The roots of the versions whose content isn't whole here yet.</summary>
    public IEnumerable<BlockId> Expected() => Expecting(parts.Ports.Store.Pins.Of(parts.Tag)).Select(pin => pin.Root).Distinct();

    /// <summary>Of pins in their order, those of versions that wait for their content. What was freed isn't waited for.</summary>
    static IEnumerable<Pin> Expecting(IEnumerable<Pin> pins)
    {
        List<Pin> ofOne = [];
        foreach (Pin pin in pins)
        {
            if (ofOne.Count > 0 && ofOne[0].Root != pin.Root)
            {
                foreach (Pin expecting in Expecting(ofOne)) yield return expecting;
                ofOne.Clear();
            }
            ofOne.Add(pin);
        }
        foreach (Pin expecting in Expecting(ofOne)) yield return expecting;

        static IEnumerable<Pin> Expecting(List<Pin> ofOne) =>
            ofOne.Exists(pin => pin.Reason == PinReason.Assigned) ? [] : ofOne.Where(pin => pin.Reason == PinReason.Wanted && pin.Owner.Length == Leaf.Size);
    }

    /// <summary>Versions whose content isn't whole here yet, and the bytes of those that this device can read, whole files each.</summary>
    public (long Files, long Bytes) Wanted()
    {
        long files = 0, bytes = 0;
        foreach (Pin pin in Expecting(parts.Ports.Store.Pins.Of(parts.Tag)))
        {
            files++;
            if (RecordOf(Leaf.Read(pin.Owner.Span)) is { } record && parts.Open(record).Entry?.File(record) is { } file) bytes += file.Size;
        }
        return (files, bytes);
    }
}
