using System.IO.Pipelines;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>
/// A stream past the gate: both sides have shown the vault's secret and a certificate that stands. What is read and written from
/// here on is between members.
/// </summary>
/// <param name="Member">The device at the other end, as it stood when it was let in.</param>
public sealed record VaultChannel(VaultId Vault, PeerId Peer, Member Member, Role Role, Hash32 ChannelBinding, IDuplexPipe Pipe);

/// <summary>What the gate asks about a vault.</summary>
/// <param name="Keys">Borrowed.</param>
/// <param name="Membership">The snapshot of now.</param>
/// <param name="Learn">Given records that somebody showed, that stand and were not known here.</param>
public sealed record GateVault(VaultKeys Keys, Func<Membership> Membership, Action<IReadOnlyList<ControlRecord>> Learn)
{
    public VaultId Id => Keys.Vault;
}
