using Vault.Identity;
using Vault.Primitives;

namespace Vault.Chat;

/// <summary>What a device has of one feed. Belongs to its <see cref="ChatLog"/>, under whose lock it changes.</summary>
sealed class FeedState(FeedId feed)
{
    internal FeedId Feed => feed;

    /// <summary>The last message that is here; sequence 0 for none.</summary>
    internal FeedHead Head { get; set; } = new(feed, 0, default, default);

    /// <summary>Header and body bytes that are kept.</summary>
    internal long Bytes { get; set; }

    internal ForkProof? Fork { get; set; }

    /// <summary>The last message of which somebody has said that it is there.</summary>
    internal ulong Known { get; set; }

    /// <summary>The same, as signed by members who are still in: what a revoked device had said before it was revoked.</summary>
    internal ulong Vouched { get; set; }

    /// <summary>How far this device's own messages have named this feed.</summary>
    internal ulong Named { get; set; }

    /// <summary>How far other devices say they have it.</summary>
    internal Dictionary<DeviceId, ulong> Seen { get; } = [];

    /// <summary>Messages that came before their predecessors.</summary>
    internal SortedDictionary<ulong, SignedMessage> Waiting { get; } = [];

    internal bool IsForkedAt(ulong sequence) => Fork is { } fork && sequence >= fork.Sequence;
}

/// <summary>A measure that refills with time: so many at once, so many a minute.</summary>
sealed class Allowance(int burst, int perMinute)
{
    double left = burst;
    DateTimeOffset asOf;

    internal bool TryTake(DateTimeOffset now)
    {
        if (now > asOf)
        {
            left = Math.Min(burst, left + (now - asOf).TotalMinutes * perMinute);
            asOf = now;
        }
        if (left < 1) return false;
        left--;
        return true;
    }
}
