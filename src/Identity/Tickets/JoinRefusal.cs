namespace Vault.Identity;

/// <summary>Why a joiner isn't let in: a byte in the answer, and a sentence for the person who waits for it.</summary>
public enum JoinRefusal : byte
{
    None = 0,
    /// <summary>Nothing that a joiner would send, or made for another channel.</summary>
    Forged = 1,
    /// <summary>The device asked doesn't take part in that vault, or knows nothing of who made the invite: which of the two it doesn't say.</summary>
    OtherVault = 2,
    /// <summary>The member asked is neither writer nor admin.</summary>
    MayNotAdmit = 3,
    RunOut = 4,
    Used = 5,
    /// <summary>The invite was withdrawn, or who made it was put out.</summary>
    Withdrawn = 6,
    /// <summary>Not made by an admin, as far as the member asked knows.</summary>
    NotByAdmin = 7,
    /// <summary>The device was put out before.</summary>
    DeviceRevoked = 8,
    Full = 9,
}

public static class JoinRefusals
{
    public static string Sentence(this JoinRefusal refusal) => refusal switch
    {
        JoinRefusal.None => "the device was let in",
        JoinRefusal.Forged => "this ticket's proof isn't right",
        JoinRefusal.OtherVault => "the device that was asked doesn't have this vault, or doesn't know who made the ticket: use another of the vault's devices",
        JoinRefusal.MayNotAdmit => "the device that was asked may not let others in: ask a writer or an admin",
        JoinRefusal.RunOut => "this ticket has run out: ask for a new one",
        JoinRefusal.Used => "this ticket was used by another device: ask for a new one",
        JoinRefusal.Withdrawn => "this ticket was withdrawn: ask for a new one",
        JoinRefusal.NotByAdmin => "who made this ticket may not invite: ask an admin for one",
        JoinRefusal.DeviceRevoked => "this device was put out of the vault: ask an admin",
        JoinRefusal.Full => "this vault has as many devices as it can have: some must be retired first",
        _ => "the device that was asked said no, in the words of a newer version: upgrade vault",
    };
}
