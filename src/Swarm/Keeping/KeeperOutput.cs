using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>What a <see cref="Keeper"/> wants done.</summary>
public abstract record KeeperOutput
{
    private protected KeeperOutput() { }

    /// <summary>To one peer, if it is still there.</summary>
    public sealed record Send(DeviceId Peer, KeeperMessage Message) : KeeperOutput;

    /// <summary>To all members: to be signed first.</summary>
    public sealed record Say(HoldingStatement Statement) : KeeperOutput;

    /// <summary>Read these and send the proofs; say with <see cref="Keeper.Lose"/> what turned out to be gone, and with <see cref="Keeper.Spent"/> what was read.</summary>
    public sealed record Prove(DeviceId Peer, KeeperMessage.Challenge Challenge) : KeeperOutput;

    /// <summary>Compare with proofs made from the own copies, and call <see cref="Keeper.Checked"/>.</summary>
    public sealed record Check(DeviceId Peer, Hash32 Nonce, HeldId[] Blocks, Hash32?[] Macs) : KeeperOutput;

    /// <summary>Fetch these: this device is the one that makes the copy.</summary>
    public sealed record Pull(BlockId[] Blocks) : KeeperOutput;

    /// <summary>Don't fetch these any more, for this reason: others have them again, or nobody in reach does.</summary>
    public sealed record Leave(BlockId[] Blocks) : KeeperOutput;

    /// <summary>Name what the vault needs once more: this device looks after more of it than before.</summary>
    public sealed record NeedAnew : KeeperOutput;

    /// <summary>Something that people want to know.</summary>
    public sealed record Happened(KeeperEvent Event, DeviceId Peer, string Text) : KeeperOutput;
}

public enum KeeperEvent
{
    /// <summary>A device gave a wrong proof.</summary>
    Liar,
    /// <summary>A device lacks blocks that it claimed to hold, or doesn't prove that it has them.</summary>
    CopyLost,
    /// <summary>A device is believed again.</summary>
    CopyProven,
    /// <summary>A device was away for longer than its grace time: its copies don't count any more.</summary>
    DeviceLost,
}

/// <summary>What came of one block of a challenge.</summary>
public enum ProofVerdict
{
    Right,
    Wrong,
    /// <summary>The peer says itself that it lacks the block.</summary>
    Absent,
    /// <summary>This device couldn't tell: its own copy went meanwhile.</summary>
    Unknown,
}
