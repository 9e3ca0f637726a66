using System.Text;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Tests.Faults.Tests;

/// <summary>What survives, shown with scripts of single calls: all outcomes over many seeds are the ones that are legal.</summary>
public sealed class ScriptTests : IDisposable
{
    const int Seeds = 64;

    readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [FactWithPowerCut]
    public async Task Synced_bytes_survive_always_and_others_sometimes()
    {
        ISet<string> outcomes = await Outcomes("create a x", "folder d .", "sync d", "write a kept", "sync a", "write a maybe");
        Assert.All(outcomes, outcome => Assert.StartsWith("x=kept", outcome));
        Assert.Contains("x=kept", outcomes);
        Assert.Contains("x=keptmaybe", outcomes);
    }

    [FactWithPowerCut]
    public async Task A_name_that_was_not_synced_may_be_missing()
    {
        ISet<string> outcomes = await Outcomes("create a x", "write a bytes", "sync a");
        Assert.Equal(["", "x=bytes"], outcomes.Order());
    }

    [FactWithPowerCut]
    public async Task A_rename_is_undone_or_done_but_never_half()
    {
        ISet<string> outcomes = await Outcomes(
            "create a new", "create b x", "write a new", "write b old", "sync a", "sync b", "folder d .", "sync d", "rename new x");
        Assert.Equal(["new=new x=old", "x=new"], outcomes.Order());
    }

    [FactWithPowerCut]
    public async Task A_rename_across_folders_moves_a_name_as_one()
    {
        ISet<string> outcomes = await Outcomes(
            "mkdir one", "mkdir two", "create a one/x", "write a bytes", "sync a", "folder d .", "sync d", "folder o one", "sync o",
            "rename one/x two/y", "rename two/y two/z");
        Assert.Equal(["one/x=bytes", "two/y=bytes", "two/z=bytes"], outcomes.Order());
    }

    [FactWithPowerCut]
    public async Task A_synced_folder_has_its_renames()
    {
        ISet<string> outcomes = await Outcomes("create a x", "write a bytes", "sync a", "rename x y", "folder d .", "sync d");
        Assert.Equal(["y=bytes"], outcomes);
    }

    [FactWithPowerCut]
    public async Task A_deleted_file_may_come_back_until_the_folder_is_synced()
    {
        string[] steps = ["create a x", "write a bytes", "sync a", "folder d .", "sync d", "unlink x"];
        Assert.Equal(["", "x=bytes"], (await Outcomes(steps)).Order());
        Assert.Equal([""], await Outcomes([.. steps, "sync d"]));
    }

    [FactWithPowerCut]
    public async Task A_second_link_keeps_the_bytes()
    {
        ISet<string> outcomes = await Outcomes("create a x", "write a bytes", "sync a", "folder d .", "sync d", "link x y", "unlink x", "sync d");
        Assert.Equal(["y=bytes"], outcomes);
    }

    [FactWithPowerCut]
    public async Task A_new_folder_is_gone_with_all_in_it_unless_the_one_above_is_synced()
    {
        string[] steps = ["mkdir f", "create a f/x", "write a bytes", "sync a", "folder f f", "sync f"];
        Assert.Equal(["", "f/x=bytes"], (await Outcomes(steps)).Order());
        Assert.Equal(["f/x=bytes"], await Outcomes([.. steps, "folder d .", "sync d"]));
    }

    [FactWithPowerCut]
    public async Task Appending_writing_in_place_and_cutting_are_replayed_as_they_were()
    {
        ISet<string> outcomes = await Outcomes(
            "create a x", "write a 0123456789", "append b x", "write b abc", "pwrite a 2 XY", "write a -", "cut a 12", "sync a", "folder d .", "sync d");
        Assert.Equal(["x=01XY456789-b"], outcomes);
    }

    [FactWithPowerCut]
    public async Task What_overwrites_after_a_cut_is_there_only_with_the_cut()
    {
        ISet<string> outcomes = await Outcomes("create a x", "write a old-old", "sync a", "folder d .", "sync d", "cut a 0", "pwrite a 0 new");
        Assert.Contains("x=old-old", outcomes);
        Assert.Contains("x=", outcomes);
        Assert.Contains("x=new", outcomes);
        Assert.DoesNotContain("x=new-old", outcomes);
    }

    [FactWithPowerCut]
    public async Task Opening_to_overwrite_cuts()
    {
        ISet<string> outcomes = await Outcomes("create a x", "write a old", "sync a", "folder d .", "sync d", "recreate b x", "sync b");
        Assert.Equal(["x="], outcomes);
    }

    [FactWithPowerCut]
    public async Task Allocating_grows_with_zeros()
    {
        ISet<string> outcomes = await Outcomes("create a x", "write a ab", "allocate a 4", "sync a", "folder d .", "sync d");
        Assert.Equal(["x=ab\0\0"], outcomes);
    }

