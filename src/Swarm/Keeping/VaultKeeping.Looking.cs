using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Swarm;

// What the vault needs, block by block: what of it is here is told, what is short is healed, and what lies on the disk is read now and then.
public sealed partial class VaultKeeping
{
    /// <summary>What changed without anybody telling is noticed by then; where there is very much to look at, a device with nothing to do still rests.</summary>
    static readonly TimeSpan LookAnyway = TimeSpan.FromMinutes(10);
    const int RestShare = 500;

    /// <summary>After a change, so that several are looked at together; and a look takes at most a fifth of the time.</summary>
    static readonly TimeSpan LookPause = TimeSpan.FromSeconds(2);
    const int LookShare = 4;

    /// <summary>Everything on the disk is read once in this time, somewhat faster than that would take.</summary>
    static readonly TimeSpan ScrubEvery = TimeSpan.FromDays(30), ScrubTime = TimeSpan.FromDays(20), ScrubPatience = TimeSpan.FromMinutes(1), SaveEvery = TimeSpan.FromMinutes(10);
    const long LeastScrub = 256 << 10, MostScrub = 8 << 20;

    /// <summary>Blocks handed to the machine, or read from the list of the store, at a time.</summary>
    const int Handful = 512;

    /// <summary>Inner blocks and questions of one look; the next goes on.</summary>
    const int MostInner = 4096;

    readonly AsyncPulse lookPulse = new();
    HeldColumn? knownLeaves;
    volatile bool mustLook = true;
    bool looked;
    TimeSpan lookTook;
    long lastLook, lastSave, used, hereBlocks;
    long? underSince;
    double healedLately;
    long healedAt, healedBlocks, healedBytes;
    readonly CopyAlarm alarm = new();

    /// <summary>Over which the rate of healing is told.</summary>
    static readonly TimeSpan RateTime = TimeSpan.FromSeconds(30);

    /// <summary>Bytes a second that copies were made with here lately.</summary>
    public double HealingRate
    {
        get { lock (gate) return healedLately * Math.Exp(-ports.Time.GetElapsedTime(healedAt) / RateTime) / RateTime.TotalSeconds; }
    }

    /// <summary>Copies that were made here since the start.</summary>
    public (long Blocks, long Bytes) HealedSoFar
    {
        get { lock (gate) return (healedBlocks, healedBytes); }
    }

    /// <summary>Bytes that this device is to make copies of now, as far as their sizes can be told; null for none.</summary>
    public long? HealingLeft
    {
        get { lock (gate) return keeper.Pulls == 0 ? null : keeper.Pulls * (hereBlocks == 0 ? ChunkSizes.Default.Normal : used / hereBlocks); }
    }

    /// <summary>Files have come or gone: what is needed is to be looked at again.</summary>
    public void Look()
    {
        mustLook = true;
        lookPulse.Set();
    }

    bool Shares => ports.Gate.Membership().Find(ports.Device.Public)?.Profile?.Capacity > 0;

    async Task LookAsync()
    {
        try
        {
            while (true)
            {
                await lookPulse.WaitAsync(HealingLimits.LookEvery, ports.Time, closing.Token);
                bool due;
                CopyFigures figures = Figures();
                underSince = figures.UnderMinimum == 0 ? null : underSince ?? ports.Time.GetTimestamp();
                if (alarm.Look(figures, Now) is { } level) Stood?.Invoke(level, figures);
                lock (gate) due = mustLook || keeper.IsDirty && keeper.IsShort(Now) || ports.Time.GetElapsedTime(lastLook) is var rested && rested > LookAnyway && rested > lookTook * RestShare;
                if (due)
                {
                    await Task.Delay(LookPause, ports.Time, closing.Token);
                    lastLook = ports.Time.GetTimestamp();
                    mustLook = false;
                    LookThrough();
                    lookTook = ports.Time.GetElapsedTime(lastLook);
                    await Task.Delay(lookTook * LookShare, ports.Time, closing.Token);
                }
                if (ports.Time.GetElapsedTime(lastSave) > SaveEvery) Save();
            }
        }
        catch (OperationCanceledException)
        {
            // We are closing.
        }
    }

    void LookThrough()
    {
        bool shares = Shares;
        fetch.Shares = shares;
        (used, hereBlocks) = (0, 0);
        List<BlockId> inner = [], unknown = [];
        Do((k, _) =>
        {
            knownLeaves ??= k.Map.AddColumn(isOwn: true);
            k.BeginNeeded();
            k.BeginLook();
        });
        try
        {
            foreach (NeededBlock[] some in ports.Store.Needed(Tag).Chunk(Handful))
            {
                if (closing.IsCancellationRequested) return;
                Do((k, now) => Take(k, some, shares, inner, unknown, now));
            }
        }
        catch (VaultException)
        {
            mustLook = true; // a disk that fails: the next look may do better
            return;
        }
        long room = (long)Math.Min(long.MaxValue, ports.Gate.Membership().Find(ports.Device.Public)?.Profile?.Capacity ?? 0) - used;
        int most = !shares ? HealingLimits.Pulls : (int)Math.Clamp(room / Math.Max(1, hereBlocks == 0 ? Blocks.Limits.MaxBlock : used / hereBlocks), 0, HealingLimits.Pulls);
        Do((k, now) =>
        {
            k.EndNeeded();
            k.EndLook(now, most);
        });
        looked = true;
        if (most > 0 && inner.Count > 0) fetch.Heal(inner);
        foreach (BlockId[] some in unknown.Chunk(KeeperCodec.BlocksInLevels)) AskLevels(some);
    }

