namespace Vault.Swarm;

/// <summary>What somebody at the gate may cost.</summary>
static class GateLimits
{
    /// <summary>For the whole of it, from the first byte to the welcome.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>A reason in the last message, for the person who waits at the other side.</summary>
    public const int MaxReason = 200;

    /// <summary>Strangers at the gate at once, each some hundred MACs: a host that knocks on all its connections can't take the processor.</summary>
    public const int Knocking = 64;
}
