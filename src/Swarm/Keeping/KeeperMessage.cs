using Vault.Blocks;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>What two devices say to each other about what they hold, on one stream of /vault/holdings/1.</summary>
public abstract record KeeperMessage
{
    private protected KeeperMessage() { }

    /// <summary>What do you hold? With so many cells of it.</summary>
    public sealed record Ask(int Cells) : KeeperMessage;

    /// <summary>Where the sender stands, and the first cells of what it holds.</summary>
    public sealed record Tell(ulong Run, ulong Sequence, HeldDigest Digest, Cell[] Cells) : KeeperMessage;

    /// <summary>All of it, a piece at a time; the first piece is asked for with 0.</summary>
    public sealed record AskList(uint From) : KeeperMessage;

    /// <param name="Next">What to ask for next; 0 at the end.</param>
    public sealed record TellList(HeldId[] Ids, uint Next) : KeeperMessage;

    /// <summary>Prove that you have these.</summary>
    public sealed record Challenge(Hash32 Nonce, HeldId[] Blocks) : KeeperMessage;

    /// <summary>One proof for each block of the challenge; null for one that isn't there.</summary>
    public sealed record Proof(Hash32 Nonce, Hash32?[] Macs) : KeeperMessage;

    /// <summary>Prove and lock these: the sender wants to free its copies.</summary>
    public sealed record AskLock(Hash32 Nonce, BlockId[] Blocks) : KeeperMessage;

    /// <summary>Proofs of those that are locked, null for the others, and the signature of the promise for those that are.</summary>
    public sealed record Locked(Hash32 Nonce, Hash32?[] Macs, byte[] Signature) : KeeperMessage;

    /// <summary>Too few of those who look after these stretches are left: do it as well.</summary>
    public sealed record StandIn(ushort[] Buckets) : KeeperMessage;

    /// <summary>Of which levels are these blocks, if you have them?</summary>
    public sealed record AskLevels(BlockId[] Blocks) : KeeperMessage;

    /// <summary>A level for each, or <see cref="Absent"/>.</summary>
    public sealed record TellLevels(BlockId[] Blocks, byte[] Levels) : KeeperMessage
    {
        public const byte Absent = 255;
    }
}
