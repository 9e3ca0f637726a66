using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>
/// What this device's user wants changed: before it is done, if it is too much for one commit, and until a peer has it. Entries
/// are only appended; each is bound to its number and to the entry before it, and the head, written with every commit, to the
/// number of that commit. So nothing can be changed, left out, put elsewhere or played again without being noticed. On a blind
/// holder, which changes nothing, there is none.
/// </summary>
sealed class IntentJournal : IDisposable
{
    /// <summary>Edits in one entry, which are applied in one commit.</summary>
    internal const int Slice = 500;

    /// <summary>Bytes of one entry, about: edits of the longest paths fill it sooner than their number does.</summary>
    internal const int EntryBytes = 256 << 10;

    /// <summary>Entries that are done and that no peer is known to have; the oldest go first. They serve to tell the user what is on this device alone.</summary>
    internal const int MaxKept = 4096;
    internal const long MaxKeptBytes = 8 << 20; // every opening checks them

    const byte HeadOf = (byte)'h', EntryOf = (byte)'e', AppliedOf = (byte)'a';

    readonly IDatabase database;
    readonly VaultTag tag;
    readonly JournalSeal? seal;

    internal IntentJournal(IDatabase database, VaultKeys keys, RandomSource random)
    {
        this.database = database;
        tag = keys.Vault.Tag;
        if (keys.CanRead) seal = new JournalSeal(keys, random);
    }

    [MemberNotNullWhen(true, nameof(seal))]
    internal bool IsKept => seal != null;

    internal JournalHead Head { get; private set; } = JournalHead.Empty;

    /// <summary>Entries that are still to be applied.</summary>
    internal bool HasPending => Head.Pending < Head.Ready;

    /// <summary>Entries of a change that wasn't written down to its end: <see cref="DropUnfinished"/> takes them away.</summary>
    internal bool HasUnfinished { get; private set; }

    /// <summary>
    /// Reads where the journal stands, as of the catalog's last commit, and checks every entry. What isn't as it was written is
    /// dropped with all that follows it, and said. Null when all is well.
    /// </summary>
    /// <param name="expected">There was a journal: that there is none now is damage too.</param>
    internal string? Open(ulong sequence, bool expected)
    {
        Head = JournalHead.Empty;
        if (!IsKept) return null;
        byte[]? stored = database.Get(CatalogFamilies.Journal, Key(HeadOf));
        if (stored is null && !expected) return null;
        JournalHead? head = stored is null || seal.Open(PlaceOfHead(sequence), stored) is not { } plain ? null : JournalHead.Decode(plain);
        if (head is null) return "the journal of changes on this device can't be trusted: where it stands isn't what was written. Nothing of it was applied";
        // What wasn't written down to its end was never promised.
        HasUnfinished = head.Ready < head.Next;
        Hash16 before = head.Anchor;
        long bytes = 0;
        for (ulong number = head.First; number < head.Ready; number++)
        {
            if (database.Get(CatalogFamilies.Journal, Key(EntryOf, number)) is { } value && seal.Open(PlaceOfEntry(number, before), value) is { } content && (number < head.Pending || EditCodec.Decode(content) != null))
            {
                before = TagIn(value);
                bytes += value.Length;
                continue;
            }
            Head = head with { Next = number, Ready = number, Pending = Math.Min(head.Pending, number), Last = before, Bytes = bytes };
            ulong lost = head.Ready - Math.Max(number, head.Pending);
            return $"the journal of changes on this device can't be trusted from entry {number} on: {lost} entries that were still to be applied are lost, and were not applied";
        }
        if (head.Ready < head.Next || before == head.Last)
        {
            Head = head with { Next = head.Ready, Last = before, Bytes = bytes };
            return null;
        }
        ulong unapplied = head.Ready - head.Pending;
        Head = head with { Pending = head.Ready, Last = before };
        return $"the journal of changes on this device doesn't end as it was written: {unapplied} entries that were still to be applied were not applied";
    }

    /// <summary>The edits of the next entry to apply.</summary>
    internal List<Edit> ReadPending() => Read(Head.Pending) ?? throw new CorruptDataException($"entry {Head.Pending} of the journal is damaged");

    /// <summary>Adds an entry that this very commit applies, and lets old ones go. Returns the head for <see cref="WriteHead"/>.</summary>
    internal JournalHead AppendApplied(Batch batch, JournalHead head, IReadOnlyList<Edit> edits, ulong sequence)
    {
        if (!IsKept || head.Pending < head.Next) return head; // what is applied out of turn while a large change is under way isn't noted
        foreach (byte[] content in Contents(edits)) head = Append(batch, head, content);
        for (ulong number = head.Pending; number < head.Next; number++) MarkApplied(batch, number, sequence);
        return Trim(batch, head with { Pending = head.Next, Ready = head.Next });
    }

    /// <summary>Adds entries to be applied later.</summary>
    internal JournalHead AppendPending(Batch batch, JournalHead head, byte[] content) => Append(batch, head, content);

    /// <summary>A change that is being written down won't be: none of it is to be applied.</summary>
    internal JournalHead DropUnfinished(Batch batch, JournalHead head)
    {
        long gone = 0;
        for (ulong number = head.Ready; number < head.Next; number++) gone += database.Get(CatalogFamilies.Journal, Key(EntryOf, number))?.Length ?? 0;
        Hash16 last = TagBefore(head, head.Ready);
        batch.DeleteRange(CatalogFamilies.Journal, Key(EntryOf, head.Ready), Key(EntryOf + 1));
        return head with { Next = head.Ready, Last = last, Bytes = head.Bytes - gone };
    }

