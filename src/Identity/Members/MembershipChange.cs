namespace Vault.Identity;

public enum MembershipEvent
{
    Joined,
    /// <summary>Came back: it had been out.</summary>
    Returned,
    RoleChanged,
    /// <summary>Said something new of itself: a name, say.</summary>
    Introduced,
    Retired,
    Revoked,
    /// <summary>Who let it in was put out, or another device's admission came first.</summary>
    Dropped,
    NewEpoch,
    NewSettings,
}

/// <summary>What is different between two snapshots, for people and for those who wait for news.</summary>
/// <param name="Member">As it is now; of one that was dropped, as it was. Null where it isn't about a device.</param>
public sealed record MembershipChange(MembershipEvent Event, Member? Member)
{
    public static IReadOnlyList<MembershipChange> Between(Membership before, Membership after)
    {
        List<MembershipChange> changes = [];
        foreach (Member member in after.Members)
            if (Of(before.Find(member.Key), member) is { } happened) changes.Add(new MembershipChange(happened, member));
        foreach (Member gone in before.Members.Where(member => after.Find(member.Key) == null)) changes.Add(new MembershipChange(MembershipEvent.Dropped, gone));
        if (before.CurrentEpoch != after.CurrentEpoch) changes.Add(new MembershipChange(MembershipEvent.NewEpoch, null));
        if (before.Settings != after.Settings) changes.Add(new MembershipChange(MembershipEvent.NewSettings, null));
        return changes;
    }

    static MembershipEvent? Of(Member? before, Member after) => (before, after) switch
    {
        ({ IsRevoked: false }, { IsRevoked: true }) => MembershipEvent.Revoked,
        ({ Retired: null, IsRevoked: false }, { Retired: not null }) => MembershipEvent.Retired,
        ({ IsActive: false }, { IsActive: true }) => MembershipEvent.Returned,
        (null, { IsActive: true }) => MembershipEvent.Joined,
        ({ IsActive: true }, { IsActive: true }) when before.Role != after.Role => MembershipEvent.RoleChanged,
        (not null, _) when before.Profile != after.Profile => MembershipEvent.Introduced,
        _ => null,
    };
}
