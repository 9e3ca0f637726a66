namespace Vault.Swarm;

/// <summary>What begins everything that is signed or hashed here, so that nothing signed for one purpose passes for another.</summary>
static class SwarmLabels
{
    public static ReadOnlySpan<byte> Holdings => "vault/v1/holdings"u8;
    public static ReadOnlySpan<byte> Proof => "vault/v1/block-proof"u8;
    public static ReadOnlySpan<byte> Lock => "vault/v1/free-lock"u8;
    public static ReadOnlySpan<byte> Rendezvous => "vault/v1/rendezvous"u8;
}
