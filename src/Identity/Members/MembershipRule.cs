using System.Runtime.InteropServices;
using Vault.Primitives;

namespace Vault.Identity;

/// <summary>
/// Decides which of a set of control records stand. The rule in words: docs/formats-control.md, "Who is in". It is
/// well-founded because certificates are decided in the order of their time: one that stands is later than every certificate it
/// is founded on, and a revocation or retirement that touches it is signed under one above it, which is decided already. So
/// nothing waits for anything that waits for it, and no order of arrival takes part.
/// </summary>
sealed class MembershipRule
{
    readonly Dictionary<Hash32, ControlRecord> records;
    readonly Dictionary<Hash32, Link> links = [];
    readonly Dictionary<Ed25519PublicKey, List<ControlRecord>> revocations = [], retirements = [];
    readonly Dictionary<Hash32, KeepList> keepLists = [];
    readonly Dictionary<DeviceId, Ed25519PublicKey> ids = [];
    readonly Dictionary<Hash32, Verdict> verdicts = [];

    public MembershipRule(Dictionary<Hash32, ControlRecord> records)
    {
        this.records = records;
        List<ControlRecord> certificates = [], others = [], pages = [];
        foreach (ControlRecord record in records.Values)
        {
            switch (record.Statement)
            {
                case Certificate or Invite or Admission: certificates.Add(record); break;
                case KeepPage: pages.Add(record); break;
                default: others.Add(record); break;
            }
            if (record.Statement is Revocation revocation) ListOf(revocations, revocation.Subject).Add(record);
            if (record.Statement is Retirement retirement) ListOf(retirements, retirement.Subject).Add(record);
        }
        certificates.Sort(ControlRecord.Compare);
        foreach (ControlRecord record in certificates) verdicts[record.Content] = Admit(record);
        // Worked out here, for good: what follows is read by any thread.
        foreach (Link link in links.Values) _ = (link.Hits, link.Lapse);
        foreach (ControlRecord record in others) verdicts[record.Content] = Judge(record);
        LeaveOneEach(others);
        foreach (ControlRecord record in pages) verdicts[record.Content] = Verdict.Loose;
        foreach (ControlRecord record in others)
            if (record.Kind == ControlKind.Revocation && verdicts[record.Content] == Verdict.Stands)
                foreach (ControlRecord page in KeepListOf(record).Pages) verdicts[page.Content] = Verdict.Stands;
    }

    public IReadOnlyDictionary<Hash32, Verdict> Verdicts => verdicts;

    /// <summary>Every certificate, admission and invite that stands, by content.</summary>
    public IReadOnlyDictionary<Hash32, Link> Links => links;

    /// <summary>What the standing revocations that hit a link keep. Hit is who is the subject, by a signer whose certificate is above, or by the root.</summary>
    public IReadOnlyList<KeepList> HitsOn(Link link)
    {
        if (!revocations.TryGetValue(link.Subject, out List<ControlRecord>? candidates)) return [];
        List<KeepList> hits = [];
        foreach (ControlRecord revocation in candidates)
        {
            bool counts = revocation.IsByRoot || (link.Above(revocation.Authority) is { } above && JudgeUnder(revocation, above) == Verdict.Stands);
            if (counts) hits.Add(KeepListOf(revocation));
        }
        return hits;
    }

    /// <summary>When a link ends: by its own word or by the first later retirement under itself or under one above it. Whoever is let in once more after one is in.</summary>
    public HybridTime LapseOf(Link link)
    {
        HybridTime lapse = link.Record.Statement is Invite invite ? invite.UseBy : link.NotAfter;
        if (!retirements.TryGetValue(link.Subject, out List<ControlRecord>? candidates)) return lapse;
        foreach (ControlRecord retirement in candidates)
        {
            Link? signer = retirement.Authority == link.Record.Content ? link : link.Above(retirement.Authority);
            if (retirement.Time > link.Record.Time && retirement.Time < lapse && signer != null && JudgeUnder(retirement, signer) == Verdict.Stands) lapse = retirement.Time;
        }
        return lapse;
    }

