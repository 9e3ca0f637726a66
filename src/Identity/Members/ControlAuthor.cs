using Vault.Primitives;

namespace Vault.Identity;

/// <summary>
/// Makes control records, each so that it stands by the membership it is made on. What this device has no right to say is a
/// <see cref="ConfigException"/>. Nothing is stored here. The keys are borrowed.
/// </summary>
public sealed class ControlAuthor(VaultKeys keys, Ed25519Key device, HybridClock clock, RandomSource random)
{
    public VaultKeys Keys => keys;
    public HybridClock Clock => clock;

    /// <summary>Lets a device in, or changes its role. An admin may also be made with the root key alone: that is how a recovery file makes a new device the owner's.</summary>
    /// <param name="notAfter">At most the end of the own certificate; that, where null.</param>
    public ControlRecord Certify(Membership membership, Ed25519PublicKey subject, Role role, HybridTime? notAfter = null)
    {
        if (role == Role.Admin && keys.Root is { } root && TryFind(membership, Role.Admin) == null)
            return ControlRecord.Sign(keys.Vault, root, null, clock.Next(), new Certificate(subject, role, notAfter ?? HybridTime.Never));
        Link own = Find(membership, Role.Admin, "let devices in");
        return Sign(own, new Certificate(subject, role, Earlier(notAfter, own.NotAfter)));
    }

    /// <summary>An invite for whoever has the key; wrap both into a <see cref="Ticket"/>.</summary>
    /// <param name="notAfter">When the certificate of the device that comes with it ends.</param>
    public ControlRecord Invite(Membership membership, Ed25519PublicKey inviteKey, Role role, HybridTime useBy, HybridTime? notAfter = null)
    {
        Link own = Find(membership, Role.Admin, "invite others");
        return Sign(own, new Invite(inviteKey, role, useBy, Earlier(notAfter, own.NotAfter)));
    }

    /// <summary>
    /// Puts a device out, or an invite. Pass the leaves of what it did that shall stay; the rest goes, whatever time it claims,
    /// and so do the devices that it let in, unless that is kept.
    /// </summary>
    /// <param name="keep">Leaf digests of file records.</param>
    /// <param name="keepControl">Whether the control records stay that it signed so far, and with them the devices that it let in.</param>
    public IReadOnlyList<ControlRecord> Revoke(Membership membership, Ed25519PublicKey subject, IEnumerable<Hash32> keep, bool keepControl = true)
    {
        if (subject == device.Public) throw new ConfigException("a device can't revoke itself", "retire it, or revoke it from another");
        Hash32[] kept = [.. (keepControl ? keep.Concat(membership.SaidBy(subject)) : keep).Distinct().Order()];
        if (keys.Root is { } root) return Revoke(root, null, subject, kept);

        // Each certificate of the subject is hit by a revocation signed under one of ours above it.
        HashSet<Link> authorities = [];
        foreach (Link link in membership.LinksOf(subject).Where(link => !link.IsRevoked))
        {
            Link? above = link.Parent;
            while (above != null && !(above.Subject == device.Public && above.Role == Role.Admin && !above.IsRevoked)) above = above.Parent;
            if (above != null) authorities.Add(above);
        }
        if (authorities.Count == 0) throw new ConfigException("this device isn't above that one", "only its admin, an admin above that, or who has the vault's root key can do that");
        return [.. authorities.OrderBy(link => link.Record.Time).SelectMany(link => Revoke(device, link, subject, kept))];
    }

    /// <summary>Ends a device that did nothing wrong, or an unused invite: the own device, or one below it.</summary>
    public IReadOnlyList<ControlRecord> Retire(Membership membership, Ed25519PublicKey subject)
    {
        List<ControlRecord> records = [];
        foreach (Link link in membership.LinksOf(subject).Where(link => !link.IsRevoked))
        {
            Link? signer = subject == device.Public ? link : link.Parent;
            while (signer != null && !(signer.Subject == device.Public && !signer.IsRevoked && (signer == link || signer.Role == Role.Admin))) signer = signer.Parent;
            if (signer != null) records.Add(Sign(signer, new Retirement(subject), link.Record.Time));
        }
        return records.Count > 0 ? records : throw new ConfigException("this device isn't above that one", "only the device itself or an admin above it can do that");
    }

    /// <summary>New secrets for all who are in. Open it as everybody does: <see cref="EpochSecrets"/>.</summary>
    public ControlRecord NewEpoch(Membership membership)
    {
        Link own = Find(membership, Role.Admin, "make new secrets");
        HybridTime time = clock.Next(own.Record.Time);
        int generation = membership.Epochs.Count == 0 ? 1 : SealedEpoch.GenerationOf(membership.CurrentEpoch) + 1;
        if (generation > ushort.MaxValue) throw new LimitExceededException("this vault has had all the secret epochs it can have");
        uint number = SealedEpoch.NumberOf(generation, device.Public, time);
        IEnumerable<Member> members = membership.Members.Where(member => member.IsActive && member.RoleAt(time) != null);
        return ControlRecord.Sign(keys.Vault, device, own.Record, time, EpochSecrets.Seal(keys.Vault, number, members, time, random));
    }

