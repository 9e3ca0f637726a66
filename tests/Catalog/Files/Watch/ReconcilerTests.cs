using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

/// <summary>
/// Folders of two or three devices through random histories: edits, deletions and renames on all of them, partitions, deaths between
/// any two steps, clocks that disagree. What must hold is said without the machine: all end alike and at rest, and nothing that
/// lay in a folder is gone everywhere.
/// </summary>
public sealed class ReconcilerTests
{
    static readonly string[] names = ["a", "b", "a.txt", "d/x", "d/y", "d", "e/f/g"];

    [Fact]
    public void Folders_converge_and_come_to_rest_and_nothing_is_lost()
    {
        ulong first = Seed.FromEnvironment().Value;
        for (int i = 0; i < LongRun.Cases(150, 5000); i++) Play(unchecked(first + (ulong)i));
    }

    /// <summary>A file where the vault has a folder stands apart until the folder is gone from the vault; then its name is its own. Meanwhile another one wins.</summary>
    [Fact]
    public void A_version_on_its_way_to_another_name_survives_an_end_at_any_step()
    {
        for (int last = 1, done = 0; done == 0; last++)
        {
            using Two two = new();
            (Node mine, Node theirs, PretendFolder here, PretendFolder there) = (two.Mine, two.Theirs, two.Here, two.There);

            here.Write(Node.Path("d/x"), "below");
            Assert.True(here.TryLook());
            two.Later();
            there.Write(Node.Path("d"), "theirs");
            Assert.True(there.TryLook());
            mine.MergeFrom(theirs);
            two.Later();
            here.Write(Node.Path("d"), "mine");
            here.LastStep = here.Steps + last;
            if (here.TryLook()) done++;
            here.LastStep = -1;
            two.Later();
            there.Write(Node.Path("d"), "newer");
            Assert.True(there.TryLook());
            mine.MergeFrom(theirs);
            two.Rest();
            Assert.True(here.Files.Contains("mine"), $"lost by an end at step {last}");
            Assert.Contains("newer", here.Files);
        }
    }

    /// <summary>
    /// The program dies while it puts another version over the user's file; the vault takes that version back; the user writes there.
    /// They had seen either: neither may go from sight.
    /// </summary>
    [Fact]
    public void What_was_written_over_an_unfinished_change_replaces_nothing()
    {
        for (int last = 1, done = 0; done == 0; last++)
        {
            using Two two = new();
            (Node mine, Node theirs, PretendFolder here, PretendFolder there) = (two.Mine, two.Theirs, two.Here, two.There);

            there.Write(Node.Path("d/x"), "below");
            Assert.True(there.TryLook());
            two.Later();
            here.Write(Node.Path("d"), "mine");
            Assert.True(here.TryLook());
            mine.MergeFrom(theirs);
            here.LastStep = here.Steps + last;
            if (here.TryLook()) done++;
            here.LastStep = -1;
            two.Later();
            there.Delete(Node.Path("d"));
            Assert.True(there.TryLook());
            mine.MergeFrom(theirs);
            bool sawMine = here.Files.Contains("mine") && here.Contents.GetValueOrDefault("d") == "mine";
            here.Write(Node.Path("d"), "after");
            two.Rest();
            Assert.Contains("after", here.Files);
            Assert.True(sawMine || here.Files.Contains("mine"), $"lost by an end at step {last}");
        }
    }

    /// <summary>Two devices that write, each with its folder.</summary>
    sealed class Two : IDisposable
    {
        readonly CatalogRig rig;

        public Two()
        {
            RandomSource random = RandomSource.Seeded(1);
            rig = new CatalogRig(random);
            Mine = rig.NewFounder();
            Theirs = rig.NewMember(Mine, Role.Writer);
            Dictionary<BlockId, string> known = [];
            (Here, There) = (new PretendFolder(Mine, random) { Known = known }, new PretendFolder(Theirs, random) { Known = known });
        }

        public Node Mine { get; }
        public Node Theirs { get; }
        public PretendFolder Here { get; }
        public PretendFolder There { get; }

        public void Later() => rig.Time.Now += TimeSpan.FromMinutes(1);

        /// <summary>Each takes what the other has until they show the same.</summary>
        public void Rest()
        {
            for (int round = 0; round < 5; round++)
            {
                Assert.True(Here.TryLook() && There.TryLook());
                Mine.MergeFrom(Theirs);
                Theirs.MergeFrom(Mine);
            }
            Assert.Equal(Here.Contents, There.Contents);
        }

