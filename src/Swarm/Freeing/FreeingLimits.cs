namespace Vault.Swarm;

/// <summary>The limits of freeing, together.</summary>
public static class FreeingLimits
{
    /// <summary>Wire. Blocks in one question for locks: each is read from the holder's disk to prove it.</summary>
    public const int BlocksInQuestion = 64;

    /// <summary>Blocks that a device keeps locked for all others together.</summary>
    public const int Locks = 1 << 18;

    /// <summary>A freer drops its copies within this time after it asked, or asks again: half of what was promised.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
}