    void Take(Keeper k, NeededBlock[] some, bool shares, List<BlockId> inner, List<BlockId> unknown, TimeSpan now)
    {
        List<BlockId> here = [], gone = [];
        foreach (NeededBlock block in some)
        {
            k.Need(block.Id, block.Level > 0, block.Info != null);
            if (block.Info is { } info)
            {
                here.Add(block.Id);
                used += info.Length;
                hereBlocks++;
                continue;
            }
            gone.Add(block.Id);
            // Who holds a share holds all inner blocks: a few in ten thousand bytes, and by them it knows what there is to hold.
            if (shares && block.Level > 0 && inner.Count < MostInner) inner.Add(block.Id);
            else if (shares && block.Level is null && !k.Map.Contains(knownLeaves!, HeldId.Of(block.Id)))
            {
                if (unknown.Count < MostInner) unknown.Add(block.Id);
            }
            else k.Look(block.Id, block.IsFreed, now);
        }
        if (looked) k.Hold(here);
        else k.HoldQuietly(here);
        k.Lose(gone);
    }

    void AskLevels(BlockId[] roots)
    {
        foreach (IGrouping<DeviceId, BlockId> by in roots
            .Select(root => (Root: root, Holder: WhoHolds(root).FirstOrDefault(copy => copy.Connected && copy.Device != self && copy.Belief is Belief.Good or Belief.Unknown)))
            .Where(asked => asked.Holder != null).GroupBy(asked => asked.Holder!.Device, asked => asked.Root))
            if (sessions.TryGetValue(by.Key, out KeepingSession? session)) session.Send(new KeeperMessage.AskLevels([.. by]));
    }

    // A hint: who says leaf of an inner block keeps this device from holding it, and others know better.
    void TakeLevels(KeeperMessage.TellLevels tell)
    {
        List<BlockId> inner = [];
        Do((k, _) =>
        {
            for (int i = 0; i < tell.Blocks.Length; i++)
                if (tell.Levels[i] == 0 && knownLeaves != null && k.Map.Contains(needed: tell.Blocks[i])) k.Map.Add(knownLeaves, HeldId.Of(tell.Blocks[i]));
                else if (tell.Levels[i] is > 0 and <= Blocks.Limits.MaxLevel && k.Map.Contains(needed: tell.Blocks[i])) inner.Add(tell.Blocks[i]);
        });
        if (inner.Count > 0) fetch.Heal(inner);
        else Look();
    }

    void Landed(IReadOnlyList<BlockId> blocks, long bytes)
    {
        long each = bytes / blocks.Count;
        int healed = 0;
        Do((k, now) =>
        {
            k.Hold(blocks.Where(id => k.Map.Contains(needed: id)));
            healed = blocks.Count(id => k.Healed(id, each, now));
            if (healed == 0) return;
            healedLately = healedLately * Math.Exp(-ports.Time.GetElapsedTime(healedAt) / RateTime) + each * healed;
            healedAt = ports.Time.GetTimestamp();
            (healedBlocks, healedBytes) = (healedBlocks + healed, healedBytes + each * healed);
        });
        if (healed > 0) Healed?.Invoke(healed, each * healed);
        Look();
    }

    /// <summary>Blocks are damaged or gone here: what others have of them comes back.</summary>
    void Mend()
    {
        fetch.Search();
        Look();
    }

    async Task ScrubAsync()
    {
        try
        {
            await Task.Delay(ScrubPatience, ports.Time, closing.Token);
            while (true)
            {
                if (ports.Time.GetUtcNow() - scrubBegun >= ScrubEvery) (scrubAt, scrubBegun) = (default, ports.Time.GetUtcNow());
                try
                {
                    if (scrubAt is { } at) await ScrubFromAsync(at);
                }
                catch (VaultException)
                {
                    await Task.Delay(SaveEvery, ports.Time, closing.Token); // a disk that fails: from there on later
                    continue;
                }
                scrubAt = null;
                TimeSpan rest = ScrubEvery - (ports.Time.GetUtcNow() - scrubBegun);
                if (rest > TimeSpan.Zero) await Task.Delay(rest, ports.Time, closing.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // We are closing.
        }
    }

    async Task ScrubFromAsync(BlockId first)
    {
        long total = ports.Store.List(Tag).Sum(block => (long)block.Info.Length);
        double rate = Math.Clamp(total / ScrubTime.TotalSeconds, LeastScrub, MostScrub);
        for (BlockId? next = first; next is { } from;)
        {
            (BlockId Id, BlockInfo Info)[] some = [.. ports.Store.ListFrom(Tag, from).Take(Handful)];
            foreach ((BlockId id, BlockInfo info) in some)
            {
                bool whole;
                using (StoredBlock? block = ports.Store.Read(Tag, id)) whole = block != null;
                if (!whole && !ports.Store.Contains(Tag, id))
                {
                    Do((k, _) => k.Lose([id]));
                    Mend();
                }
                scrubAt = id;
                await Task.Delay(TimeSpan.FromSeconds(info.Length / rate), ports.Time, closing.Token);
            }
            next = some.Length == Handful ? some[^1].Id : null;
        }
    }
}