        public void Dispose() => rig.Dispose();
    }

    static void Play(ulong seed)
    {
        string because = $"replay with VAULT_SEED={seed}";
        RandomSource random = RandomSource.Seeded(seed);
        using CatalogRig rig = new(random);
        Node founder = rig.NewFounder();
        List<Node> nodes = [founder];
        for (int i = random.Below(2) + 1; i > 0; i--) nodes.Add(rig.NewMember(founder, Role.Writer));
        Dictionary<BlockId, string> known = [];
        List<string> story = [];
        List<PretendFolder> folders = [.. nodes.Select(node => new PretendFolder(node, random) { Known = known, ChangesLostContent = KeepsContent, Told = what => story.Add($"{nodes.IndexOf(node)} {what}") })];
        int[] skew = [.. nodes.Select(_ => random.Below(480) - 240)];
        HashSet<string> written = [];
        int count = 0;

        for (int step = 0; step < 40; step++)
        {
            int at = random.Below(folders.Count);
            PretendFolder folder = folders[at];
            rig.Time.Now = new DateTimeOffset(2030, 1, 1, 0, step, 0, TimeSpan.Zero) + TimeSpan.FromSeconds(skew[at]);
            switch (random.Below(10))
            {
                case < 5: Work(folder); break;
                case < 8:
                    folder.Fatal = random.Below(3) == 0 ? 10 : 0;
                    folder.TryLook(random.Below(4) == 0 ? Disturb : null);
                    break;
                default:
                    int from = random.Below(nodes.Count);
                    if (from == at) break;
                    nodes[at].MergeFrom(nodes[from]);
                    story.Add($"{at} hears from {from}");
                    break;
            }
        }
        foreach (PretendFolder folder in folders) folder.Fatal = 0;
        string last = "";
        for (int round = 0; ; round++)
        {
            Assert.True(round < 30, $"no rest: {because}\n{last}");
            foreach (PretendFolder folder in folders) Assert.True(folder.TryLook());
            foreach (Node node in nodes) foreach (Node other in nodes) if (node != other) node.MergeFrom(other);
            string now = string.Join("\n---\n", folders.Select(folder => string.Join('\n', folder.Contents)).Concat(nodes.Select(node => node.Catalog.Root.ToString())));
            if (now == last) break;
            last = now;
        }
        Assert.True(nodes.TrueForAll(node => node.Catalog.Root == founder.Catalog.Root), because);
        foreach (PretendFolder folder in folders)
        {
            Assert.Equal(folders[0].Contents, folder.Contents);
            // What nobody has thrown away lies before everybody's eyes, not only in the history.
            string[] lost = [.. written.Except(folder.Files).Except(folders.SelectMany(one => one.ThrownAway.Concat(one.Returned)))];
            Assert.True(lost.Length == 0, $"{string.Join(", ", lost)} lost: {because}\n{string.Join('\n', story)}");
            Assert.Equal(Shown(folder.Node), folder.Contents.Where(one => one.Value != "/").Select(one => one.Key).ToHashSet());
        }

        void Work(PretendFolder folder)
        {
            VaultPath[] there = [.. folder.Names.Order()];
            VaultPath any = there.Length > 0 && random.Below(2) == 0 ? there[random.Below(there.Length)] : Node.Path(names[random.Below(names.Length)]);
            switch (random.Below(6))
            {
                case < 3:
                    string content = random.Below(5) == 0 ? "the same" : $"content {++count}";
                    written.Add(content);
                    folder.Write(any, content);
                    break;
                case 3: folder.Delete(any); break;
                default:
                    if (there.Length > 0) folder.Rename(there[random.Below(there.Length)], any);
                    break;
            }
        }

        void Disturb(PretendFolder folder)
        {
            if (random.Below(6) == 0) Work(folder);
        }

        void KeepsContent(PretendFolder folder, VaultPath path, BlockId content)
        {
            Assert.True(folder.Node.Catalog.History(path).Any(past => past.Version.Record.Root == content), $"{path} with {known[content]} is replaced, and the vault doesn't have it: {because}");
        }
    }

    static HashSet<string> Shown(Node node) => [.. node.Catalog.List(null, recursive: true).SelectMany(entry => VaultSide.Of(node.Catalog, entry.Path).Visible).Where(shown => shown.Head.Record.Kind != RecordKind.Folder).Select(shown => shown.Name.Text)];
}
