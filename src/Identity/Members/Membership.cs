using Vault.Primitives;

namespace Vault.Identity;

/// <summary>
/// Who is in a vault and what each may do, and the settings all keep to: an unchanging snapshot, a pure function of the set of
/// control records that are known. What doesn't stand has no effect on it, so devices that agree on <see cref="Standing"/> agree on all of it.
/// </summary>
public sealed class Membership
{
    readonly Dictionary<Hash32, ControlRecord> known;
    readonly MembershipRule rule;
    readonly Dictionary<DeviceId, Member> byDevice = [];
    readonly HashSet<DeviceId> overtaken;

    Membership(VaultId vault, Dictionary<Hash32, ControlRecord> known)
    {
        Vault = vault;
        this.known = known;
        rule = new MembershipRule(known);
        Standing = [.. known.Values.Where(Stands)];
        Dictionary<Ed25519PublicKey, DeviceProfile> profiles = Standing.Where(record => record.Statement is DeviceProfile)
            .ToDictionary(record => record.Issuer, record => (DeviceProfile)record.Statement);
        foreach (IGrouping<Ed25519PublicKey, Link> certificates in rule.Links.Values.Where(link => !link.IsInvite).GroupBy(link => link.Subject))
        {
            Member member = new(certificates.Key, certificates, profiles.GetValueOrDefault(certificates.Key));
            byDevice.Add(member.Device, member);
        }
        Members = [.. byDevice.Values.OrderBy(member => member.Device)];
        Settings = Standing.Select(record => record.Statement).OfType<VaultSettings>().SingleOrDefault() ?? VaultSettings.Default;
        Epochs = [.. Standing.Where(record => record.Statement is SealedEpoch).OrderBy(NumberOf)];
        Cut = Cut.Of(Standing.Select(record => record.Statement).OfType<TombstoneEpoch>().SelectMany(epoch => epoch.Cut.Entries));
        overtaken = [.. Overtaken.Select(record => DeviceId.Of(((Admission)record.Statement).Subject))];
        NeedsNewEpoch = FindLeak();
    }

    /// <summary>Records of another vault are an <see cref="ArgumentException"/>; doubles count once.</summary>
    public static Membership Of(VaultId vault, IEnumerable<ControlRecord> records) => new(vault, Gather(vault, [], records));

    /// <summary>The snapshot with these records known besides.</summary>
    public Membership With(IEnumerable<ControlRecord> records)
    {
        Dictionary<Hash32, ControlRecord> more = Gather(Vault, new(known), records);
        return more.Count == known.Count ? this : new Membership(Vault, more);
    }

    public VaultId Vault { get; }

    /// <summary>Everything that is known, what doesn't stand included: it may stand when more is known.</summary>
    public IReadOnlyCollection<ControlRecord> Known => known.Values;

    /// <summary>The records that count, and make up the control half of the catalog.</summary>
    public IReadOnlyList<ControlRecord> Standing { get; }

    /// <summary>By device id; those that were revoked or retired are here too.</summary>
    public IReadOnlyList<Member> Members { get; }

    public VaultSettings Settings { get; }

    /// <summary>The secret epochs after the first, by number.</summary>
    public IReadOnlyList<ControlRecord> Epochs { get; }

    /// <summary>The epoch whose secrets to use for what is new.</summary>
    public uint CurrentEpoch => Epochs.Count == 0 ? 0 : NumberOf(Epochs[^1]);

    /// <summary>Whether somebody who is out may have the current secrets, so that an admin should make new ones.</summary>
    public bool NeedsNewEpoch { get; }

    /// <summary>Tombstones that this covers may go: all cuts together.</summary>
    public Cut Cut { get; }

    /// <summary>Admissions that came second: those devices have to ask again, with another invite.</summary>
    public IEnumerable<ControlRecord> Overtaken => known.Values.Where(record => record.Kind == ControlKind.Admission && VerdictOf(record) == Verdict.Taken);

    /// <summary>Whether a device that was let in isn't any more: it was revoked, or another had used its ticket first.</summary>
    public bool HasPutOut(DeviceId device) => Find(device) is { } member ? member.IsRevoked : overtaken.Contains(device);

    public Member? Find(DeviceId device) => byDevice.GetValueOrDefault(device);

    public Member? Find(Ed25519PublicKey key) => Find(DeviceId.Of(key)) is { } member && member.Key == key ? member : null;

    public Member? Find(PeerId peer) => peer.Key is { } key ? Find(key) : null;

    /// <summary>Whether a record of this author stands, by its own time and its leaf.</summary>
    public bool Allows(DeviceId author, Role needed, HybridTime at, Hash32 leafDigest) =>
        byDevice.TryGetValue(author, out Member? member) && member.Allows(needed, at, leafDigest);

    public bool Knows(ControlRecord record) => known.ContainsKey(record.Content);

    /// <summary>Whether the record counts; of one that isn't known, it says unfounded.</summary>
    public Verdict VerdictOf(ControlRecord record) => rule.Verdicts.GetValueOrDefault(record.Content, Verdict.Unfounded);

    public bool Stands(ControlRecord record) => VerdictOf(record) == Verdict.Stands;

    /// <summary>Leaf digests of the control records by this key that stand, and of admissions by an invite of that key.</summary>
    public IEnumerable<Hash32> SaidBy(Ed25519PublicKey key) =>
        Standing.Where(record => record.Issuer == key || (record.Statement is Admission admission && admission.InviteKey == key)).Select(record => record.LeafDigest);

    /// <summary>Every certificate and invite of a key that stands.</summary>
    internal IEnumerable<Link> LinksOf(Ed25519PublicKey key) => rule.Links.Values.Where(link => link.Subject == key);

    /// <summary>
    /// These records and all that they are founded on: certificates up to the root, invites, and the certificates of those who
    /// admitted. Enough for anyone who knows the vault's id to see that they stand.
    /// </summary>
    internal IReadOnlyList<ControlRecord> Foundation(IEnumerable<ControlRecord> records)
    {
        Dictionary<Hash32, ControlRecord> found = [];
        Stack<ControlRecord> open = new(records);
        while (open.TryPop(out ControlRecord? record))
        {
            if (!found.TryAdd(record.Content, record)) continue;
            if (known.TryGetValue(record.Authority, out ControlRecord? certificate)) open.Push(certificate);
            if (record.Statement is Admission admission && known.TryGetValue(admission.Invite, out ControlRecord? invite)) open.Push(invite);
        }
        return [.. found.Values];
    }

    // The first epoch's secrets had everybody; those of a later one whoever it was sealed to and whoever came since.
    bool FindLeak()
    {
        if (Epochs.Count == 0) return Members.Any(member => member.IsRevoked);
        SealedEpoch current = (SealedEpoch)Epochs[^1].Statement;
        HybridTime since = Epochs[^1].Time;
        return current.Seats.Any(seat => Find(seat.Device) is not { IsRevoked: false })
            || Members.Any(member => member.IsRevoked && member.Links.Any(link => link.Record.Time > since));
    }

    static uint NumberOf(ControlRecord epoch) => ((SealedEpoch)epoch.Statement).Number;

    static Dictionary<Hash32, ControlRecord> Gather(VaultId vault, Dictionary<Hash32, ControlRecord> known, IEnumerable<ControlRecord> records)
    {
        foreach (ControlRecord record in records)
        {
            if (record.Vault != vault) throw new ArgumentException("A record of another vault.", nameof(records));
            known.TryAdd(record.Content, record);
        }
        return known;
    }
}
