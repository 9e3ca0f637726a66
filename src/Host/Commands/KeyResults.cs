namespace Vault.Host;

/// <param name="Peer">The device's name in the network; it is made from its public key.</param>
sealed record DeviceIdentity(string Peer, string PublicKey, string Data, bool Sealed, int Vaults, IReadOnlyList<string> NotExported);

/// <param name="Vaults">How many vaults' keys the recovery file holds.</param>
sealed record KeysExported(string File, int Vaults);

sealed record KeysImported(string Peer, IReadOnlyList<string> Vaults);

sealed record KeysSealed(bool Sealed);
