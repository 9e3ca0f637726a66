namespace Vault.Swarm;

/// <summary>How well a vault's copies stand, the best first.</summary>
public enum CopyLevel
{
    /// <summary>Every needed block has as many proven copies as the vault wants.</summary>
    Enough,
    UnderTarget,
    /// <summary>Of some block fewer copies are known than there must be.</summary>
    UnderMinimum,
}

/// <summary>Decides when people are told that a vault's copies stand worse or better than they were told before.</summary>
public sealed class CopyAlarm
{
    /// <summary>What was just added is short until it has been copied, and after a start nobody has been met: neither is worth a word. What is better is told at once.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    CopyLevel told;
    TimeSpan? worseSince;

    /// <summary>To be called every few seconds.</summary>
    /// <returns>What is to be told; null for nothing.</returns>
    public CopyLevel? Look(CopyFigures figures, TimeSpan now)
    {
        CopyLevel level = figures.UnderMinimum > 0 ? CopyLevel.UnderMinimum : figures.UnderTarget > 0 ? CopyLevel.UnderTarget : CopyLevel.Enough;
        if (level > told && now - (worseSince ??= now) < Patience) return null;
        worseSince = null;
        if (level == told) return null;
        return told = level;
    }
}
