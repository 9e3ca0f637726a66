using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;

namespace Vault.Catalog.Tests;

/// <summary>A vault's first device, and any others that are let in: each with a catalog of its own on databases in memory, or on others that a test brings.</summary>
sealed class CatalogRig : IDisposable
{
    readonly List<IDisposable> owned = [];

    public CatalogRig(RandomSource? random = null)
    {
        Random = random ?? RandomSource.Seeded(1);
        using VaultKeys keys = VaultKeys.Create(Random);
        Secrets = keys.Current.SyncSecret.Span.ToArray();
        Read = keys.Current.ReadSecret.Span.ToArray();
        RootSeed = keys.Root!.Seed.ToArray();
        Vault = keys.Vault;
    }

    public RandomSource Random { get; }
    public SetTime Time { get; } = new();
    public VaultId Vault { get; }
    byte[] Secrets { get; }
    byte[] Read { get; }
    byte[] RootSeed { get; }

    public static Family[] MetaFamilies => [.. StoreKeys.MetaFamilies, .. CatalogFamilies.All];

    public T Own<T>(T thing) where T : IDisposable
    {
        owned.Add(thing);
        return thing;
    }

    /// <summary>The vault's keys as one device holds them.</summary>
    public VaultKeys Keys(bool reads = true, bool root = false) =>
        new(Vault, [new SecretEpoch(0, Secrets, reads ? Read : default)], root ? Ed25519Key.FromSeed(RootSeed) : null);

    /// <summary>A device with an empty catalog.</summary>
    public Node NewNode(bool reads = true, bool root = false, IDatabase? meta = null, IDatabase? blocks = null) =>
        Own(new Node(this, Ed25519Key.Generate(Random), reads, root, meta ?? new MemoryDatabase(MetaFamilies), blocks ?? new MemoryDatabase(StoreKeys.Blocks)));

    /// <summary>The device that made the vault, its first control records in place.</summary>
    public Node NewFounder(IDatabase? meta = null, IDatabase? blocks = null)
    {
        Node founder = NewNode(root: true, meta: meta, blocks: blocks);
        founder.Catalog.Add(Genesis.Create(founder.Keys, founder.Device, founder.Clock, Random, "test"));
        return founder;
    }

    /// <summary>A device with a certificate by another, which it knows if <paramref name="learns"/>.</summary>
    public Node NewMember(Node by, Role role, bool reads = true, bool learns = true, IDatabase? meta = null)
    {
        Node member = NewNode(reads, meta: meta);
        by.Catalog.Add([by.Author.Certify(by.Catalog.Membership, member.Device.Public, role)]);
        if (learns) member.MergeFrom(by);
        return member;
    }

    public void Dispose()
    {
        for (int i = owned.Count - 1; i >= 0; i--) owned[i].Dispose();
    }
}

/// <summary>A clock that a test sets.</summary>
sealed class SetTime : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;

    public void Pass(TimeSpan span) => Now += span;
}

/// <summary>One device.</summary>
sealed class Node : IDisposable
{
    readonly CatalogRig rig;

    public Node(CatalogRig rig, Ed25519Key device, bool reads, bool root, IDatabase meta, IDatabase blocks)
    {
        this.rig = rig;
        Device = device;
        Keys = rig.Keys(reads, root);
        Meta = meta;
        Blocks = blocks;
        Clock = new HybridClock(rig.Time);
        Store = new BlockStore(blocks, meta, rig.Time);
        Catalog = VaultCatalog.Open(Ports());
    }

    public Ed25519Key Device { get; }
    public DeviceId Id => DeviceId.Of(Device.Public);
    public VaultKeys Keys { get; }
    public HybridClock Clock { get; private set; }
    public ControlAuthor Author => new(Keys, Device, Clock, rig.Random);
    public IDatabase Meta { get; private set; }
    public IDatabase Blocks { get; private set; }
    public BlockStore Store { get; private set; }
    public VaultCatalog Catalog { get; private set; }

    public CatalogPorts Ports(string? mended = null) => new(Store, Meta, Keys, Device, Clock, rig.Random, rig.Time, mended);

    /// <summary>Closes the catalog and opens it again, on these databases or the same ones.</summary>
    public VaultCatalog Reopen(IDatabase? meta = null, string? mended = null)
    {
        Catalog.Dispose();
        Store.Dispose();
        Meta = meta ?? Meta;
        Clock = new HybridClock(rig.Time);
        Store = new BlockStore(Blocks, Meta, rig.Time);
        return Catalog = VaultCatalog.Open(Ports(mended));
    }

    public static VaultPath Path(string text) => VaultPath.Parse(text) ?? throw new ArgumentException($"{text} is no path.");

    /// <summary>A file whose blocks nobody has: enough for the catalog.</summary>
    public Edit.Put File(string path, string content = "", VersionVector? basis = null)
    {
        FileRef file = new(new BlockId(Hash32.Of(System.Text.Encoding.UTF8.GetBytes("block " + content))), new ContentKey(Hash32.Of("key"u8)), content.Length);
        return new Edit.Put(new Entry(Path(path)) { Mode = 0x1A4, ModifiedNs = 1_700_000_000_000_000_000 }, file, RecordKind.File, basis);
    }

    /// <summary>A file with its blocks stored, durable and not yet pinned.</summary>
    public async Task<Edit.Put> StoreFileAsync(string path, byte[] content)
    {
        using FileWriter writer = new(Keys.Current);
        using WriteSession session = Store.BeginWrite(Keys.Vault.Tag);
        FileRef file = await writer.WriteAsync(new MemoryStream(content), session);
        await session.FlushAsync();
        return new Edit.Put(new Entry(Path(path)) { Mode = 0x1A4 }, file, RecordKind.File);
    }

    public CommitReport Put(string path, string content = "", VersionVector? basis = null) => Catalog.Commit([File(path, content, basis)]);

    public CommitReport Remove(string path, VersionVector? basis = null) => Catalog.Commit([new Edit.Remove(Path(path), basis)]);

    public CatalogEntry? Find(string path) => Catalog.Find(Path(path));

    public IEnumerable<string> Names(string? folder = null, bool recursive = false) =>
        Catalog.List(folder is null ? null : Path(folder), recursive).Select(entry => entry.Kind == RecordKind.Folder ? entry.Path + "/" : entry.Path.Text);

    /// <summary>Every record that counts here, as a peer would get it.</summary>
    public List<ReadOnlyMemory<byte>> Records()
    {
        using SetView view = Catalog.Standing().View;
        return [.. view.Leaves(LeafPrefix.Everything).Select(leaf => view.Record(leaf)!.Value)];
    }

    /// <summary>What the other has and this lacks comes in.</summary>
    public MergeReport MergeFrom(Node other) => Catalog.Merge(other.Records(), other);

    public void Dispose()
    {
        Catalog.Dispose();
        Store.Dispose();
        Keys.Dispose();
        Device.Dispose();
        Meta.Dispose();
        Blocks.Dispose();
    }
}
