using Vault.Primitives;

namespace Vault.Identity.Tests;

/// <summary>
/// The rule of docs/formats-control.md, "Who is in", sentence by sentence and as slowly as it likes: each question is asked of
/// the whole set, and answered by asking others. A question that comes back to itself is an error in the rule.
/// </summary>
sealed class MembershipOracle(VaultId vault, IEnumerable<ControlRecord> known)
{
    readonly ControlRecord[] all = [.. known.DistinctBy(record => record.Content)];
    readonly Dictionary<Hash32, bool?> answers = [];

    public IEnumerable<ControlRecord> Standing => all.Where(Stands);

    public bool Stands(ControlRecord record)
    {
        if (answers.TryGetValue(record.Content, out bool? known)) return known ?? throw new InvalidOperationException("The rule asks itself.");
        answers[record.Content] = null;
        bool stands = record.Statement switch
        {
            KeepPage => all.Any(other => other.Statement is Revocation && Stands(other) && PagesOf(other).Contains(record)),
            VaultSettings => Holds(record) && !all.Any(other => other.Statement is VaultSettings && IsBefore(record, other) && Holds(other)),
            DeviceProfile => Holds(record) && !all.Any(other => other.Statement is DeviceProfile && other.Issuer == record.Issuer && IsBefore(record, other) && Holds(other)),
            SealedEpoch epoch => Holds(record) && !all.Any(other => other.Statement is SealedEpoch same && same.Number == epoch.Number && IsBefore(other, record) && Holds(other)),
            Admission admission => Holds(record) && IsCertificateWell(record) && !all.Any(other =>
                other.Statement is Admission rival && rival.Invite == admission.Invite && rival.Subject != admission.Subject && IsBefore(other, record) && Stands(other)),
            Certificate or Invite => Holds(record) && IsCertificateWell(record),
            _ => Holds(record),
        };
        answers[record.Content] = stands;
        return stands;
    }

    /// <summary>Whether a record of a file by this author counts.</summary>
    public bool Allows(DeviceId author, Role needed, HybridTime at, Hash32 leaf) => all.Any(certificate =>
        SubjectOf(certificate) is { } subject && DeviceId.Of(subject) == author && Stands(certificate)
        && RoleOf(certificate) >= needed && at <= EndOf(certificate) && IsKept(certificate, leaf));

    // Signed by who has the right to.
    bool Holds(ControlRecord record)
    {
        if (record.Issuer == vault.RootKey) return true;
        ControlRecord? certificate = Find(record.Authority);
        if (certificate == null || SubjectOf(certificate) != record.Issuer || record.Time <= certificate.Time || !Stands(certificate)) return false;
        bool needsNoRole = record.Statement is DeviceProfile || (record.Statement is Retirement retirement && retirement.Subject == record.Issuer);
        Role needed = needsNoRole ? Role.Blind : record.Statement is Admission ? Role.Writer : Role.Admin;
        bool inTime = record.Statement is Revocation or Retirement || record.Time <= EndOf(certificate);
        return inTime && RoleOf(certificate) >= needed && IsKept(certificate, record.LeafDigest);
    }

    bool IsCertificateWell(ControlRecord record)
    {
        if (record.Statement is Admission admission)
        {
            if (Find(admission.Invite) is not { Statement: Invite invite } invited || record.Time <= invited.Time || !Stands(invited)) return false;
            if (invite.InviteKey != admission.InviteKey || record.Time > EndOf(invited) || !IsKept(invited, record.LeafDigest)) return false;
        }
        ControlRecord? parent = ParentOf(record);
        return ChainAbove(record).Count() < 16 && (parent == null || NotAfterOf(record) <= NotAfterOf(parent));
    }

    // Every revocation that hits the certificate keeps the record.
    bool IsKept(ControlRecord certificate, Hash32 leaf) => all.Where(record =>
            record.Statement is Revocation revocation && revocation.Subject == KeyOf(certificate) && IsFromAbove(record, certificate) && Stands(record))
        .All(revocation => PagesOf(revocation).Any(page => Digests((KeepPage)page.Statement).Contains(leaf)));

    HybridTime EndOf(ControlRecord certificate) => all.Where(record =>
            record.Statement is Retirement retirement && retirement.Subject == KeyOf(certificate) && record.Time > certificate.Time
            && (record.Authority == certificate.Content || IsFromAbove(record, certificate)) && Stands(record))
        .Select(retirement => retirement.Time).Append(certificate.Statement is Invite invite ? invite.UseBy : NotAfterOf(certificate)).Min();

    bool IsFromAbove(ControlRecord record, ControlRecord certificate) =>
        record.Issuer == vault.RootKey || ChainAbove(certificate).Any(above => above.Content == record.Authority);

    List<ControlRecord> PagesOf(ControlRecord revocation)
    {
        Revocation says = (Revocation)revocation.Statement;
        List<ControlRecord> pages = [];
        for (Hash32 next = says.FirstPage; pages.Count < says.Pages && Find(next) is { Statement: KeepPage page } record; next = page.Next)
        {
            bool good = record.Issuer == revocation.Issuer && record.Authority == revocation.Authority
                && (pages.Count == 0 || Digests((KeepPage)pages[^1].Statement).Last() < Digests(page).First())
                && (page.Next == default) == (pages.Count + 1 == says.Pages);
            if (!good) break;
            pages.Add(record);
        }
        return pages;
    }

    static IEnumerable<Hash32> Digests(KeepPage page) => Enumerable.Range(0, page.Count).Select(i => page[i]);

    IEnumerable<ControlRecord> ChainAbove(ControlRecord certificate)
    {
        for (ControlRecord? above = ParentOf(certificate); above != null; above = ParentOf(above)) yield return above;
    }

    ControlRecord? ParentOf(ControlRecord certificate) => Find(certificate.Statement is Admission admission ? admission.Invite : certificate.Authority);

    ControlRecord? Find(Hash32 content) => Array.Find(all, record => record.Content == content);

    /// <summary>The device that a certificate is for; null for what certifies none.</summary>
    static Ed25519PublicKey? SubjectOf(ControlRecord record) => record.Statement switch
    {
        Certificate certificate => certificate.Subject,
        Admission admission => admission.Subject,
        _ => null,
    };

    static Ed25519PublicKey? KeyOf(ControlRecord record) => record.Statement is Invite invite ? invite.InviteKey : SubjectOf(record);

    Role RoleOf(ControlRecord record) => record.Statement switch
    {
        Certificate certificate => certificate.Role,
        Invite invite => invite.Role,
        _ => RoleOf(ParentOf(record)!),
    };

    HybridTime NotAfterOf(ControlRecord record) => record.Statement switch
    {
        Certificate certificate => certificate.NotAfter,
        Invite invite => invite.NotAfter,
        _ => NotAfterOf(ParentOf(record)!),
    };

    static bool IsBefore(ControlRecord left, ControlRecord right) =>
        left.Time != right.Time ? left.Time < right.Time : left.LeafDigest < right.LeafDigest;
}
