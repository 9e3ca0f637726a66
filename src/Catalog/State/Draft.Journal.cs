using Vault.Store;

namespace Vault.Catalog;

sealed partial class Draft
{
    readonly List<Edit> intents = [];
    bool advances;

    /// <summary>Edits that this commit makes, to be noted until a peer has them.</summary>
    internal void Note(IEnumerable<Edit> edits) => intents.AddRange(edits);

    /// <summary>This commit makes the edits of the journal's next entry.</summary>
    internal void AdvanceJournal() => advances = true;

    /// <summary>Entries to be applied by later commits, once the last of them is there.</summary>
    internal List<byte[]> Pending { get; } = [];
    internal bool PendingEnds { get; set; }

    /// <summary>Entries of a change that wasn't written down to its end go.</summary>
    internal bool DropsUnfinished { get; set; }

    /// <summary>A peer has everything up to this commit.</summary>
    internal ulong Acknowledged { get; set; }

    bool ChangesJournal => advances || PendingEnds || DropsUnfinished || intents.Count + Pending.Count > 0 || Acknowledged > 0;

    JournalHead WriteJournal(Batch batch, ulong sequence)
    {
        JournalHead head = parts.Journal.Head;
        if (DropsUnfinished) head = parts.Journal.DropUnfinished(batch, head);
        if (Acknowledged > 0) head = parts.Journal.Acknowledge(batch, head, Acknowledged);
        if (advances) head = parts.Journal.Advance(batch, head, sequence);
        if (intents.Count > 0) head = parts.Journal.AppendApplied(batch, head, intents, sequence);
        foreach (byte[] content in Pending) head = parts.Journal.AppendPending(batch, head, content);
        if (PendingEnds) head = head with { Ready = head.Next };
        parts.Journal.WriteHead(batch, head, sequence);
        return head;
    }
}