    /// <summary>Who has not said yet that it has seen everything up to a cut: nobody who isn't retired or revoked may be left out.</summary>
    public static IReadOnlyList<Member> Unheard(Membership membership, IReadOnlySet<DeviceId> acknowledged) =>
        [.. membership.Members.Where(member => member.IsActive && !acknowledged.Contains(member.Device))];

    /// <summary>Lets tombstones go that lie before a cut.</summary>
    /// <param name="acknowledged">The devices that had a root with all of the cut in it.</param>
    public ControlRecord CutTombstones(Membership membership, Cut cut, IReadOnlySet<DeviceId> acknowledged)
    {
        Link own = Find(membership, Role.Admin, "let tombstones go");
        if (Unheard(membership, acknowledged) is { Count: > 0 } unheard)
            throw new ConfigException($"{unheard.Count} devices haven't seen everything yet", "wait for them, or retire those that are gone");
        return Sign(own, new TombstoneEpoch(cut));
    }

    public ControlRecord Change(Membership membership, VaultSettings settings) =>
        Sign(Find(membership, Role.Admin, "change the settings"), settings, LatestOf(membership, record => record.Kind == ControlKind.Settings));

    /// <summary>Says something of this device.</summary>
    public ControlRecord Introduce(Membership membership, DeviceProfile profile) =>
        Sign(Find(membership, Role.Blind, "take part"), profile, LatestOf(membership, record => record.Kind == ControlKind.Profile && record.Issuer == device.Public));

    /// <summary>Lets in a device that has proven an invite, if this one may. The caller looks whether it stands.</summary>
    internal ControlRecord? Admit(Membership membership, Admission admission, HybridTime after) =>
        TryFind(membership, Role.Writer) is { } own ? Sign(own, admission, after) : null;

    List<ControlRecord> Revoke(Ed25519Key key, Link? authority, Ed25519PublicKey subject, Hash32[] kept)
    {
        int count = (kept.Length + ControlLimits.MaxKeptPerPage - 1) / ControlLimits.MaxKeptPerPage;
        if (count > ControlLimits.MaxKeepPages) throw new LimitExceededException($"a revocation keeps at most {ControlLimits.MaxKeepPages * ControlLimits.MaxKeptPerPage} records");
        List<ControlRecord> records = [];
        Hash32 next = default;
        for (int page = count - 1; page >= 0; page--) // each names the next, so the last comes first
        {
            Hash32[] digests = kept[(page * ControlLimits.MaxKeptPerPage)..Math.Min(kept.Length, (page + 1) * ControlLimits.MaxKeptPerPage)];
            byte[] bytes = new byte[digests.Length * Hash32.Size];
            for (int i = 0; i < digests.Length; i++) digests[i].CopyTo(bytes.AsSpan(i * Hash32.Size));
            records.Add(Sign(key, authority, new KeepPage(next, bytes)));
            next = records[^1].Content;
        }
        records.Add(Sign(key, authority, new Revocation(subject, count, next)));
        records.Reverse();
        return records;
    }

    ControlRecord Sign(Link own, ControlStatement statement, HybridTime after = default) => Sign(device, own, statement, after);

    ControlRecord Sign(Ed25519Key key, Link? authority, ControlStatement statement, HybridTime after = default)
    {
        HybridTime founded = authority?.Record.Time ?? default;
        return ControlRecord.Sign(keys.Vault, key, authority?.Record, clock.Next(after > founded ? after : founded), statement);
    }

    Link Find(Membership membership, Role needed, string what) =>
        TryFind(membership, needed) ?? throw new ConfigException($"this device may not {what}", needed == Role.Admin ? "ask an admin of the vault" : "ask an admin to let it in");

    Link? TryFind(Membership membership, Role needed)
    {
        Member? self = membership.Find(device.Public);
        HybridTime now = clock.Now;
        // A certificate from a clock ahead of ours counts too: what is signed under it will claim to be later.
        return self?.Links.FirstOrDefault(link => link.Role >= needed && !link.IsRevoked && link.Lapse > now && link.Lapse > link.Record.Time);
    }

    static HybridTime LatestOf(Membership membership, Func<ControlRecord, bool> of) => membership.Standing.Where(of).Select(record => record.Time).DefaultIfEmpty().Max();

    static HybridTime Earlier(HybridTime? wanted, HybridTime limit) => wanted is { } time && time < limit ? time : limit;
}
