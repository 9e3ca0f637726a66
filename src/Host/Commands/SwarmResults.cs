namespace Vault.Host;

/// <param name="Role">"blind", "read", "write" or "admin".</param>
/// <param name="Expires">How long the ticket can be used.</param>
sealed record InviteDevice(string Vault, string Role, TimeSpan Expires);

/// <param name="Ticket">The one string to paste on the other machine. Whoever has it can join, once.</param>
sealed record DeviceInvited(string Ticket, string Vault, string Name, string Role, DateTimeOffset UseBy, IReadOnlyList<string> Addresses);

/// <param name="Name">What this device calls the vault; null for the name that its members gave it.</param>
/// <param name="Capacity">As <see cref="OfferSpace"/> has it, and from the first block on; null for the usual, like the two after it.</param>
/// <param name="OnDemand">Whether content comes when it is asked for, and not before.</param>
sealed record JoinVault(string Ticket, string? Name = null, long? Capacity = null, string? Class = null, string? Site = null, bool OnDemand = false);

/// <param name="Policy">What this device keeps of the vault from now on: "mirror" or "on-demand"; null to only ask.</param>
sealed record ChoosePolicy(string Vault, string? Policy = null);

/// <param name="Policy">"mirror": all of it is brought here. "on-demand": the catalog is, and content when it is asked for.</param>
sealed record PolicyChosen(string Vault, string Name, string Policy);

/// <param name="Through">The member that let this device in.</param>
sealed record VaultJoined(string Vault, string Name, string Role, string Through);

/// <param name="State">"active", "retired", "revoked" or "expired".</param>
/// <param name="Self">Whether it is this device.</param>
/// <param name="Flags">What it did that a device shouldn't, in sentences.</param>
sealed record MemberListed(string Peer, string? Name, string Role, string State, DateTimeOffset Admitted, DateTimeOffset? NotAfter, bool Self, IReadOnlyList<string> Flags);

/// <param name="Device">A peer id, the name of a device, or the beginning of either.</param>
sealed record RevokeDevice(string Vault, string Device);

sealed record DeviceRevoked(string Vault, string Peer, string? Name, bool NewEpoch);

/// <param name="Device">A peer id, the name of a device, or the beginning of either.</param>
sealed record RetireDevice(string Vault, string Device);

sealed record DeviceRetired(string Vault, string Peer, string? Name);

/// <param name="Path">"lan", "direct" or "relay"; null when it isn't connected.</param>
/// <param name="InPerSecond">Bytes received a second, lately, of whatever kind.</param>
/// <param name="Vaults">How it stands in each vault that both have.</param>
/// <param name="Reason">Why it isn't connected.</param>
sealed record PeerListed(
    string Peer, string? Name, string? Address, bool Connected, string? Path, double? RttMs, long BytesIn, long BytesOut, double InPerSecond, double OutPerSecond, IReadOnlyList<PeerVault> Vaults, string? Reason);

sealed record PeerVault(string Vault, string Name, bool InStep, string? Trouble);

sealed record PeerDialed(string Peer, string Address);

/// <param name="Fingerprint">By which people compare keys without showing them.</param>
/// <param name="File">The key as a swarm key file; null unless it was asked for.</param>
sealed record SwarmKeyShown(string Fingerprint, IReadOnlyList<string> Others, string? File);

/// <param name="Upload">Bytes a second, as 500 KiB or 2.5 MB; "none" for no limit; null leaves it as it is.</param>
sealed record SetLimits(string? Upload = null, string? Download = null);

/// <param name="Upload">Bytes a second; null where there is no limit.</param>
sealed record LimitsShown(long? Upload, long? Download);

/// <param name="Process">Its process id.</param>
sealed record DaemonStatus(string Peer, IReadOnlyList<string> Listen, string Api, string Data, int Process, DateTimeOffset Since, int Peers, IReadOnlyList<TransferStatus> Vaults);

/// <param name="MissingBlocks">Known to be wanted and not here yet.</param>
/// <param name="InStepWith">Peers whose catalog has the same root.</param>
/// <param name="ReceivedBlocks">That have come from peers since the start, and their bytes.</param>
sealed record TransferStatus(
    string Vault, string Name, string Root, long MissingBlocks, bool Searching, double BytesPerSecond, IReadOnlyList<string> InStepWith, string? Fault, long ReceivedBlocks, long ReceivedBytes);
