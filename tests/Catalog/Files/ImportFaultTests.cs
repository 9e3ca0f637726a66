using System.Runtime.Versioning;
using Vault.Blocks;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

[SupportedOSPlatform("linux")]
public sealed class ImportFaultTests
{
    [Fact]
    public async Task An_add_that_fails_anywhere_says_so_and_adding_again_completes_it()
    {
        for (int failing = 0; failing <= LongRun.Cases(6, 60); failing++)
        {
            MemoryDatabase meta = new(CatalogRig.MetaFamilies), blocks = new(StoreKeys.Blocks);
            FaultyDatabase faulty = new(meta);
            using FilesRig rig = new(faulty, blocks);
            Tree.Make(rig.Folder["tree"], RandomSource.Seeded((ulong)failing), 40);
            faulty.Plan = failing % 2 == 0 ? new FaultPlan { CommitLost = faulty.Commits + failing / 2 } : new FaultPlan { CommitUnanswered = faulty.Commits + failing / 2 };
            Exception? failure = await Xunit.Record.ExceptionAsync(() => rig.AddAsync(rig.Folder["tree"], "t"));
            faulty.Plan = new FaultPlan();
            rig.Node.Reopen(meta);
            if (failure != null) Assert.IsType<StoreException>(failure);
            ImportReport added = await rig.AddAsync(rig.Folder["tree"], "t");
            Assert.Empty(added.Skipped);
            Assert.True(rig.Node.Catalog.Verify().IsClean);
            await rig.GetAsync("t", rig.Folder["back"]);
            Assert.Equal(Tree.Describe(rig.Folder["tree"]), Tree.Describe(rig.Folder["back"]));
        }
    }
}
