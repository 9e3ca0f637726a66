namespace Vault.Identity;

/// <summary>
/// Every label of this project, together, so that no two things can come to share one. Those of keys are HKDF-SHA256's info
/// string; the others begin what is hashed. They are part of the format: a changed label is a different vault.
/// </summary>
static class KeyLabels
{
    // From the sync secret, which a blind holder has too.
    public const string Gate = "vault/v1/gate";
    public const string Topic = "vault/v1/topic";
    public const string Gossip = "vault/v1/gossip";
    public const string Sketch = "vault/v1/sketch";

    // From the read secret.
    public const string Position = "vault/v1/position";
    public const string Record = "vault/v1/record";
    public const string Convergence = "vault/v1/convergence";
    public const string Chunker = "vault/v1/chunker";
    public const string Room = "vault/v1/room";
    public const string Name = "vault/v1/name";

    // From the sync secret: a blind holder names itself too, to all who are in.
    public const string BlindName = "vault/v1/blind-name";

    // From the read secret of every epoch after the first: its sync secret.
    public const string EpochSync = "vault/v1/epoch-sync";

    // From a Diffie-Hellman secret between a throwaway key and a device's key.
    public const string SealedEpoch = "vault/v1/sealed-epoch";
    public const string SealedSecrets = "vault/v1/sealed-secrets";

    // From a swarm key.
    public const string SwarmFingerprint = "vault/v1/swarm-fingerprint";

    // Hashed.
    public static ReadOnlySpan<byte> Tag => "vault/v1/tag"u8;
    public static ReadOnlySpan<byte> Exported => "vault/v1/exported"u8;
    public static ReadOnlySpan<byte> Device => "vault/v1/device"u8;
    public static ReadOnlySpan<byte> Control => "vault/v1/control"u8;
    public static ReadOnlySpan<byte> EpochNumber => "vault/v1/epoch-number"u8;
    public static ReadOnlySpan<byte> SyncCheck => "vault/v1/sync-check"u8;
    public static ReadOnlySpan<byte> ReadCheck => "vault/v1/read-check"u8;
    public static ReadOnlySpan<byte> TicketCheck => "vault/v1/ticket-check"u8;
    public static ReadOnlySpan<byte> TicketSum => "vault/v1/ticket-sum"u8;

    /// <summary>The catalog's, for the order of control records and for keep lists, which speak of both halves of the catalog.</summary>
    public static ReadOnlySpan<byte> CatalogLeaf => "vault/v1/catalog-leaf"u8;

    // Signed.
    public static ReadOnlySpan<byte> ControlSignature => "vault/v1/control-signature"u8;
    public static ReadOnlySpan<byte> InviteProof => "vault/v1/invite-proof"u8;
    public static ReadOnlySpan<byte> JoinProof => "vault/v1/join-proof"u8;

    // Under the gate key.
    public static ReadOnlySpan<byte> GateDialer => "vault/v1/gate-dialer"u8;
    public static ReadOnlySpan<byte> GateListener => "vault/v1/gate-listener"u8;

    // Associated with what is sealed.
    public static ReadOnlySpan<byte> VaultName => "vault/v1/vault-name"u8;
    public static ReadOnlySpan<byte> DeviceName => "vault/v1/device-name"u8;
}
