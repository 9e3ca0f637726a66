using Vault.Blocks;
using Vault.Identity;

namespace Vault.Swarm;

/// <summary>A vault as the swarm takes part in it. Everything is borrowed, and outlives the taking part.</summary>
/// <param name="Gate">Who is let in.</param>
/// <param name="Store">Where its blocks are.</param>
/// <param name="Sync">Brings catalogs in step over a channel, and stays until it ends. One at a time for each peer.</param>
/// <param name="Decide">What becomes of somebody who asks to join; records that it adds are durable when it returns.</param>
/// <param name="Chat">The same as <paramref name="Sync"/> of what is said; null where nothing is.</param>
/// <param name="Shares">This device holds a share of the vault, and not all of it.</param>
/// <param name="Keep">The same of what both hold, and of proofs; null where nobody looks after copies.</param>
/// <param name="Secrets">Those that this device lacks; null where nobody asks for any.</param>
/// <param name="OnDemand">Whether only what is asked for is fetched.</param>
public sealed record SwarmVault(
    GateVault Gate, BlockStore Store, Func<VaultChannel, CancellationToken, Task> Sync, Func<JoinRequest, Vault.Primitives.Ed25519PublicKey, byte[], Admitting> Decide,
    Func<VaultChannel, CancellationToken, Task>? Chat = null, Func<VaultChannel, CancellationToken, Task>? Keep = null, bool Shares = false,
    LackedSecrets? Secrets = null, bool OnDemand = false)
{
    public VaultId Id => Gate.Id;
}

/// <summary>Secrets of epochs that no record has sealed to this device: it came in while somebody made them without knowing of it.</summary>
/// <param name="AreMissing">Whether there are any.</param>
/// <param name="Take">Given what a member sealed for this device.</param>
public sealed record LackedSecrets(Func<bool> AreMissing, Action<ReadOnlyMemory<byte>> Take);

/// <summary>How it stands with one peer in one vault.</summary>
/// <param name="Syncing">Catalogs are compared, and news passed on.</param>
/// <param name="Fetching">Blocks are asked of it.</param>
/// <param name="Trouble">Why it last came to nothing; null when it didn't.</param>
public sealed record PeerStanding(Vault.Primitives.PeerId Peer, bool Syncing, bool Fetching, string? Trouble);
