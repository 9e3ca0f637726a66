using Vault.Catalog;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Host.Simulation;

/// <summary>
/// Drives the machine that compares two catalogs over a simulated stream, by the rules of <see cref="SyncSession"/>: compare at the
/// beginning and every minute, merge what comes, pass on at once what is new here.
/// </summary>
sealed class SyncTalk : IDisposable
{
    const int MergeRecords = 8192, QueuedChanges = 256;

    static readonly TimeSpan ProbeEvery = TimeSpan.FromMinutes(1), FirstRetry = TimeSpan.FromSeconds(2), LastRetry = TimeSpan.FromMinutes(2);

    readonly Device device;
    readonly VaultCatalog catalog;
    readonly Wire wire;
    readonly DeviceId peer;
    readonly SyncMachine machine;
    readonly TimeSpan probeEvery;
    readonly List<ReadOnlyMemory<byte>> incoming = [];
    readonly Queue<CatalogChange> news = new();
    readonly Nudge nudge;
    ulong offered;
    bool midway, wantsRun, asked, newsMissed, heard, isDue, ended;
    long due; // which of the timers that were set counts
    TimeSpan retry = FirstRetry;

    public SyncTalk(Device device, Wire wire, DeviceId peer)
    {
        (this.device, this.wire, this.peer) = (device, wire, peer);
        catalog = device.Catalog;
        byte[] channel = wire.Binding.ToArray();
        probeEvery = ProbeEvery * (0.75 + channel[0] / 512.0);
        machine = new SyncMachine(SyncSession.SideOf(device.Id, peer), channel, Stand);
        nudge = new Nudge(device, wire, Pump);
        catalog.Changed += OnChanged;
    }

    public bool IsInStep => machine.IsInStep;

    public void Begin()
    {
        machine.Begin();
        SetTimer(probeEvery);
        Pump();
    }

    public void Receive(byte[] message)
    {
        heard = true;
        machine.Receive(message, device.Network.Now);
        Pump();
    }

    /// <summary>Asks the peer now whether the sets are the same.</summary>
    public void Compare()
    {
        asked = true;
        Wake();
    }

    public void Pump()
    {
        while (!ended)
        {
            while (!ended && (wire.HasRoom(device.Number, Lane.Sync) ? machine.Next() : machine.NextEvent()) is { } output) Handle(output);
            MergeIncoming();
            if (ended || !(TellNews() || AskAgain())) return;
        }
    }

    void Handle(SyncOutput output)
    {
        switch (output)
        {
            case SyncOutput.Send send:
                wire.Send(device.Number, Lane.Sync, send.Message.ToArray());
                break;
            case SyncOutput.Merge merge:
                midway |= merge.Asked;
                incoming.AddRange(merge.Records);
                if (!merge.Asked || incoming.Count >= MergeRecords) MergeIncoming();
                break;
            case SyncOutput.Settle:
                MergeIncoming();
                machine.Settled();
                break;
            case SyncOutput.RolledBack:
                catalog.WasPutBack();
                break;
            case SyncOutput.Finished finished:
                Finish(finished.Result);
                break;
        }
    }

    void Finish(SyncResult result)
    {
        bool inStep = result == SyncResult.InStep, took = result == SyncResult.Pulled && catalog.IsPullOnly;
        if (machine.Peer is { } hello && (inStep || took)) catalog.Met(peer, hello, inStep ? offered : 0, caughtUp: true, this);
        wantsRun = took;
        retry = inStep || took ? FirstRetry : retry * 2 < LastRetry ? retry * 2 : LastRetry;
        SetTimer(inStep ? probeEvery : retry);
    }

    void MergeIncoming()
    {
        if (incoming.Count == 0) return;
        ReadOnlyMemory<byte>[] records = [.. incoming];
        bool part = midway;
        incoming.Clear();
        midway = false;
        MergeReport report = catalog.Merge(records, this, part);
        if (report.Refused > 0) throw new ProtocolException($"the peer sent {report.Refused} records that are malformed or forged");
    }

    bool TellNews()
    {
        if (!machine.IsInStep) return false;
        if (newsMissed)
        {
            newsMissed = false;
            machine.Begin();
            return true;
        }
        bool told = false;
        while (news.TryDequeue(out CatalogChange? change))
        {
            List<ReadOnlyMemory<byte>> records = [.. change.Added.Where(record => record.Source != this).Select(record => record.Bytes)];
            if (change.Sequence <= offered || records.Count == 0) continue;
            if (!machine.Announce(records)) machine.Begin(records.Count);
            told = true;
        }
        return told;
    }

    bool AskAgain()
    {
        if (!isDue && !asked && !wantsRun) return false;
        bool wasDue = isDue;
        isDue = asked = wantsRun = false;
        if (wasDue) SetTimer(probeEvery);
        if (!machine.IsComparing)
        {
            if (machine.IsInStep) machine.Probe();
            else machine.Begin();
        }
        else if (wasDue && !heard) throw new ProtocolException("the peer has stopped in the middle of a comparison");
        if (wasDue) heard = false;
        return true;
    }

    void OnChanged(CatalogChange change)
    {
        if (!change.Added.Any(record => record.Source != this) && !change.MembershipChanged) return;
        if (news.Count >= QueuedChanges) newsMissed = true;
        else news.Enqueue(change);
        Wake();
    }

    SyncStanding Stand()
    {
        SyncStanding standing = catalog.Standing(peer);
        offered = standing.Sequence;
        return standing;
    }

    void SetTimer(TimeSpan after)
    {
        long mine = ++due;
        device.Network.After(after, () =>
        {
            if (ended || mine != due) return;
            isDue = true;
            device.Attempt(wire, Pump);
        });
    }

    void Wake()
    {
        if (!ended) nudge.Give(); // one that comes after the end finds nothing to pump
    }

    public void Dispose()
    {
        if (ended) return;
        ended = true;
        catalog.Changed -= OnChanged;
        catalog.Left(this);
        machine.Dispose();
    }
}
