using Vault.Blocks;
using Vault.Identity;

namespace Vault.Swarm;

/// <summary>
/// What this device has promised to others, and what it is about to free itself. The two exclude each other: a block that is
/// being freed here is promised to nobody, one that is promised isn't freed. So of two devices that free at the same moment,
/// neither counts on the other.
/// </summary>
/// <remarks>Times are since any fixed moment of a clock that never goes back. For one caller at a time.</remarks>
public sealed class LockBook
{
    readonly Dictionary<BlockId, Dictionary<DeviceId, TimeSpan>> locks = [];
    readonly Dictionary<BlockId, int> leaving = [];
    readonly PriorityQueue<(BlockId Block, DeviceId Freer), TimeSpan> ends = new();
    int count;

    public int Count => count;

    /// <summary>Promises one block to one device, or anew. False when it can't be: then nothing was promised.</summary>
    public bool TryLock(BlockId block, DeviceId freer, TimeSpan now)
    {
        if (leaving.ContainsKey(block)) return false;
        if (!locks.TryGetValue(block, out Dictionary<DeviceId, TimeSpan>? held)) locks.Add(block, held = []);
        if (!held.ContainsKey(freer))
        {
            if (count >= FreeingLimits.Locks)
            {
                if (held.Count == 0) locks.Remove(block);
                return false;
            }
            count++;
        }
        held[freer] = now + LockPromise.Term;
        ends.Enqueue((block, freer), now + LockPromise.Term);
        return true;
    }

    public bool IsLocked(BlockId block, TimeSpan now) => locks.TryGetValue(block, out Dictionary<DeviceId, TimeSpan>? held) && held.Values.Any(until => until > now);

    public bool Holds(BlockId block, DeviceId freer) => locks.TryGetValue(block, out Dictionary<DeviceId, TimeSpan>? held) && held.ContainsKey(freer);

    /// <summary>This device is about to free the block, until <see cref="EndFree"/>. False when it is promised to somebody.</summary>
    public bool TryBeginFree(BlockId block, TimeSpan now)
    {
        if (IsLocked(block, now)) return false;
        leaving[block] = leaving.GetValueOrDefault(block) + 1;
        return true;
    }

    public void EndFree(BlockId block)
    {
        if (--leaving[block] == 0) leaving.Remove(block);
    }

    /// <summary>The promises whose time is over, which are forgotten by this.</summary>
    public IReadOnlyList<(BlockId Block, DeviceId Freer)> TakeExpired(TimeSpan now)
    {
        List<(BlockId, DeviceId)> over = [];
        while (ends.TryPeek(out (BlockId Block, DeviceId Freer) end, out TimeSpan at) && at <= now)
        {
            ends.Dequeue();
            if (!locks.TryGetValue(end.Block, out Dictionary<DeviceId, TimeSpan>? held) || !held.TryGetValue(end.Freer, out TimeSpan until) || until > now) continue; // renewed meanwhile
            held.Remove(end.Freer);
            count--;
            if (held.Count == 0) locks.Remove(end.Block);
            over.Add(end);
        }
        return over;
    }
}
