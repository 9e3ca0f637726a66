using Vault.Chat;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Host;

// Who is in, what secrets there are, and what of it is told.
sealed partial class Daemon
{
    void MembersChanged(OpenPart part)
    {
        Membership now = part.Catalog.Membership;
        EpochSecrets.Open(now, home.Device.Key, part.Entry.Keys);
        KeepSecrets();
        swarm.Recheck(part.Entry.Vault);
        part.Keeping?.Recheck();
        Reread(part);
        foreach (MembershipChange what in MembershipChange.Between(part.Told, now))
            if (what is { Member: { } member } && Sentence(what.Event) is { } says)
            {
                string sentence = $"{says} {member.Profile?.OpenName(part.Entry.Keys) ?? member.Peer.ToString()}";
                note($"{part.Entry.Name}: {sentence}");
                Publish("member", part, member.Peer, sentence);
            }
        part.Told = now;
        if (now.NeedsNewEpoch) tendPulse.Set();
    }

    /// <summary>Told once, and shown until a member lets this device in.</summary>
    void TurnedAway(VaultId vault, PeerId by, string reason)
    {
        OpenPart? part;
        lock (gate)
        {
            if (!attached.TryGetValue(vault, out part) || part.Refusal == reason) return;
            part.Refusal = reason;
        }
        string sentence = $"this device isn't let in any more: {reason}";
        note($"{part.Entry.Name}: {sentence}");
        Publish("refused", part, by, sentence);
    }

    /// <summary>Says when this device begins to take only, and when it has caught up.</summary>
    void TellStanding(OpenPart part)
    {
        bool takes = part.Catalog.IsPullOnly;
        if (takes == part.OnlyTakes) return;
        part.OnlyTakes = takes;
        string sentence = takes ? "this device was put back to an earlier state or has lost something: it only takes from others until it has caught up" : "this device has caught up with the others";
        note($"{part.Entry.Name}: {sentence}");
        Publish(takes ? "behind" : "caughtup", part, text: sentence);
    }

    /// <summary>A member has handed over what no record had sealed to this device.</summary>
    void TakeSecrets(OpenPart part, ReadOnlyMemory<byte> box)
    {
        if (SealedSecrets.Open(box.Span, part.Catalog.Membership, home.Device.Key, part.Entry.Keys) is not > 0) return;
        KeepSecrets();
        part.Catalog.Tend(); // reads what it couldn't
        Reread(part);
    }

    static void Reread(OpenPart part)
    {
        part.Notices?.Recheck();
        part.Chat.ReadAgain();
        foreach (ChatSession session in part.Chats.Keys) session.Recheck();
    }

    /// <summary>A disk that is full keeps nobody from being told of a change: what is sealed in records is opened again at each start, and the hour tries again.</summary>
    void KeepSecrets()
    {
        try
        {
            home.Ring.Keep();
        }
        catch (StoreException fault)
        {
            note(fault.Message);
        }
    }

    /// <summary>Says once what this device is called, so that others see a name.</summary>
    void Introduce(OpenPart part)
    {
        Membership membership = part.Catalog.Membership;
        if (membership.Find(home.Device.Key.Public) is not { Profile: null, IsActive: true }) return;
        part.Catalog.Add([new ControlAuthor(part.Entry.Keys, home.Device.Key, home.Clock, home.Random).Introduce(membership, UsualProfile(part.Entry.Keys, home.Random))]);
    }

    static string? Sentence(MembershipEvent happened) => happened switch
    {
        MembershipEvent.Joined => "new device joined:",
        MembershipEvent.Revoked => "a device was put out:",
        MembershipEvent.Retired => "a device was retired:",
        _ => null,
    };
}
