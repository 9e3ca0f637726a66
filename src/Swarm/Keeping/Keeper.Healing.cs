using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>How a vault's copies stand, as one device sees it.</summary>
/// <param name="Needed">Blocks that the vault needs, as far as is known here.</param>
/// <param name="Proven">How many of them have 0, 1, 2 … copies at different sites whose holder has proven lately that it has what it says; the last element holds all from the target on.</param>
/// <param name="Known">The same of copies that somebody says it has and nothing speaks against.</param>
/// <param name="OldestProof">How long ago the proof was given that is oldest of those that count; null when none does.</param>
/// <param name="Healing">Blocks under their target that are looked after.</param>
public sealed record CopyFigures(int Target, int Minimum, long Needed, long[] Proven, long[] Known, TimeSpan? OldestProof, int Healing)
{
    public long UnderTarget => Proven.Take(Target).Sum();
    public long UnderMinimum => Known.Take(Minimum).Sum();

    /// <summary>The fewest proven copies that any needed block has; null when nothing is needed.</summary>
    public int? Fewest => Array.FindIndex(Proven, count => count > 0) is var least and >= 0 ? least : null;
}

/// <summary>A device that says it holds a block, and how far that is known to be true.</summary>
public sealed record CopyStanding(DeviceId Device, Site Site, Belief Belief, bool Connected, TimeSpan? LastHeard, TimeSpan? LastProven, bool Counts);

