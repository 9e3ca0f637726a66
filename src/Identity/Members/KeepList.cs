using Vault.Primitives;

namespace Vault.Identity;

/// <summary>What a revocation keeps: its pages, as far as they are there. They lie on the records' own bytes and take no memory besides.</summary>
sealed class KeepList
{
    readonly ControlRecord[] records;
    readonly KeepPage[] pages; // ascending, and each ascending in itself

    KeepList(ControlRecord[] records)
    {
        this.records = records;
        pages = [.. records.Select(record => (KeepPage)record.Statement)];
    }

    /// <summary>
    /// Follows the pages from the revocation. A page counts when it is signed as the revocation is and its digests follow
    /// those of the page before; the first that is missing or doesn't count ends the list.
    /// </summary>
    public static KeepList Of(ControlRecord revocation, Func<Hash32, ControlRecord?> find)
    {
        List<ControlRecord> records = [];
        Revocation says = (Revocation)revocation.Statement;
        Hash32 next = says.FirstPage;
        KeepPage? last = null;
        while (records.Count < says.Pages && find(next) is { Statement: KeepPage page } record)
        {
            bool signedAlike = record.Issuer == revocation.Issuer && record.Authority == revocation.Authority;
            bool follows = last == null || last[last.Count - 1] < page[0];
            bool endsRight = (page.Next == default) == (records.Count == says.Pages - 1);
            if (!signedAlike || !follows || !endsRight) break;
            records.Add(record);
            (last, next) = (page, page.Next);
        }
        return new KeepList([.. records]);
    }

    public IReadOnlyList<ControlRecord> Pages => records;

    public bool Contains(Hash32 digest)
    {
        int low = 0, high = pages.Length - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (pages[middle][0] <= digest) low = middle;
            else high = middle - 1;
        }
        return pages.Length > 0 && pages[low].Contains(digest);
    }
}
