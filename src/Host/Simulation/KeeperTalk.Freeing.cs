using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Swarm;

namespace Vault.Host.Simulation;

// Copies go only while others have proven theirs and promised to keep them: promises given and asked for.
sealed partial class KeeperTalk
{
    /// <summary>How long others have to prove and to promise.</summary>
    static readonly TimeSpan LockPatience = TimeSpan.FromMinutes(2);

    readonly LockBook book = new();
    readonly HashSet<int> freed = []; // by this device's user
    readonly Dictionary<Hash32, (FreeRound Round, Contact Contact, BlockId[] Blocks)> askedLocks = [];

    /// <summary>Promises of an earlier run count from now on.</summary>
    void TakeLocks()
    {
        foreach ((BlockId block, DeviceId freer) in device.LocksOnDisk) book.TryLock(block, freer, Now);
    }

    void Expire()
    {
        foreach ((BlockId block, DeviceId freer) in book.TakeExpired(Now))
            if (!book.Holds(block, freer)) device.LocksOnDisk.Remove((block, freer));
    }

    void Lock(Contact contact, KeeperMessage.AskLock ask)
    {
        DeviceId freer = contact.Other.Id;
        Hash32?[] macs = new Hash32?[ask.Blocks.Length];
        List<BlockId> proven = [];
        for (int i = 0; i < ask.Blocks.Length; i++)
        {
            if (!book.TryLock(ask.Blocks[i], freer, Now)) continue;
            device.LocksOnDisk.Add((ask.Blocks[i], freer));
            macs[i] = MacOf(HeldId.Of(ask.Blocks[i]), ask.Nonce, contact.Wire.Binding);
            if (macs[i] != null) proven.Add(ask.Blocks[i]);
        }
        byte[] signature = new LockPromise(device.Id, freer, ask.Nonce, proven).Sign(keeping.Vault, device.Key);
        Send(contact, new KeeperMessage.Locked(ask.Nonce, macs, signature));
        Do(() => keeper.Spent(freer, proven.Count * (long)shelf.BlockBytes, Now));
    }

    /// <summary>This device's user wants to free some blocks; they go in a while, as far as they are safe elsewhere.</summary>
    public void Free()
    {
        BlockId[] own = [.. held.All.Skip(random.Below(Math.Max(1, held.Count))).Take(FreeingLimits.BlocksInQuestion).Select(number => shelf.Ids[number]).Where(id => book.TryBeginFree(id, Now))];
        if (own.Length == 0) return;
        FreeRound round = new(own, keeping.Minimum, Now);
        foreach (IGrouping<DeviceId, BlockId> one in own.SelectMany(id => keeper.WhoHolds(id, Now).Where(copy => copy.Device != device.Id && copy.Connected && copy.Belief is Belief.Good or Belief.Unknown).Select(copy => (copy.Device, id))).GroupBy(pair => pair.Device, pair => pair.id))
        {
            if (!contacts.TryGetValue(one.Key, out Contact? contact)) continue;
            byte[] nonce = new byte[Hash32.Size];
            random.Fill(nonce);
            KeeperMessage.AskLock ask = new(new Hash32(nonce), [.. one]);
            askedLocks.Add(ask.Nonce, (round, contact, ask.Blocks));
            Send(contact, ask);
        }
        After(LockPatience, () => End(round));
    }

    void Locked(Contact contact, KeeperMessage.Locked answer)
    {
        if (!askedLocks.Remove(answer.Nonce, out (FreeRound Round, Contact Contact, BlockId[] Blocks) asked) || asked.Contact != contact || answer.Macs.Length != asked.Blocks.Length) return;
        BlockId[] promised = [.. asked.Blocks.Where((_, i) => answer.Macs[i] != null)];
        if (!new LockPromise(contact.Other.Id, device.Id, answer.Nonce, promised).IsSignedBy(keeping.Vault, contact.Other.Key.Public, answer.Signature)) return;
        BlockId[] proven = [.. asked.Blocks.Where((id, i) => answer.Macs[i] is { } mac && IsProof(id, mac, answer.Nonce, contact))];
        asked.Round.Kept(keeping.SiteOf(contact.Other.Id), proven);
        keeper.Proved(contact.Other.Id, proven.Length, Now);
    }

    bool IsProof(BlockId id, Hash32 mac, Hash32 nonce, Contact contact) =>
        shelf.Find(id) is { } number && held[number] && shelf.Prove(number, nonce, contact.Wire.Binding, contact.Other.Id) == mac;

    void End(FreeRound round)
    {
        BlockId[] safe = [.. round.Free(Now)];
        foreach (BlockId id in safe)
            if (shelf.Find(id) is { } number && held.Drop(number))
            {
                freed.Add(number);
                keeping.Went(device, number);
            }
        Do(() => keeper.Lose(safe));
        foreach (BlockId id in round.Blocks) book.EndFree(id);
        foreach (Hash32 nonce in askedLocks.Where(asked => asked.Value.Round == round).Select(asked => asked.Key).ToList()) askedLocks.Remove(nonce);
    }
}
