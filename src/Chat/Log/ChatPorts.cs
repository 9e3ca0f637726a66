using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Chat;

/// <summary>What the chat of one vault needs of the world.</summary>
/// <param name="Meta">Opened with <see cref="ChatKeys.Chat"/>.</param>
/// <param name="Device">Null on a device that only keeps and passes on.</param>
/// <param name="Membership">Who is in, as of the call.</param>
/// <param name="Witness">What this device's copy of the vault holds, as of the call.</param>
public sealed record ChatPorts(
    IDatabase Meta, VaultKeys Keys, Ed25519Key? Device, HybridClock Clock, RandomSource Random, TimeProvider Time,
    Func<Membership> Membership, Func<Witness> Witness);
