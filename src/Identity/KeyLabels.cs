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

    // From a swarm key.
    public const string SwarmFingerprint = "vault/v1/swarm-fingerprint";

    // Hashed.
    public static ReadOnlySpan<byte> Tag => "vault/v1/tag"u8;
    public static ReadOnlySpan<byte> Exported => "vault/v1/exported"u8;
}
