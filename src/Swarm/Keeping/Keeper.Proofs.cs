using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>What a device has seen of others since it began: what came of the proofs it asked for, how many gave a wrong one, and how many were away for too long.</summary>
public readonly record struct KeeperCounts(long Right, long Wrong, long Absent, long Liars, long LostDevices);

// Claims are made to be proven: a few random blocks now and then, more of whoever is new or failed.
public sealed partial class Keeper
{
    public KeeperCounts Counts { get; private set; }

    void KeepChallenging(KeptPeer peer, TimeSpan now)
    {
        if (peer.Challenge is { } running)
        {
            if (now - running.At <= HoldingsLimits.Patience) return;
            peer.Challenge = null;
            if (++peer.Unanswered == ProofLimits.Unanswered) Doubt(peer, "it doesn't prove what it says it holds");
            if (peer.Unanswered >= ProofLimits.Unanswered) peer.ChallengeAt = now + ProofLimits.AskEvery;
        }
        if (peer.Belief == Belief.Lied && now >= peer.BelievedAgain) (peer.Belief, peer.ExamLeft) = (Belief.Doubted, ProofLimits.Exam);
        if (now < peer.ChallengeAt || peer.AskedAt is not null) return; // Settle goes on
        IReadOnlyList<HeldId> drawn = map.Draw(map.Self, peer.Column, peer.ExamLeft > 0 ? KeeperCodec.BlocksInChallenge / 4 : ProofLimits.BlocksInQuestion, random);
        peer.ChallengeAt = drawn.Count > 0 ? now + ProofLimits.AskEvery : TimeSpan.MaxValue; // until they have something in common
        if (drawn.Count == 0) return;
        byte[] nonce = new byte[Hash32.Size];
        random.Fill(nonce);
        peer.Challenge = (new Hash32(nonce), [.. drawn], now);
        outputs.Enqueue(new KeeperOutput.Send(peer.Device, new KeeperMessage.Challenge(new Hash32(nonce), [.. drawn])));
    }

    void Judge(KeptPeer peer, KeeperMessage.Proof proof)
    {
        if (peer.Challenge is not { } asked || asked.Nonce != proof.Nonce || asked.Blocks.Length != proof.Macs.Length) return;
        outputs.Enqueue(new KeeperOutput.Check(peer.Device, asked.Nonce, asked.Blocks, proof.Macs));
    }

    /// <summary>The answer to <see cref="KeeperOutput.Check"/>.</summary>
    public void Checked(DeviceId device, Hash32 nonce, IReadOnlyList<ProofVerdict> verdicts, TimeSpan now)
    {
        if (!peers.TryGetValue(device, out KeptPeer? peer) || peer.Challenge is not { } asked || asked.Nonce != nonce) return;
        (peer.Challenge, peer.Unanswered) = (null, 0);
        for (int i = 0; i < verdicts.Count; i++) Count(peer, asked.Blocks[i], verdicts[i], now);
        if (peer.ExamLeft > 0) peer.ChallengeAt = now;
        Due(peer, peer.ChallengeAt);
    }

    /// <summary>One of the two holds more than before.</summary>
    void MayShare(KeptPeer peer)
    {
        if (peer.ChallengeAt != TimeSpan.MaxValue) return;
        peer.ChallengeAt = TimeSpan.MinValue;
        Due(peer, peer.ChallengeAt);
    }

    void Count(KeptPeer peer, HeldId block, ProofVerdict verdict, TimeSpan now)
    {
        switch (verdict)
        {
            case ProofVerdict.Right:
                Counts = Counts with { Right = Counts.Right + 1 };
                peer.InRow++;
                peer.ExamLeft = Math.Max(0, peer.ExamLeft - 1);
                // Of little that both hold, the same is asked for again and again: it is all there is to prove.
                if (peer.Belief == Belief.Unknown || peer.Belief == Belief.Doubted && peer.InRow >= ProofLimits.Exam) Believe(peer);
                if (peer.Belief == Belief.Good) peer.Proven = now;
                break;
            case ProofVerdict.Absent:
                Counts = Counts with { Absent = Counts.Absent + 1 };
                if (map.Take(peer.Column, block)) Changed();
                Doubt(peer, "it lacks a block that it said it holds");
                break;
            case ProofVerdict.Wrong:
                map.Take(peer.Column, block);
                bool known = peer.Belief == Belief.Lied;
                (peer.Belief, peer.BelievedAgain, peer.InRow, peer.Proven) = (Belief.Lied, now + ProofLimits.LiarsTerm, 0, null);
                Changed();
                Counts = Counts with { Wrong = Counts.Wrong + 1, Liars = Counts.Liars + (known ? 0 : 1) };
                if (!known) outputs.Enqueue(new KeeperOutput.Happened(KeeperEvent.Liar, peer.Device, "it gave a wrong proof for a block that it said it holds; nothing it says counts for a week"));
                break;
        }
    }

    void Believe(KeptPeer peer)
    {
        if (peer.Belief == Belief.Doubted) outputs.Enqueue(new KeeperOutput.Happened(KeeperEvent.CopyProven, peer.Device, "it has proven that it holds what it says"));
        peer.Belief = Belief.Good;
        Changed();
    }

    void Doubt(KeptPeer peer, string why)
    {
        (peer.InRow, peer.ExamLeft, peer.Proven) = (0, ProofLimits.Exam, null);
        if (peer.Belief is Belief.Doubted or Belief.Lied) return;
        peer.Belief = Belief.Doubted;
        Changed();
        outputs.Enqueue(new KeeperOutput.Happened(KeeperEvent.CopyLost, peer.Device, why));
    }

    /// <summary>So many bytes were read to answer a peer.</summary>
    public void Spent(DeviceId device, long bytes, TimeSpan now)
    {
        if (peers.TryGetValue(device, out KeptPeer? peer)) peer.Reading.Spend(bytes, now);
    }

    /// <summary>Proofs that came with locks count like any other.</summary>
    public void Proved(DeviceId device, int blocks, TimeSpan now)
    {
        if (!peers.TryGetValue(device, out KeptPeer? peer)) return;
        Counts = Counts with { Right = Counts.Right + blocks };
        peer.InRow += blocks;
        if (peer.Belief is Belief.Unknown && blocks > 0) Believe(peer);
        if (peer.Belief is Belief.Good && blocks > 0) peer.Proven = now;
    }
}
