using Vault.Identity;

namespace Vault.Chat;

/// <summary>The time in which a device says nothing because a peer claims to know more of what it said than it does itself. For one caller at a time.</summary>
public sealed class FeedRecovery(ChatLog log, DeviceId by) : IDisposable
{
    bool proven, over;

    /// <summary>The peer has brought a message that this device had signed and forgotten.</summary>
    public void Prove() => proven = true;

    public void Dispose()
    {
        if (over) return;
        over = true;
        log.EndRecovery(by, proven);
    }
}
