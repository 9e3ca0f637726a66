namespace Vault.Identity;

/// <summary>
/// The labels under which keys are derived from a vault's secrets, together, so that no two keys can come to share one. Each
/// is HKDF-SHA256's info string. They are part of the format: a changed label is a different vault.
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
}
