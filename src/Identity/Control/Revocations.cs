using Vault.Primitives;

namespace Vault.Identity;

/// <summary>
/// Puts a key out, for all certificates that hang below the one it is signed under. Of the key's own records only those stand
/// that a keep page of this revocation lists, whatever time they claim.
/// </summary>
/// <param name="Pages">How many keep pages there are.</param>
/// <param name="FirstPage">The content of the first; each names the next. Zero when there are none.</param>
public sealed record Revocation(Ed25519PublicKey Subject, int Pages, Hash32 FirstPage) : ControlStatement
{
    public override ControlKind Kind => ControlKind.Revocation;
    internal override bool MayBeRoots => true;
    internal override bool OutlivesCertificate => true;

    internal override void Write(ByteWriter writer)
    {
        writer.Key(Subject);
        writer.UInt32((uint)Pages);
        writer.Hash(FirstPage);
    }

    internal static Revocation? Read(ref ByteReader reader)
    {
        Ed25519PublicKey subject = reader.TakeKey();
        uint pages = reader.TakeUInt32();
        Hash32 first = reader.TakeHash();
        bool good = !reader.Failed && pages <= ControlLimits.MaxKeepPages && (pages == 0) == (first == default);
        return good ? new Revocation(subject, (int)pages, first) : null;
    }
}

/// <summary>Leaf digests of a revoked key's records that stay, ascending, and those of a page all greater than those of the page before.</summary>
/// <param name="Next">The content of the next page; zero in the last.</param>
/// <param name="Digests">32 bytes each.</param>
public sealed record KeepPage(Hash32 Next, ReadOnlyMemory<byte> Digests) : ControlStatement
{
    public override ControlKind Kind => ControlKind.KeepPage;
    internal override bool MayBeRoots => true;
    internal override bool OutlivesCertificate => true;

    public int Count => Digests.Length / Hash32.Size;

    public Hash32 this[int index] => new(Digests.Span.Slice(index * Hash32.Size, Hash32.Size));

    internal bool Contains(Hash32 digest)
    {
        for (int low = 0, high = Count - 1; low <= high;)
        {
            int middle = (low + high) / 2;
            int order = this[middle].CompareTo(digest);
            if (order == 0) return true;
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }
        return false;
    }

    internal override void Write(ByteWriter writer)
    {
        writer.Hash(Next);
        writer.UInt16((ushort)Count);
        writer.Bytes(Digests.Span);
    }

    internal static KeepPage? Read(ref ByteReader reader)
    {
        Hash32 next = reader.TakeHash();
        int count = reader.TakeUInt16();
        if (count is 0 or > ControlLimits.MaxKeptPerPage) return null;
        KeepPage page = new(next, reader.Take(count * Hash32.Size).ToArray());
        if (reader.Failed) return null;
        for (int i = 1; i < count; i++)
            if (page[i - 1] >= page[i]) return null;
        return page;
    }

    /// <summary>The same page on the record's own bytes: there may be thousands of pages, and they stay in memory.</summary>
    internal KeepPage Over(ReadOnlyMemory<byte> statement) => this with { Digests = statement.Slice(Hash32.Size + sizeof(ushort), Digests.Length) };
}

/// <summary>
/// The end of a device that did nothing wrong: sold, replaced, lost with its key sealed. What it said up to here stays; it says
/// nothing more, and nobody waits for it. Signed by the device or by an admin above it. It also ends an unused invite.
/// </summary>
public sealed record Retirement(Ed25519PublicKey Subject) : ControlStatement
{
    public override ControlKind Kind => ControlKind.Retirement;
    internal override Role Needs => Role.Blind;
    internal override bool OutlivesCertificate => true;

    internal override void Write(ByteWriter writer) => writer.Key(Subject);

    internal static Retirement? Read(ref ByteReader reader)
    {
        Retirement read = new(reader.TakeKey());
        return reader.Failed ? null : read;
    }
}

/// <summary>
/// All who are in have seen everything up to this cut, so tombstones that it covers may go, everywhere at once.
/// </summary>
public sealed record TombstoneEpoch(Cut Cut) : ControlStatement
{
    public override ControlKind Kind => ControlKind.TombstoneEpoch;

    internal override void Write(ByteWriter writer)
    {
        writer.UInt16((ushort)Cut.Count);
        foreach ((DeviceId device, HybridTime time) in Cut.Entries)
        {
            writer.Device(device);
            writer.Time(time);
        }
    }

    internal static TombstoneEpoch? Read(ref ByteReader reader)
    {
        int count = reader.TakeUInt16();
        if (reader.Failed || count is 0 or > ControlLimits.MaxCut || reader.Rest.Length < count * (DeviceId.Size + HybridTime.Size)) return null;
        (DeviceId Device, HybridTime Time)[] entries = new (DeviceId, HybridTime)[count];
        for (int i = 0; i < count; i++)
        {
            entries[i] = (reader.TakeDevice(), reader.TakeTime());
            if (entries[i].Time == default || (i > 0 && entries[i - 1].Device >= entries[i].Device)) return null;
        }
        return new TombstoneEpoch(Cut.Sorted(entries));
    }
}
