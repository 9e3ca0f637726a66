using Vault.Identity;

namespace Vault.Catalog;

// What has had its time goes: old versions by the history's window, and tombstones once everybody has seen them.
public sealed partial class VaultCatalog
{
    /// <summary>So many tombstones are worth a control record, which stays for ever.</summary>
    const int LeastForgotten = 64;

    void ForgetOld()
    {
        DateTimeOffset before = parts.Now - Seen.Membership.Settings.HistoryWindow;
        Leaf? last = null;
        while (true)
        {
            List<Past> old = [.. parts.Past.Before(before, last).Take(PositionsPerCommit)];
            if (old.Count == 0) return;
            last = old[^1].Record.Leaf;
            Run(draft =>
            {
                foreach (Past past in old) draft.Forget(past);
            });
        }
    }

    /// <summary>
    /// An admin's device notes what it has of everybody, and when the history's window has passed and each device that is in has been in
    /// step with it since, signs that the deletions up to there may be forgotten. Somebody who is away puts that off, however long.
    /// </summary>
    void ForgetDeletions()
    {
        if (Admin is not { } admin) return;
        if (CutProposal.Read(parts.Meta, parts.Tag) is not { } proposal) ProposeCut();
        else if (parts.Now - proposal.Made >= Seen.Membership.Settings.HistoryWindow && HaveAllSeen(proposal, out HashSet<DeviceId> seenBy))
        {
            if (IsWorthIt(proposal.Cut)) Add([admin.CutTombstones(Seen.Membership, proposal.Cut, seenBy)]);
            ProposeCut();
        }
    }

    void ProposeCut()
    {
        // Only of a set of which no part is missing that its own authors are known to have written before.
        if (Seen is not { Partial: false, PullOnly: false } seen || seen.Authors.Count > ControlLimits.MaxCut) return;
        CutProposal proposal = new(seen.Sequence, parts.Now, Cut.Of(seen.Authors.Select(author => (author.Key, author.Value))));
        Run(draft => draft.Also((batch, _) => proposal.Put(batch, parts.Tag)));
    }

    bool HaveAllSeen(CutProposal proposal, out HashSet<DeviceId> seenBy)
    {
        seenBy = [parts.Me!.Value, .. PeersMet.Where(peer => peer.Acknowledged >= proposal.Sequence).Select(peer => peer.Device)];
        return ControlAuthor.Unheard(Seen.Membership, seenBy).Count == 0;
    }

    bool IsWorthIt(Cut cut) => parts.Records.All().Where(head => Draft.IsForgotten(head.Record, cut)).Take(LeastForgotten).Count() == LeastForgotten;
}
