using System.Globalization;
using Vault.Blocks;
using Vault.Catalog;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Tests.Player;

/// <summary>A catalog on a data folder, and a seeded series of changes to it: single ones, and such as take many commits and go through the journal.</summary>
public sealed class Editing : IDisposable
{
    const int Many = 700; // more than one commit takes

    readonly DataFolder folder;
    readonly StoreMemory memory = new(8 << 20);
    readonly VaultKeys keys;
    readonly Ed25519Key device;

    public Editing(string path, ulong seed)
    {
        RandomSource known = RandomSource.Seeded(seed);
        keys = VaultKeys.Create(known);
        device = Ed25519Key.Generate(known);
        folder = DataFolder.Take(path, "player", TimeProvider.System);
        Opened = OpenedStore.Open(folder, memory, TimeProvider.System, [.. CatalogFamilies.All]);
        HybridClock clock = new(TimeProvider.System);
        Catalog = VaultCatalog.Open(new CatalogPorts(Opened.Store, Opened.Meta, keys, device, clock, RandomSource.System, TimeProvider.System, Opened.MendedSince));
        if (Catalog.Count == 0) Catalog.Add(Genesis.Create(keys, device, clock, RandomSource.System, "player"));
    }

    public OpenedStore Opened { get; }
    public VaultCatalog Catalog { get; }

    /// <summary>Plays the first steps of the series; after each that is durable it says the root.</summary>
    public void Play(ulong seed, int steps, Action<string> say)
    {
        Expected expected = new(seed);
        say(Catalog.Root.ToString());
        for (int step = 0; step < steps; step++)
        {
            Step next = expected.Advance();
            switch (next)
            {
                case Step.Put put: Catalog.Commit([File(put.Path, put.Size)]); break;
                case Step.Remove remove: Catalog.Commit([new Edit.Remove(Path(remove.Path))]); break;
                case Step.PutMany many: Catalog.Change(Enumerable.Range(0, Many).Select(i => File($"{many.Folder}/{i % 9}/{i}", many.Size))); break;
                case Step.Move move: Catalog.Change(Catalog.Below(Path(move.From)).Where(entry => !entry.IsImplicit).Select(entry => MoveOf(entry, move))); break;
            }
            say(Catalog.Root.ToString());
        }
    }

    static VaultPath Path(string text) => VaultPath.Parse(text)!;

    // Blocks that nobody has: enough for a catalog.
    static Edit.Put File(string path, long size)
    {
        FileRef file = new(new BlockId(Hash32.Of("block"u8)), new ContentKey(Hash32.Of("key"u8)), size);
        return new Edit.Put(new Entry(Path(path)) { Mode = 0x1A4 }, file, RecordKind.File);
    }

    static Edit.Move MoveOf(CatalogEntry entry, Step.Move move) =>
        new(entry.Winner!.Entry! with { Path = Path(move.To + entry.Path.Text[move.From.Length..]) }, entry.File, RecordKind.File, entry.Path, entry.Versions);

    public void Dispose()
    {
        Catalog.Dispose();
        Opened.Dispose();
        memory.Dispose();
        device.Dispose();
        keys.Dispose();
        folder.Dispose();
    }

    public abstract record Step
    {
        public sealed record Put(string Path, long Size) : Step;
        public sealed record Remove(string Path) : Step;
        public sealed record PutMany(string Folder, long Size) : Step;
        public sealed record Move(string From, string To) : Step;
    }

    /// <summary>What a dictionary would hold after so many steps.</summary>
    public sealed class Expected(ulong seed)
    {
        readonly RandomSource random = RandomSource.Seeded(seed + 1);
        int step;

        public SortedDictionary<string, long> Sizes { get; } = new(StringComparer.Ordinal);

        /// <summary>How many versions each path has had, deletions included: a change that was made twice shows here.</summary>
        public Dictionary<string, int> Versions { get; } = [];

        public Step Advance()
        {
            step++;
            int kind = random.Below(7);
            string path = $"single/{random.Below(6)}";
            string[] folders = [.. Sizes.Keys.Where(name => name.StartsWith("many", StringComparison.Ordinal)).Select(name => name[..name.IndexOf('/')]).Distinct()];
            if (kind == 0 && folders.Length > 0)
            {
                Step.Move move = new(folders[random.Below(folders.Length)], $"many-{step.ToString(CultureInfo.InvariantCulture)}");
                foreach (string from in Sizes.Keys.Where(name => name.StartsWith(move.From + "/", StringComparison.Ordinal)).ToList())
                {
                    Set(move.To + from[move.From.Length..], Sizes[from]);
                    Remove(from);
                }
                return move;
            }
            if (kind <= 1)
            {
                Step.PutMany many = new($"many{random.Below(2)}", step);
                for (int i = 0; i < Many; i++) Set($"{many.Folder}/{i % 9}/{i}", step);
                return many;
            }
            if (kind == 2 && Sizes.ContainsKey(path))
            {
                Remove(path);
                return new Step.Remove(path);
            }
            Set(path, step);
            return new Step.Put(path, step);
        }

        void Set(string path, long size)
        {
            Sizes[path] = size;
            Versions[path] = Versions.GetValueOrDefault(path) + 1;
        }

        void Remove(string path)
        {
            Sizes.Remove(path);
            Versions[path]++;
        }
    }
}