    [FactWithPowerCut]
    public async Task Writes_tear_at_sectors_and_only_there()
    {
        FaultedRun run = await Run("create a x", "folder d .", "sync d", "fill a o 4096", "sync a", "create b x", "fill b n 4096");
        bool[] boundaries = new bool[4096];
        for (ulong seed = 0; seed < 4 * Seeds; seed++)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(Replay(run, seed)["x=".Length..]);
            Assert.Equal(4096, bytes.Length);
            for (int i = 1; i < bytes.Length; i++) boundaries[i] |= bytes[i] != bytes[i - 1];
        }
        Assert.Equal([512, 1024, 1536, 2048, 2560, 3072, 3584], Enumerable.Range(0, 4096).Where(i => boundaries[i]));
    }

    [FactWithPowerCut]
    public async Task Writes_to_one_sector_survive_in_order()
    {
        ISet<string> outcomes = await Outcomes("create a x", "folder d .", "sync d", "allocate a 3", "sync a", "write a 1", "write a 2", "write a 3");
        Assert.Equal(["x=\0\0\0", "x=1\0\0", "x=12\0", "x=123"], outcomes.Order(StringComparer.Ordinal));
    }

    [FactWithPowerCut]
    public async Task Power_can_fail_after_any_call_of_a_run()
    {
        FaultedRun run = await Run("create a x", "folder d .", "sync d", "write a one", "sync a", "write a two", "sync a");
        Assert.Equal(6, run.Log.Calls);
        Assert.Equal("x=one", Replay(run, 1, after: 4));
        Assert.Equal("x=onetwo", Replay(run, 1, after: 6));
        Assert.Equal(["create a x", "folder d .", "sync d", "write a one", "sync a"], run.Log.LinesBy(4));
    }

    [FactWithPowerCut]
    public async Task What_the_folder_held_before_the_run_is_durable()
    {
        Directory.CreateDirectory(folder["root/below"]);
        File.WriteAllText(folder["root/below/y"], "before");
        ISet<string> outcomes = await Outcomes("append a below/y", "write a -after", "sync a");
        Assert.Equal(["below/y=before-after"], outcomes);
    }

    [FactWithPowerCut]
    public async Task The_same_seed_gives_the_same_folder()
    {
        FaultedRun run = await Run("create a x", "fill a o 40000", "create b y", "fill b n 40000", "rename x z", "cut b 777");
        for (ulong seed = 0; seed < 20; seed++) Assert.Equal(Replay(run, seed), Replay(run, seed));
    }

    [TheoryWithPowerCut]
    [InlineData(Strike.KillBefore, 3, "x=one", "create a x,write a one")]
    [InlineData(Strike.KillAfter, 3, "x=onetwotwo", "create a x,write a one")]
    [InlineData(Strike.KillTorn, 3, "x=onetwo", "create a x,write a one")]
    [InlineData(Strike.KillBefore, 1, "", "")]
    [InlineData(Strike.KillTorn, 4, "x=onetwotwo", "create a x,write a one,write a twotwo")]
    public async Task A_process_dies_exactly_where_it_is_told_to(Strike how, int at, string left, string printed)
    {
        FaultedRun run = await (Script("create a x", "write a one", "write a twotwo", "sync a") with { At = at, How = how }).Run();
        Assert.True(run.Struck);
        Assert.Equal(left, Contents(folder["root"]));
        Assert.Equal(printed, string.Join(',', run.Lines));
    }

    [FactWithPowerCut]
    public async Task A_call_fails_when_it_is_told_to()
    {
        FaultedRun run = await (Script("create a x", "write a one", "sync a") with { At = 3, How = Strike.Fail }).Run();
        Assert.Equal((false, 1, "sync a: error 5"), (run.Struck, run.ExitCode, run.Lines[^1]));
    }

    [FactWithPowerCut]
    public async Task A_full_disk_stays_full()
    {
        FaultedRun run = await (Script("create a x", "write a one", "sync a", "unlink x", "create b y") with { At = 3, How = Strike.DiskFull }).Run();
        Assert.Equal((1, "create b y: error 28"), (run.ExitCode, run.Lines[^1]));
    }

    [FactWithPowerCut]
    public async Task A_shared_writable_mapping_is_refused_at_replay()
    {
        FaultedProcess process = Script("create a x", "allocate a 4096", "map a");
        InvalidOperationException refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => process.Run());
        Assert.Contains("a shared writable mapping", refusal.Message);
    }

    FaultedProcess Script(params string[] steps) => FaultedProcess.OfAssembly(
        typeof(Child.Commit).Assembly.Location, ["script", folder["root"], .. steps], folder["root"], folder["records"]);

    async Task<FaultedRun> Run(params string[] steps)
    {
        FaultedRun run = await Script(steps).Run();
        Assert.True(run.ExitCode == 0, $"{string.Join(',', run.Lines)} {run.Errors}");
        return run;
    }

    async Task<ISet<string>> Outcomes(params string[] steps)
    {
        FaultedRun run = await Run(steps);
        HashSet<string> outcomes = [.. Enumerable.Range(0, Seeds).Select(seed => Replay(run, (ulong)seed))];
        Directory.Delete(folder["root"], recursive: true);
        Directory.Delete(folder["records"], recursive: true);
        return outcomes;
    }

    string Replay(FaultedRun run, ulong seed, int? after = null)
    {
        PowerCut.Replay(run.Log, folder["survived"], seed, after);
        string contents = Contents(folder["survived"]);
        Directory.Delete(folder["survived"], recursive: true);
        return contents;
    }

    static string Contents(string root) => string.Join(' ', Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
        .Select(file => $"{Path.GetRelativePath(root, file)}={File.ReadAllText(file)}").Order(StringComparer.Ordinal));
}