// Copies are counted, and what is short is healed.
public sealed partial class Keeper
{
    /// <summary>Others need a moment to be met before what they hold is missed.</summary>
    static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);

    /// <summary>As long as a server may be away.</summary>
    static readonly TimeSpan NewcomersPatience = HealingLimits.GraceOf(DeviceClass.Server);

    /// <summary>Between two looks at whether enough of a stretch's first are there.</summary>
    static readonly TimeSpan PassingEvery = TimeSpan.FromMinutes(5);

    TimeSpan nextPassing;
    readonly HeldColumn needing, innerOfNeeding, needingElsewhere; // the last: held here, and others look after it
    readonly Dictionary<HeldId, KeptPeer> blamed = [];
    readonly HashSet<BlockId> pulls = []; // told to be fetched, and not here yet
    readonly Allowance bandwidth = new(HealingLimits.BytesPerSecond, HealingLimits.BurstBytes);
    HealingPlan plan;

    /// <summary>Something has changed since the last look that may leave a block short.</summary>
    public bool IsDirty { get; private set; }

    void Changed() => (IsDirty, enough) = (true, false);

    bool enough; // nothing has changed since nothing was found to be short

    // What is needed is named in one pass; until its end the one before counts. Nobody is told what is held here before the first has ended.
    public void BeginNeeded()
    {
        map.Clear(needing);
        map.Clear(innerOfNeeding);
        map.Clear(needingElsewhere);
    }

    /// <param name="isHere">It is on this disk.</param>
    public void Need(BlockId block, bool inner, bool isHere)
    {
        HeldId id = HeldId.Of(block);
        if (neighbourhood.LooksAfter(id))
        {
            map.Add(needing, id);
            if (inner) map.Add(innerOfNeeding, id);
        }
        else if (isHere) map.Add(needingElsewhere, id);
    }

    public void EndNeeded()
    {
        if (needing.Digest != map.Needed.Digest) Changed();
        map.Copy(map.Needed, needing);
        map.Copy(map.Inner, innerOfNeeding);
        map.EndRemembering();
        // What nothing needs any more goes some day, and nobody shall count on it meanwhile.
        foreach (HeldId id in map.Without(map.Self, map.Needed))
        {
            if (map.Contains(needingElsewhere, id)) continue;
            map.Take(map.Self, id);
            cells.Remove(id.Value, key);
            Note(id, held: false);
        }
        if (!looked) AnswerEarly();
    }

    /// <summary>Whether anything that is needed is short, so that a look at every block is worth its work.</summary>
    public bool IsShort(TimeSpan now)
    {
        enough = enough || !(map.Histogram(Groups(peer => IsCredible(peer, now)), plan.Target).Take(plan.Target).Any(count => count > 0)
            || map.Histogram(Groups(peer => IsAround(peer, now)), plan.Minimum).Take(plan.Minimum).Any(count => count > 0));
        if (!enough) return true;
        plan.Forget();
        LeaveWhatIsWhole();
        return false;
    }

    public void BeginLook()
    {
        plan.Begin();
        (IsDirty, isEarly) = (false, false);
        safe = null;
        isNew = null;
    }

    bool? isNew;
    bool isEarly; // blocks were passed over, because this device has just begun

    /// <summary>
    /// A device that has just begun and doesn't know yet what every member holds can't tell what is gone from what is away: others know
    /// better, and until then it makes copies only where the minimum takes them.
    /// </summary>
    bool IsNew(TimeSpan now) => isNew ??= now - started < NewcomersPatience && holders.Keys.Any(device => device != self && !(peers.TryGetValue(device, out KeptPeer? peer) && peer.IsKnown));

    ulong[]? safe; // rows that have their copies, as of the beginning of this look
    int safeAsOf;

    /// <summary>Hardly ever is a block short: of all that aren't, one bit is looked at.</summary>
    bool HasCopies(int row, TimeSpan now)
    {
        if (safe is null || safeAsOf != map.Renumbered)
        {
            safeAsOf = map.Renumbered;
            safe = map.HeldBy(Groups(peer => IsCredible(peer, now)), plan.Target);
            ulong[] present = map.HeldBy(Groups(peer => IsCredible(peer, now) && IsAround(peer, now)), plan.Minimum);
            for (int word = 0; word < safe.Length; word++) safe[word] &= present[word];
        }
        return row >> 6 < safe.Length && (safe[row >> 6] >> row & 1) != 0;
    }

    /// <summary>One needed block, in any order.</summary>
    /// <param name="isFreed">The user of this device freed it here.</param>
    public void Look(BlockId block, bool isFreed, TimeSpan now)
    {
        isEarly |= now - started < StartPatience;
        if (isEarly) return;
        HeldId id = HeldId.Of(block);
        if (!neighbourhood.LooksAfter(id)) return;
        int? row = map.RowOf(id);
        if (row is { } here && (map.Self[here] || HasCopies(here, now))) return;
        HashSet<Site> sites = [], present = [];
        int coming = 0;
        bool inReach = false;
        foreach (KeptPeer peer in peers.Values)
            if (row is { } there && peer.Column[there])
            {
                inReach |= IsThere(peer, now);
                if (!IsCredible(peer, now)) continue;
                sites.Add(SiteOf(peer.Device));
                if (IsAround(peer, now)) present.Add(SiteOf(peer.Device));
            }
            else if (holders[peer.Device].IsMirror && IsThere(peer, now)) coming++;
        // From nobody in reach nothing can be fetched. Once somebody is there who has it, it may be no longer short.
        if (!inReach) return;
        // With fewer than the minimum in reach nobody waits for who is away, unless it is used to come and go.
        if (present.Count < plan.Minimum) sites = present;
        if (sites.Count >= plan.Target || (sites.Count >= plan.Minimum && IsNew(now))) return;
        plan.Consider(new ShortBlock(block, sites.Count, sites, coming, holder => holder.Device == self || peers.TryGetValue(holder.Device, out KeptPeer? peer) && IsThere(peer, now), isFreed), now);
    }

    /// <summary>The look is over: what this device is to fetch now is put out.</summary>
    /// <param name="most">Blocks that there is room for.</param>
    public void EndLook(TimeSpan now, int most)
    {
        plan.End();
        LeaveWhatIsWhole();
        List<BlockId> next = [];
        while (next.Count < Math.Min(most, HealingLimits.Pulls) && bandwidth.HasAny(now) && plan.TryTake(out BlockId block))
        {
            if (blamed.TryGetValue(HeldId.Of(block), out KeptPeer? teller) && !teller.Blame.HasAny(now)) continue;
            next.Add(block);
        }
        pulls.UnionWith(next);
        if (next.Count > 0) outputs.Enqueue(new KeeperOutput.Pull([.. next]));
        if (plan.Waiting > 0 || isEarly) Changed(); // the next in rank acts when its time comes, and this device when it has met the others
    }

    /// <summary>Blocks that this device is fetching, to have one more copy.</summary>
    public int Pulls => pulls.Count;

    // What is on its way when a partition ends would otherwise be copied though all that have it are there again.
    void LeaveWhatIsWhole()
    {
        BlockId[] left = [.. pulls.Where(id => !plan.IsWaiting(id))];
        if (left.Length == 0) return;
        pulls.ExceptWith(left);
        outputs.Enqueue(new KeeperOutput.Leave(left));
    }

    /// <summary>A block has come, of so many bytes. True if it is a copy that this device was to make.</summary>
    public bool Healed(BlockId block, long bytes, TimeSpan now)
    {
        if (!pulls.Remove(block)) return false;
        bandwidth.Spend(bytes, now);
        if (blamed.Remove(HeldId.Of(block), out KeptPeer? teller)) teller.Blame.Spend(bytes, now);
        return true;
    }

    void Blame(KeptPeer peer, HeldId id)
    {
        if (blamed.Count < HealingLimits.Blamed) blamed[id] = peer;
    }

    public CopyFigures Figures(TimeSpan now)
    {
        long[] proven = map.Histogram(Groups(peer => IsProven(peer, now)), plan.Target);
        TimeSpan? oldest = null;
        foreach (KeptPeer peer in peers.Values)
            if (IsProven(peer, now) && now - peer.Proven!.Value is var age && !(age < oldest)) oldest = age;
        return new CopyFigures(plan.Target, plan.Minimum, map.Needed.Digest.Count, proven, map.Histogram(Groups(peer => IsCredible(peer, now)), plan.Target), oldest, plan.Waiting);
    }

    /// <summary>Who says that it has the block; this device first, when it has it.</summary>
    public IReadOnlyList<CopyStanding> WhoHolds(BlockId block, TimeSpan now)
    {
        List<CopyStanding> found = [];
        if (map.RowOf(HeldId.Of(block)) is not { } row) return found;
        if (map.Self[row]) found.Add(new CopyStanding(self, SiteOf(self), Belief.Good, true, TimeSpan.Zero, TimeSpan.Zero, true));
        found.AddRange(peers.Values.Where(peer => peer.Column[row]).OrderBy(peer => peer.Device).Select(peer => StandingOf(peer, now)));
        return found;
    }

    public IReadOnlyList<CopyStanding> Standings(TimeSpan now) => [.. peers.Values.OrderBy(peer => peer.Device).Select(peer => StandingOf(peer, now))];

    CopyStanding StandingOf(KeptPeer peer, TimeSpan now) =>
        new(peer.Device, SiteOf(peer.Device), peer.Belief, peer.Connected, now - peer.Heard, now - peer.Proven, IsProven(peer, now));

    /// <summary>The groups of columns that are one copy each: a site's devices together.</summary>
    HeldColumn[][] Groups(Predicate<KeptPeer> counts)
    {
        Dictionary<Site, List<HeldColumn>> sites = new() { [SiteOf(self)] = [map.Self] };
        foreach (KeptPeer peer in peers.Values)
        {
            if (!counts(peer)) continue;
            if (!sites.TryGetValue(SiteOf(peer.Device), out List<HeldColumn>? site)) sites.Add(SiteOf(peer.Device), site = []);
            site.Add(peer.Column);
        }
        return [.. sites.Values.Select(site => site.ToArray())];
    }

    Site SiteOf(DeviceId device) => holders.TryGetValue(device, out Holder? holder) ? holder.Site : Site.Of(device, 0);

    TimeSpan GraceOf(KeptPeer peer) => HealingLimits.GraceOf(holders[peer.Device].Class);

    /// <summary>Somebody who would act, or to whom something is on its way.</summary>
    static bool IsThere(KeptPeer peer, TimeSpan now) => peer.Connected || !peer.WasConnected && peer.Heard is { } heard && now - heard < 2 * HoldingsLimits.Heartbeat;

    /// <summary>It is away, came back lately from having been away, and hasn't been for several times as long: whoever comes and goes most likely comes.</summary>
    static bool IsExpected(KeptPeer peer, TimeSpan now) =>
        !peer.Connected && peer.BackAt is { } back && now - back < HealingLimits.Habit && peer.MissedSince is { } missed && now - missed < ExpectedWithin(peer);

    static TimeSpan ExpectedWithin(KeptPeer peer) => Earlier(HealingLimits.HabitTimes * peer.LongestAway, NewcomersPatience);

    static bool IsAround(KeptPeer peer, TimeSpan now) => IsThere(peer, now) || IsExpected(peer, now);

    static void NoteReturn(KeptPeer peer, TimeSpan now)
    {
        if (peer is { Connected: true } or { WasConnected: false, BackAt: null } || peer.MissedSince is not { } left || now - left > NewcomersPatience) return;
        peer.LongestAway = peer.BackAt is { } before && now - before < HealingLimits.Habit && peer.LongestAway > now - left ? peer.LongestAway : now - left;
        peer.BackAt = now;
    }

    /// <summary>
    /// Its copies count for healing: it isn't away for good, and nothing speaks against what it says.
    /// </summary>
    bool IsCredible(KeptPeer peer, TimeSpan now) =>
        peer.Belief is Belief.Good or Belief.Unknown && (peer.Connected || peer.MissedSince is { } missed && now - missed < GraceOf(peer));

    /// <summary>Its copies are proven: it has shown that it has what it says, within its class's grace time.</summary>
    bool IsProven(KeptPeer peer, TimeSpan now) => peer.Belief is Belief.Good && peer.Proven is { } proven && now - proven < GraceOf(peer);

    void WatchGrace(KeptPeer peer, TimeSpan now)
    {
        (bool there, bool around) = (IsThere(peer, now), IsAround(peer, now));
        if ((there, around) != (peer.WasThere, peer.WasAround))
        {
            (peer.WasThere, peer.WasAround) = (there, around);
            Changed();
        }
        bool lost = !peer.Connected && peer.MissedSince is { } missed && now - missed >= GraceOf(peer);
        if (lost == peer.IsLost) return;
        peer.IsLost = lost;
        Changed();
        if (!lost) return;
        Counts = Counts with { LostDevices = Counts.LostDevices + 1 };
        outputs.Enqueue(new KeeperOutput.Happened(KeeperEvent.DeviceLost, peer.Device, "it was away for too long: its copies don't count any more"));
    }
}
