using Vault.Primitives;

namespace Vault.Identity;

/// <summary>
/// The member's side of a join, as a pure function: a request and what is known of the vault go in; the answer and the records
/// to store come out. Store the records durably before sending the answer.
/// </summary>
public sealed class Admitting
{
    Admitting(JoinRefusal refusal, byte[] answer, IReadOnlyList<ControlRecord> records)
    {
        Refusal = refusal;
        Answer = answer;
        Records = records;
    }

    public JoinRefusal Refusal { get; }

    /// <summary>The bytes for the joiner, also when it is refused.</summary>
    public byte[] Answer { get; }

    /// <summary>New to the vault: the admission, and the invite if it came with the joiner.</summary>
    public IReadOnlyList<ControlRecord> Records { get; }

    public static Admitting Refuse(JoinRefusal refusal) => new(refusal, [(byte)refusal], []);

    /// <summary>Lets the joiner in, or says why not. One who asks twice gets the same answer.</summary>
    /// <param name="peer">The key that the channel authenticated.</param>
    /// <param name="channel">The channel's binding.</param>
    public static Admitting Decide(ControlAuthor author, Membership membership, JoinRequest request, Ed25519PublicKey peer, ReadOnlySpan<byte> channel, RandomSource random)
    {
        if (!request.IsFor(peer, channel)) return Refuse(JoinRefusal.Forged);
        if (request.Vault != membership.Vault) return Refuse(JoinRefusal.OtherVault);

        List<ControlRecord> added = [];
        Membership with = membership.With([request.Invite]);
        if (with != membership) added.Add(request.Invite);
        if (RefusalOf(with, with.VerdictOf(request.Invite)) is var unfit && unfit != JoinRefusal.None) return Refuse(unfit);

        ControlRecord? admission = with.Standing.FirstOrDefault(record => record.Statement is Admission known && known.Invite == request.Invite.Content && known.Subject == request.Device);
        if (admission == null)
        {
            if (author.Clock.Now > ((Invite)request.Invite.Statement).UseBy) return Refuse(JoinRefusal.RunOut);
            if (with.Members.Count(member => member.IsActive) >= ControlLimits.MaxRecipients) return Refuse(JoinRefusal.Full);
            admission = author.Admit(with, request.Admission, request.Invite.Time);
            if (admission == null) return Refuse(JoinRefusal.MayNotAdmit);
            with = with.With([admission]);
            added.Add(admission);
        }
        if (RefusalOf(with, with.VerdictOf(admission)) is var refusal && refusal != JoinRefusal.None) return Refuse(refusal);

        byte[]? secrets = SealedSecrets.Seal(author.Keys, with, request.Device, admission.Time, random);
        return secrets == null ? Refuse(JoinRefusal.DeviceRevoked) : new Admitting(JoinRefusal.None, JoinAnswer.Encode(with, admission, secrets), added);
    }

    static JoinRefusal RefusalOf(Membership membership, Verdict verdict) => verdict switch
    {
        Verdict.Stands => JoinRefusal.None,
        Verdict.Taken => JoinRefusal.Used,
        Verdict.Revoked => JoinRefusal.Withdrawn,
        Verdict.RunOut => JoinRefusal.RunOut,
        // Whoever wrote it isn't known here: to a stranger this must look like a device that doesn't have the vault.
        Verdict.Unfounded or Verdict.NotTheirs => JoinRefusal.OtherVault,
        _ => JoinRefusal.NotByAdmin,
    };
}
