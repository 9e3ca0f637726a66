using Vault.Primitives;

namespace Vault.Identity.Tests;

/// <summary>
/// A random history of one vault: several admins, invites used twice, cross revocations, what has run out, is backdated, retired,
/// signed under the wrong certificate. Times are few, so that ties are many.
/// </summary>
sealed class ControlHistory : IDisposable
{
    const int Devices = 7, Invites = 4, Times = 60;

    readonly RandomSource random;
    readonly VaultKeys keys;
    readonly Ed25519Key[] devices, invites;
    readonly List<ControlRecord> records = [], certificates = [];

    public ControlHistory(RandomSource random, int steps)
    {
        this.random = random;
        keys = VaultKeys.Create(random);
        devices = [.. Enumerable.Range(0, Devices).Select(_ => Ed25519Key.Generate(random))];
        invites = [.. Enumerable.Range(0, Invites).Select(_ => Ed25519Key.Generate(random))];
        Add(keys.Root!, null, 1 + random.Below(5), new Certificate(devices[0].Public, Role.Admin, End(5)));
        for (int i = 0; i < steps; i++) Step();
    }

    public VaultId Vault => keys.Vault;
    public IReadOnlyList<ControlRecord> Records => records;
    public IEnumerable<DeviceId> Authors => devices.Select(device => DeviceId.Of(device.Public));

    public static HybridTime T(int time) => new((ulong)time);

    void Step()
    {
        bool byRoot = random.Below(10) == 0;
        ControlRecord? certificate = byRoot ? null : Pick(certificates);
        Ed25519Key key = byRoot ? keys.Root! : random.Below(20) == 0 ? Pick(devices) : KeyOf(certificate!) ?? Pick(devices);
        int from = (int)(certificate?.Time.Value ?? 0), time = random.Below(6) == 0 ? 1 + random.Below(Times) : from + 1 + random.Below(Times / 4);
        ControlStatement? statement = byRoot
            ? random.Below(2) == 0 ? new Certificate(Pick(devices).Public, Role.Admin, End(time)) : null
            : random.Below(14) switch
            {
                0 or 1 or 2 or 3 => new Certificate(Pick(devices).Public, (Role)(1 + random.Below(4) | random.Below(4)), End(time)),
                4 or 5 => new Invite(Pick(invites).Public, (Role)(1 + random.Below(4)), End(time), End(time)),
                6 or 7 or 8 => Admission(),
                9 => new Retirement(random.Below(2) == 0 ? key.Public : Subject()),
                10 => new VaultSettings(1 + random.Below(5), 1, random.Below(40), random.Below(2) == 0, null),
                11 => new DeviceProfile((DeviceClass)(1 + random.Below(3)), 0, 0, null),
                12 when random.Below(2) == 0 => new TombstoneEpoch(Cut.Of([(DeviceId.Of(Pick(devices).Public), T(1 + random.Below(Times)))])),
                12 => Epoch(key, T(time)),
                _ => null,
            };
        if (statement == null) Revoke(key, certificate, time);
        else if (statement.Suits(key.Public, T(time)) && statement is not Certificate { Role: > Role.Admin }) Add(key, certificate, time, statement);
    }

    // With pages of one or two digests, of which some get lost.
    void Revoke(Ed25519Key key, ControlRecord? certificate, int time)
    {
        Ed25519PublicKey subject = Subject();
        Hash32[] kept = [.. records.Where(record => record.Issuer == subject || random.Below(8) == 0).Where(_ => random.Below(3) > 0).Select(record => record.LeafDigest).Distinct().Order()];
        if (random.Below(3) == 0) kept = [];
        Hash32[][] pages = [.. kept.Chunk(1 + random.Below(2))];
        Hash32 next = default;
        foreach (Hash32[] digests in pages.Reverse())
        {
            ControlRecord page = ControlRecord.Sign(Vault, key, certificate, T(time), new KeepPage(next, digests.SelectMany(digest => digest.ToArray()).ToArray()));
            if (random.Below(12) > 0) records.Add(page);
            next = page.Content;
        }
        Add(key, certificate, time, new Revocation(subject, pages.Length, next));
    }

    Admission? Admission()
    {
        ControlRecord[] known = [.. records.Where(record => record.Kind == ControlKind.Invite)];
        if (known.Length == 0) return null;
        ControlRecord invite = known[random.Below(known.Length)];
        Ed25519PublicKey subject = Pick(devices).Public;
        Ed25519Key key = random.Below(20) == 0 ? Pick(invites) : Array.Find(invites, candidate => candidate.Public == ((Invite)invite.Statement).InviteKey)!;
        return new Admission(invite.Content, key.Public, subject, key.Sign(Identity.Admission.Proven(Vault, invite.Content, subject)));
    }

    SealedEpoch Epoch(Ed25519Key author, HybridTime time) =>
        new(SealedEpoch.NumberOf(1 + random.Below(3), author.Public, time), default, default, default, [new SealedSeat(DeviceId.Of(Pick(devices).Public), true, new byte[SealedSeat.SecretSize])]);

    void Add(Ed25519Key key, ControlRecord? certificate, int time, ControlStatement statement)
    {
        ControlRecord record = ControlRecord.Sign(Vault, key, certificate, T(time), statement);
        records.Add(record);
        if (statement is Certificate or Identity.Admission || (statement is Invite && random.Below(10) == 0)) certificates.Add(record);
    }

    Ed25519Key? KeyOf(ControlRecord certificate) => certificate.Statement switch
    {
        Certificate given => Array.Find(devices, device => device.Public == given.Subject),
        Admission given => Array.Find(devices, device => device.Public == given.Subject),
        Invite given => Array.Find(invites, invite => invite.Public == given.InviteKey),
        _ => null,
    };

    Ed25519PublicKey Subject() => random.Below(6) == 0 ? Pick(invites).Public : Pick(devices).Public;

    HybridTime End(int from) => random.Below(3) == 0 ? T(from + 1 + random.Below(Times)) : HybridTime.Never;

    TItem Pick<TItem>(IReadOnlyList<TItem> from) => from[random.Below(from.Count)];

    public void Dispose()
    {
        keys.Dispose();
        foreach (Ed25519Key key in devices.Concat(invites)) key.Dispose();
    }
}
