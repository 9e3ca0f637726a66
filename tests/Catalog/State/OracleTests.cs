using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

public sealed class OracleTests
{
    /// <summary>What a dictionary of paths would say.</summary>
    sealed class Simple
    {
        public SortedDictionary<VaultPath, (RecordKind Kind, long Size)> Paths { get; } = [];

        public SortedDictionary<VaultPath, string>.ValueCollection Listing()
        {
            SortedDictionary<VaultPath, string> all = [];
            foreach ((VaultPath path, (RecordKind kind, long _)) in Paths)
            {
                foreach (VaultPath folder in path.Ancestors) all.TryAdd(folder, folder + "/");
                if (kind == RecordKind.Folder || !all.ContainsKey(path)) all[path] = kind == RecordKind.Folder ? path + "/" : path.Text;
            }
            foreach ((VaultPath path, (RecordKind kind, long _)) in Paths)
                if (kind != RecordKind.Folder) all[path] = path.Text;
            return all.Values;
        }

        public CatalogTotals Totals => new(
            Paths.Values.Count(file => file.Kind != RecordKind.Folder), Listing().Count(name => name.EndsWith('/')), Paths.Values.Sum(file => file.Size));
    }

    [Fact]
    public void Root_sketch_names_and_totals_stay_what_they_would_be_if_worked_out_anew()
    {
        Seed seed = Seed.FromEnvironment();
        RandomSource random = seed.Source();
        using CatalogRig rig = new(random);
        Node node = rig.NewFounder();
        Simple expected = new();
        int operations = LongRun.Cases(3_000, 1_000_000), check = operations / 12, next = check;
        for (int done = 0; done < operations;)
        {
            List<Edit> edits = [];
            for (int i = 1 + random.Below(random.Below(10) == 0 ? 700 : 12); i > 0; i--, done++) edits.Add(Random(node, random, expected));
            node.Catalog.Commit(edits);
            if (random.Below(50) == 0) node.Reopen();
            if (done < next) continue;
            next += check;
            Assert.True(expected.Listing().SequenceEqual(node.Names(recursive: true)), seed.ToString());
            Assert.True(expected.Totals == node.Catalog.Totals, $"{expected.Totals} {node.Catalog.Totals} {seed}");
            CatalogCheck verified = node.Catalog.Verify();
            Assert.True(verified.IsClean, string.Join('\n', verified.Faults) + seed);
            rig.Time.Pass(TimeSpan.FromDays(random.Below(40)));
            node.Catalog.Tend();
            (Hash32 root, CatalogTotals totals) = (node.Catalog.Root, node.Catalog.Totals);
            node.Reopen(mended: $"at {done}");
            Assert.True((root, totals) == (node.Catalog.Root, node.Catalog.Totals), seed.ToString());
            Assert.True(expected.Listing().SequenceEqual(node.Names(recursive: true)), seed.ToString());
            node.Catalog.AcceptAsIs();
            node.Meta.Flush(); // a database in memory remembers every commit up to there
        }
    }

    static Edit Random(Node node, RandomSource random, Simple expected)
    {
        string text = $"{(char)('a' + random.Below(4))}";
        for (int depth = random.Below(4); depth > 0; depth--) text += $"/{random.Below(5)}";
        VaultPath path = Node.Path(text);
        switch (random.Below(5))
        {
            case 0:
            case 1:
                expected.Paths.Remove(path);
                return new Edit.Remove(path);
            case 2:
                expected.Paths[path] = (RecordKind.Folder, 0);
                return new Edit.Put(new Entry(path) { Mode = 0x1ED }, null, RecordKind.Folder);
            default:
                int size = 1 + random.Below(20);
                expected.Paths[path] = (RecordKind.File, size);
                return node.File(text, new string('x', size));
        }
    }

    [Fact]
    public async Task Nothing_of_names_and_contents_lies_in_the_clear_in_any_file_of_the_data_folder()
    {
        using TestFolder folder = new();
        using StoreMemory memory = new(8 << 20);
        using CatalogRig rig = new();
        string[] secrets = ["SecretFolderName", "SecretFileName", "SecretTag", "SecretTarget", "SecretUser", "SecretContentOfTheFile", "application/secret-mime"];
        Node node = rig.NewFounder(RocksDatabase.Open(Blocks.StoreDatabases.Meta(folder.Path, memory, CatalogFamilies.All)), RocksDatabase.Open(Blocks.StoreDatabases.Blocks(folder.Path, memory)));
        await Fill(node);
        Search(node); // in the logs
        ((RocksDatabase)node.Meta).Flush();
        node.Meta.Compact(CatalogFamilies.Records, [], []);
        node.Meta.Checkpoint(folder["flushed"]); // and in the tables
        Search(node);

        async Task Fill(Node node)
        {
            Edit.Put file = await node.StoreFileAsync("SecretFolderName/SecretFileName.txt", "SecretContentOfTheFile, again SecretContentOfTheFile"u8.ToArray());
            node.Catalog.Commit([file with { Entry = file.Entry with { Tags = ["SecretTag"], Mime = "application/secret-mime", User = "SecretUser" } }]);
            node.Catalog.Commit([new Edit.Put(new Entry(Node.Path("SecretFolderName/link")) { Target = "SecretTarget" }, null, RecordKind.Symlink)]);
            node.Catalog.Commit([.. Enumerable.Range(0, 700).Select(i => node.File($"SecretFolderName/SecretFileName {i}", "SecretContentOfTheFile"))]);
            node.Remove("SecretFolderName/SecretFileName 3");
        }

        void Search(Node node)
        {
            long searched = 0;
            foreach (string file in Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories))
            {
                byte[] bytes;
                using (FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
                {
                    bytes = new byte[stream.Length];
                    stream.ReadExactly(bytes);
                }
                searched += bytes.Length;
                foreach (string secret in secrets)
                    foreach (byte[] form in (byte[][])[System.Text.Encoding.UTF8.GetBytes(secret), System.Text.Encoding.Unicode.GetBytes(secret)])
                        Assert.False(bytes.AsSpan().IndexOf(form) >= 0, $"{secret} is in {file}");
            }
            Assert.True(searched > 100_000);
            Assert.Equal(702, node.Names("SecretFolderName").Count() + (node.Find("SecretFolderName/SecretFileName 3") is null ? 1 : 0));
        }
    }
}
