using System.Threading.Channels;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Swarm;

// What takes a look at the disk: proofs for others, proofs of others, and promises.
public sealed partial class VaultKeeping
{
    // One reader: what peers ask for is read one block after the other, and what is more than this waits with them.
    readonly Channel<Action> work = Channel.CreateBounded<Action>(1024);

    async Task WorkAsync()
    {
        await foreach (Action job in work.Reader.ReadAllAsync())
        {
            if (closing.IsCancellationRequested) continue;
            try
            {
                job();
            }
            catch (VaultException)
            {
                // A disk that fails: the peer gets no answer, and what is damaged here is told by who looks after the store.
            }
        }
    }

    /// <summary>The blocks here whose ids begin so: hardly ever more than one.</summary>
    IEnumerable<BlockId> Here(HeldId id)
    {
        byte[] first = new byte[BlockId.Size];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(first, id.Value);
        return ports.Store.ListFrom(Tag, new BlockId(first)).Select(entry => entry.Id).TakeWhile(block => HeldId.Of(block) == id);
    }

    void Prove(KeeperOutput.Prove prove)
    {
        if (!sessions.TryGetValue(prove.Peer, out KeepingSession? session)) return;
        List<BlockId> gone = [];
        long read = 0;
        Hash32?[] macs = [.. prove.Challenge.Blocks.Select(Answer)];
        session.Send(new KeeperMessage.Proof(prove.Challenge.Nonce, macs));
        Do((k, now) =>
        {
            k.Spent(prove.Peer, read, now);
            k.Lose(gone);
        });
        if (gone.Count > 0) Mend();

        Hash32? Answer(HeldId id)
        {
            foreach (BlockId block in Here(id).ToList())
            {
                using StoredBlock? stored = ports.Store.Read(Tag, block);
                if (stored is null)
                {
                    gone.Add(block);
                    continue;
                }
                read += stored.Bytes.Length;
                return BlockProof.Of(stored.Bytes, prove.Challenge.Nonce, session.Binding, self);
            }
            return null;
        }
    }

    void Check(KeeperOutput.Check check)
    {
        if (!sessions.TryGetValue(check.Peer, out KeepingSession? session)) return;
        ProofVerdict[] verdicts = [.. check.Blocks.Select((id, i) => check.Macs[i] is { } mac ? Judge(id, mac) : ProofVerdict.Absent)];
        Do((k, now) => k.Checked(check.Peer, check.Nonce, verdicts, now));

        ProofVerdict Judge(HeldId id, Hash32 mac)
        {
            ProofVerdict verdict = ProofVerdict.Unknown;
            foreach (BlockId block in Here(id).ToList())
            {
                using StoredBlock? own = ports.Store.Read(Tag, block);
                if (own is null) continue;
                if (BlockProof.Of(own.Bytes, check.Nonce, session.Binding, check.Peer) == mac) return ProofVerdict.Right;
                verdict = ProofVerdict.Wrong;
            }
            return verdict;
        }
    }

    // The promise is on the disk before anybody hears of it; its time begins anew after a restart, because no clock of ours runs meanwhile.
    void Lock(DeviceId peer, KeepingSession session, KeeperMessage.AskLock ask)
    {
        Batch pins = new();
        List<BlockId> kept = [];
        Hash32?[] macs = new Hash32?[ask.Blocks.Length];
        long read = 0;
        for (int i = 0; i < ask.Blocks.Length; i++)
        {
            BlockId id = ask.Blocks[i];
            lock (gate)
                if (!book.TryLock(id, peer, Now)) continue;
            // Pinned before it is read: no collection takes it between the two.
            ports.Store.Pins.Add(pins, Tag, id, PinReason.Lock, peer.ToArray());
            kept.Add(id);
        }
        if (kept.Count > 0) ports.Meta.Commit(pins, Durability.Synced);
        List<BlockId> proven = [];
        for (int i = 0; i < ask.Blocks.Length; i++)
        {
            if (!kept.Contains(ask.Blocks[i])) continue;
            using StoredBlock? block = ports.Store.Read(Tag, ask.Blocks[i]);
            if (block is null) continue; // the promise to keep what isn't here runs out by itself
            macs[i] = BlockProof.Of(block.Bytes, ask.Nonce, session.Binding, self);
            read += block.Bytes.Length;
            proven.Add(ask.Blocks[i]);
        }
        byte[] signature = new LockPromise(self, peer, ask.Nonce, proven).Sign(ports.Gate.Id, ports.Device);
        session.Send(new KeeperMessage.Locked(ask.Nonce, macs, signature));
        Do((k, now) => k.Spent(peer, read, now));
    }

    /// <summary>Promises of an earlier run count from now on: how much of their time passed while no clock of ours ran, nobody knows.</summary>
    void TakeLocks()
    {
        foreach (Pin pin in ports.Store.Pins.Of(Tag))
            if (pin.Reason == PinReason.Lock && pin.Owner.Length == DeviceId.Size) book.TryLock(pin.Root, new DeviceId(pin.Owner.Span), Now);
    }

    void Expire(TimeSpan now)
    {
        IReadOnlyList<(BlockId Block, DeviceId Freer)> over = book.TakeExpired(now);
        if (over.Count == 0) return;
        work.Writer.TryWrite(() =>
        {
            Batch batch = new();
            foreach ((BlockId block, DeviceId freer) in over)
            {
                // Promised anew meanwhile: its pin is the same.
                lock (gate)
                    if (book.Holds(block, freer)) continue;
                Pins.Remove(batch, Tag, block, PinReason.Lock, freer.ToArray());
            }
            ports.Meta.Commit(batch, Durability.Logged);
        });
    }
}
