using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>What became of blocks that were to be freed.</summary>
/// <param name="Freed">Blocks whose copy here is gone, and their bytes.</param>
/// <param name="Kept">Blocks that stay, because too few others proved and locked theirs or something else here needs them.</param>
/// <param name="Fewest">The fewest copies elsewhere that were proven and locked, of those that stay; null when none stays for that.</param>
public sealed record FreeReport(long Freed, long FreedBytes, long Kept, int? Fewest);

// Copies go only while others have proven theirs and promised to keep them for the moment.
public sealed partial class VaultKeeping
{
    /// <summary>How long others have to read and prove one question's blocks.</summary>
    static readonly TimeSpan LockPatience = TimeSpan.FromMinutes(2);

    /// <summary>The most copies that can be counted on elsewhere at this moment: of connected devices, at different sites.</summary>
    public int Reachable(BlockId block) => WhoHolds(block).Where(copy => copy.Device != self && IsAskable(copy)).Select(copy => copy.Site).Distinct().Count();

    static bool IsAskable(CopyStanding copy) => copy.Connected && copy.Belief is Belief.Good or Belief.Unknown;

    /// <summary>Drops the leaves of these trees that are safe elsewhere. Their pins say already that they needn't be here.</summary>
    /// <param name="needed">Copies elsewhere, proven now and locked.</param>
    public async Task<FreeReport> FreeAsync(IReadOnlyCollection<BlockId> roots, int needed, Action<long>? progress, CancellationToken stop)
    {
        Dictionary<BlockId, int> leaves = [];
        foreach (BlockId root in roots)
            foreach (NeededBlock block in ports.Store.Tree(Tag, root))
                if (block is { Level: 0, Info: { } info }) leaves[block.Id] = info.Length;
        FreeReport report = new(0, 0, 0, null);
        using Release release = new(ports.Store, Tag, ports.Random);
        foreach (BlockId[] some in leaves.Keys.Chunk(FreeingLimits.BlocksInQuestion))
        {
            FreeReport part = await FreeAsync(some, leaves, needed, release, stop);
            report = new FreeReport(report.Freed + part.Freed, report.FreedBytes + part.FreedBytes, report.Kept + part.Kept,
                part.Fewest is { } few ? Math.Min(few, report.Fewest ?? few) : report.Fewest);
            progress?.Invoke(report.FreedBytes);
        }
        return report;
    }

    async Task<FreeReport> FreeAsync(BlockId[] some, Dictionary<BlockId, int> lengths, int needed, Release release, CancellationToken stop)
    {
        BlockId[] own;
        FreeRound round;
        lock (gate)
        {
            own = [.. some.Where(id => book.TryBeginFree(id, Now))];
            round = new FreeRound(own, needed, Now);
        }
        try
        {
            await AskAsync(round, stop);
            IReadOnlyList<BlockId> dropped = release.Drop([.. round.Free(Now)]);
            Do((k, _) => k.Lose(dropped));
            int[] few = [.. own.Select(round.CopiesOf).Where(copies => copies < needed)];
            return new FreeReport(dropped.Count, dropped.Sum(id => (long)lengths[id]), some.Length - dropped.Count, few.Length > 0 ? few.Min() : own.Length < some.Length ? 0 : null);
        }
        finally
        {
            lock (gate)
                foreach (BlockId id in own) book.EndFree(id);
        }
    }

    async Task AskAsync(FreeRound round, CancellationToken stop)
    {
        List<(CopyStanding Holder, BlockId[] Blocks)> asked = [.. round.Blocks.SelectMany(id => WhoHolds(id).Where(copy => copy.Device != self && IsAskable(copy)).Select(copy => (Holder: copy, Id: id)))
            .GroupBy(one => one.Holder.Device).Select(group => (group.First().Holder, group.Select(one => one.Id).ToArray()))];
        await Task.WhenAll(asked.Select(async one =>
        {
            if (!sessions.TryGetValue(one.Holder.Device, out KeepingSession? session) || ports.Gate.Membership().Find(one.Holder.Device) is not { IsActive: true } member) return;
            byte[] nonce = new byte[Hash32.Size];
            ports.Random.Fill(nonce);
            KeeperMessage.AskLock ask = new(new Hash32(nonce), one.Blocks);
            if (await session.AskAsync(ask, LockPatience, ports.Time, stop) is not { } answer || answer.Macs.Length != one.Blocks.Length) return;
            BlockId[] promised = [.. one.Blocks.Where((_, i) => answer.Macs[i] != null)];
            if (!new LockPromise(member.Device, self, ask.Nonce, promised).IsSignedBy(ports.Gate.Id, member.Key, answer.Signature)) return;
            BlockId[] proven = [.. one.Blocks.Where((id, i) => answer.Macs[i] is { } mac && IsProof(id, mac, ask.Nonce, session.Binding, member.Device))];
            lock (gate)
            {
                round.Kept(one.Holder.Site, proven);
                keeper.Proved(member.Device, proven.Length, Now);
            }
        }));
    }

    bool IsProof(BlockId id, Hash32 mac, Hash32 nonce, Hash32 binding, DeviceId prover)
    {
        using StoredBlock? own = ports.Store.Read(Tag, id);
        return own != null && BlockProof.Of(own.Bytes, nonce, binding, prover) == mac;
    }
}
