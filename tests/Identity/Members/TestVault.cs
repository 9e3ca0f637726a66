using Vault.Primitives;
using Vault.Tests.Support;

namespace Vault.Identity.Tests;

/// <summary>A vault with devices of several roles, for tests that go through its life step by step.</summary>
sealed class TestVault : IDisposable
{
    readonly List<IDisposable> owned = [];

    public TestVault(ulong seed = 1)
    {
        Random = RandomSource.Seeded(seed);
        Keys = Own(VaultKeys.Create(Random));
        Clock = new HybridClock(Time);
        Swarm = Own(SwarmKey.Generate(Random));
        Owner = Device();
        Membership = Membership.Of(Keys.Vault, Genesis.Create(Keys, Owner, Clock, Random, "photos"));
    }

    public RandomSource Random { get; }
    public VirtualTime Time { get; } = new();
    public HybridClock Clock { get; }
    public VaultKeys Keys { get; }
    public SwarmKey Swarm { get; }

    /// <summary>The device that made the vault. It has the root key.</summary>
    public Ed25519Key Owner { get; }

    public Membership Membership { get; private set; }

    public Ed25519Key Device() => Own(Ed25519Key.Generate(Random));

    /// <summary>A device that the owner certified.</summary>
    public Ed25519Key Device(Role role, Ed25519Key? by = null)
    {
        Ed25519Key device = Device();
        Learn(By(by ?? Owner).Certify(Membership, device.Public, role));
        return device;
    }

    /// <summary>What a device would say. Only the owner has the root key.</summary>
    public ControlAuthor By(Ed25519Key device, bool withRoot = false) => new(withRoot ? Keys : KeysOf(Keys.CanRead), device, Clock, Random);

    public VaultKeys KeysOf(bool reader) => Own(new VaultKeys(Keys.Vault, Keys.AllEpochs.Select(epoch =>
        new SecretEpoch(epoch.Number, epoch.SyncSecret.Span, reader ? epoch.ReadSecret.Span : default))));

    public void Learn(params IEnumerable<ControlRecord> records) =>
        Membership = Membership.With(records.Select(record => ControlRecord.Parse(Keys.Vault, record.Encode()) ?? throw new InvalidOperationException("not a record")));

    public Member Member(Ed25519Key device) => Membership.Find(device.Public) ?? throw new InvalidOperationException("no member");

    public Ticket Ticket(Role role, TimeSpan? lasts = null, Ed25519Key? by = null) =>
        Own(Identity.Ticket.Create(By(by ?? Owner), Membership, role, HybridTime.At(Time.GetUtcNow() + (lasts ?? TimeSpan.FromDays(7))), Swarm, ["/ip4/127.0.0.1/tcp/4001"], Random));

    public TItem Own<TItem>(TItem item) where TItem : IDisposable
    {
        owned.Add(item);
        return item;
    }

    public void Dispose() => owned.ForEach(item => item.Dispose());
}