    Verdict Admit(ControlRecord record)
    {
        Verdict verdict = Judge(record);
        if (verdict != Verdict.Stands) return verdict;
        Link? parent = record.IsByRoot ? null : links[record.Authority];
        if (record.Statement is Admission admission)
        {
            if (!links.TryGetValue(admission.Invite, out Link? invite) || !invite.IsInvite) return Verdict.Unfounded;
            if (invite.Subject != admission.InviteKey) return Verdict.NotTheirs;
            if (record.Time <= invite.Record.Time) return Verdict.Untimely;
            if (record.Time > invite.Lapse) return Verdict.RunOut;
            if (!invite.Keeps(record.LeafDigest)) return Verdict.Revoked;
            parent = invite;
        }
        Link link = new(this, record, parent);
        if (parent != null && link.NotAfter > parent.NotAfter) return Verdict.Outlasts;
        if (link.Depth > ControlLimits.MaxChain) return Verdict.TooDeep;
        if (!link.IsInvite && !Claim(link, parent)) return Verdict.Taken;
        links.Add(record.Content, link);
        return Verdict.Stands;
    }

    // The first by time, which is the order in which they come here, has the invite and the device id.
    bool Claim(Link link, Link? parent)
    {
        bool used = link.Record.Statement is Admission && parent!.UsedBy is { } first && first != link.Subject;
        DeviceId id = DeviceId.Of(link.Subject);
        if (used || (ids.TryGetValue(id, out Ed25519PublicKey owner) && owner != link.Subject)) return false;
        ids[id] = link.Subject;
        if (link.Record.Statement is Admission) parent!.UsedBy = link.Subject;
        return true;
    }

    Verdict Judge(ControlRecord record) =>
        record.IsByRoot ? Verdict.Stands : links.TryGetValue(record.Authority, out Link? authority) ? JudgeUnder(record, authority) : Verdict.Unfounded;

    static Verdict JudgeUnder(ControlRecord record, Link authority)
    {
        if (authority.IsInvite || authority.Subject != record.Issuer) return Verdict.NotTheirs;
        if (record.Time <= authority.Record.Time) return Verdict.Untimely;
        if (authority.Role < NeededFor(record)) return Verdict.Role;
        if (!record.Statement.OutlivesCertificate && record.Time > authority.Lapse) return Verdict.RunOut;
        return authority.Keeps(record.LeafDigest) ? Verdict.Stands : Verdict.Revoked;
    }

    // Who retires another device is its admin.
    static Role NeededFor(ControlRecord record) =>
        record.Statement is Retirement retirement && retirement.Subject != record.Issuer ? Role.Admin : record.Statement.Needs;

    // Of settings and of a device's profiles the latest stands, of epochs with one number the first.
    void LeaveOneEach(List<ControlRecord> others)
    {
        Dictionary<object, ControlRecord> winners = [];
        foreach (ControlRecord record in others)
        {
            object? key = record.Statement switch
            {
                VaultSettings => ControlKind.Settings,
                DeviceProfile => record.Issuer,
                SealedEpoch epoch => epoch.Number,
                _ => null,
            };
            if (key == null || verdicts[record.Content] != Verdict.Stands) continue;
            if (!winners.TryAdd(key, record))
            {
                bool first = ControlRecord.Compare(record, winners[key]) < 0, wins = first == record.Statement is SealedEpoch;
                verdicts[(wins ? winners[key] : record).Content] = record.Statement is SealedEpoch ? Verdict.Taken : Verdict.Superseded;
                if (wins) winners[key] = record;
            }
        }
    }

    KeepList KeepListOf(ControlRecord revocation)
    {
        if (!keepLists.TryGetValue(revocation.Content, out KeepList? kept))
            keepLists.Add(revocation.Content, kept = KeepList.Of(revocation, content => records.GetValueOrDefault(content)));
        return kept;
    }

    static List<ControlRecord> ListOf(Dictionary<Ed25519PublicKey, List<ControlRecord>> byKey, Ed25519PublicKey key) =>
        CollectionsMarshal.GetValueRefOrAddDefault(byKey, key, out _) ??= [];
}