    /// <summary>The next pending entry is applied by this commit.</summary>
    internal JournalHead Advance(Batch batch, JournalHead head, ulong sequence)
    {
        MarkApplied(batch, head.Pending, sequence);
        return Trim(batch, head with { Pending = head.Pending + 1 });
    }

    /// <summary>A peer has everything up to that commit.</summary>
    internal JournalHead Acknowledge(Batch batch, JournalHead head, ulong sequence)
    {
        while (head.First < head.Pending && AppliedAt(head.First) is { } applied && applied <= sequence) head = DropFirst(batch, head);
        return head;
    }

    internal void WriteHead(Batch batch, JournalHead head, ulong sequence)
    {
        if (IsKept) batch.Put(CatalogFamilies.Journal, Key(HeadOf), seal.Seal(PlaceOfHead(sequence), head.Encode()));
    }

    /// <summary>After the commit.</summary>
    internal void Apply(JournalHead head) => (Head, HasUnfinished) = (head, head.Ready < head.Next);

    /// <summary>The edits that are done here, oldest first, and that no peer is known to have.</summary>
    internal IEnumerable<Edit> Unacknowledged()
    {
        JournalHead head = Head;
        for (ulong number = head.First; number < head.Pending; number++)
            foreach (Edit edit in Read(number) ?? []) yield return edit;
    }

    /// <summary>Edits in the parts that become entries.</summary>
    internal static IEnumerable<byte[]> Contents(IEnumerable<Edit> edits)
    {
        ByteWriter part = new(1024);
        int count = 0;
        foreach (Edit edit in edits)
        {
            byte[] encoded = EditCodec.Encode([edit]);
            if (count == Slice || (count > 0 && part.Written.Length + encoded.Length > EntryBytes))
            {
                yield return part.ToArray();
                part = new ByteWriter(EntryBytes / 4);
                count = 0;
            }
            part.Bytes(encoded);
            count++;
        }
        if (count > 0) yield return part.ToArray();
    }

    public void Dispose() => seal?.Dispose();

    JournalHead Append(Batch batch, JournalHead head, byte[] content)
    {
        byte[] value = seal!.Seal(PlaceOfEntry(head.Next, head.Last), content);
        batch.Put(CatalogFamilies.Journal, Key(EntryOf, head.Next), value);
        return head with { Next = head.Next + 1, Last = TagIn(value), Bytes = head.Bytes + value.Length };
    }

    JournalHead Trim(Batch batch, JournalHead head)
    {
        // An entry of this very batch can't be read yet, and stays.
        while (head.First < head.Pending && (head.Pending - head.First > MaxKept || head.Bytes > MaxKeptBytes) && AppliedAt(head.First) != null) head = DropFirst(batch, head);
        return head;
    }

    JournalHead DropFirst(Batch batch, JournalHead head)
    {
        byte[] gone = database.Get(CatalogFamilies.Journal, Key(EntryOf, head.First)) ?? [];
        batch.Delete(CatalogFamilies.Journal, Key(EntryOf, head.First));
        batch.Delete(CatalogFamilies.Journal, Key(AppliedOf, head.First));
        return head with { First = head.First + 1, Anchor = gone.Length < JournalSeal.Overhead ? default : TagIn(gone), Bytes = head.Bytes - gone.Length };
    }

    void MarkApplied(Batch batch, ulong number, ulong sequence)
    {
        byte[] value = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(value, sequence);
        batch.Put(CatalogFamilies.Journal, Key(AppliedOf, number), value);
    }

    ulong? AppliedAt(ulong number) => database.Get(CatalogFamilies.Journal, Key(AppliedOf, number)) is { Length: 8 } value ? BinaryPrimitives.ReadUInt64BigEndian(value) : null;

    List<Edit>? Read(ulong number)
    {
        if (!IsKept || database.Get(CatalogFamilies.Journal, Key(EntryOf, number)) is not { } value) return null;
        return seal.Open(PlaceOfEntry(number, TagBefore(Head, number)), value) is { } content ? EditCodec.Decode(content) : null;
    }

    byte[] Key(byte kind) => CatalogKeys.Note(tag, kind);

    byte[] Key(byte kind, ulong number) => CatalogKeys.Note(tag, kind, number);

    static byte[] PlaceOfHead(ulong sequence) => new ByteWriter(9).Byte(HeadOf).UInt64(sequence).ToArray();

    static byte[] PlaceOfEntry(ulong number, Hash16 before) =>
        new ByteWriter(25).Byte(EntryOf).UInt64(number).Bytes(before.ToArray()).ToArray();

    /// <summary>What an entry is bound to: the tag of the one before it.</summary>
    Hash16 TagBefore(JournalHead head, ulong number) => number == head.First ? head.Anchor
        : database.Get(CatalogFamilies.Journal, Key(EntryOf, number - 1)) is { Length: >= JournalSeal.Overhead } previous ? TagIn(previous) : default;

    static Hash16 TagIn(ReadOnlySpan<byte> value) => new(value[^JournalSeal.TagSize..]);
}
