using System.Globalization;
using Vault.Primitives;
using Vault.Tests.Faults;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>
/// A vault on which the real program works and is killed at a call of its choice, and what has to be in it. Whatever was
/// reported is there; what was cut off is there as before, as after, or, when files were added, some of each.
/// </summary>
sealed class KilledVault(TestFolder folder, ulong seed)
{
    const int UsualCalls = 40;

    readonly RandomSource random = RandomSource.Seeded(seed);
    readonly Dictionary<string, int> callsOf = [];
    SortedDictionary<string, string> files = new(StringComparer.Ordinal);
    int step;

    /// <summary>How often the program was killed and didn't come to its end.</summary>
    public int Struck { get; private set; }

    string Data => folder["root/data"];

    public async Task CreateAsync()
    {
        (int code, _, string errors) = await RunAsync("create", "photos");
        Assert.True(code == 0, errors);
    }

    public Task StepAsync()
    {
        step++;
        return random.Below(10) switch
        {
            < 4 => AddAsync(),
            < 6 => RemoveAsync(),
            < 8 => MoveAsync(),
            8 => ResolveAsync(),
            _ => StrikeAsync(files, partly: false, "gc", "--hold-hours", "0"),
        };
    }

    Task AddAsync()
    {
        string source = folder[$"source/{step}"], place = $"d{random.Below(3)}";
        SortedDictionary<string, string> after = new(files, StringComparer.Ordinal);
        for (int i = random.Below(5); i >= 0; i--)
        {
            string name = random.Below(4) == 0 ? $"sub/f{random.Below(6)}" : $"f{random.Below(6)}", content = Content();
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(source, name))!);
            File.WriteAllText(Path.Combine(source, name), content);
            after[$"{place}/{name}"] = content;
        }
        return StrikeAsync(after, partly: true, "add", "photos", source, "--as", place);
    }

    Task RemoveAsync()
    {
        if (files.Count == 0) return AddAsync();
        string path = AnyPath();
        SortedDictionary<string, string> after = new(files.Where(file => !IsAtOrBelow(file.Key, path)).ToDictionary(), StringComparer.Ordinal);
        return StrikeAsync(after, partly: false, "rm", "-r", "photos", path);
    }

    Task MoveAsync()
    {
        if (files.Count == 0) return AddAsync();
        string from = AnyPath(), to = $"m{step}";
        SortedDictionary<string, string> after = new(files.ToDictionary(file => IsAtOrBelow(file.Key, from) ? to + file.Key[from.Length..] : file.Key, file => file.Value), StringComparer.Ordinal);
        return StrikeAsync(after, partly: false, "mv", "photos", from, to);
    }

    async Task ResolveAsync()
    {
        string path = $"c{step}", theirs = Content();
        await File.WriteAllTextAsync(folder["one"], Content());
        (int code, _, string errors) = await RunAsync("add", "photos", folder["one"], "--as", path);
        Assert.True(code == 0, errors);
        await SecondWriter.WriteAsync(Data, "photos", path, theirs);
        files[path] = theirs; // the later one wins, before and after
        await StrikeAsync(files, partly: false, "resolve", "photos", path, "--keep", "winner");
    }

    async Task StrikeAsync(SortedDictionary<string, string> after, bool partly, params string[] arguments)
    {
        int at = random.Below(callsOf.GetValueOrDefault(arguments[0], UsualCalls) + 4) + 1;
        Strike how = (Strike)random.Below(3);
        FaultedRun run = await (Vault(arguments) with { At = at, How = how }).Run();
        Directory.Delete(folder["records"], recursive: true);
        string because = $"step {step}: vault {string.Join(' ', arguments)}, {how} call {at}{(run.Struck ? "" : " (not reached)")}, replay with VAULT_SEED={seed}";
        if (run.Struck) Struck++;
        else
        {
            Assert.True(run.ExitCode == 0, $"{run.Errors}: {because}");
            callsOf[arguments[0]] = run.Log.Calls;
        }
        SortedDictionary<string, string> there = await ReadAllAsync(because);
        bool done = !run.Struck || run.Lines.Any(line => line.StartsWith("root ", StringComparison.Ordinal));
        if (done || !partly) Assert.True(IsSame(there, after) || (!done && IsSame(there, files)), $"the vault holds neither what it held nor what it should: {because}");
        else Assert.True(IsBetween(there, after), $"the vault holds something that was neither there nor added: {because}");
        files = there;
    }

    async Task<SortedDictionary<string, string>> ReadAllAsync(string because)
    {
        (int code, string output, string errors) = await RunAsync("verify", "--json");
        Assert.True(code == 0, $"{output}{errors}: {because}");
        string restored = folder["restored"];
        (code, _, errors) = await RunAsync("get", "photos", "-o", restored);
        Assert.True(code == 0, $"{errors}: {because}");
        SortedDictionary<string, string> there = new(StringComparer.Ordinal);
        if (!Directory.Exists(restored)) return there;
        foreach (string file in Directory.EnumerateFiles(restored, "*", SearchOption.AllDirectories))
            there[Path.GetRelativePath(restored, file)] = await File.ReadAllTextAsync(file);
        Directory.Delete(restored, recursive: true);
        return there;
    }

    bool IsBetween(SortedDictionary<string, string> there, SortedDictionary<string, string> after) =>
        files.Keys.All(there.ContainsKey)
        && there.All(file => after.GetValueOrDefault(file.Key) == file.Value || files.GetValueOrDefault(file.Key) == file.Value);

    static bool IsSame(SortedDictionary<string, string> one, SortedDictionary<string, string> other) => one.SequenceEqual(other);

    static bool IsAtOrBelow(string path, string folder) => path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal);

    /// <summary>A file, or the folder it lies in.</summary>
    string AnyPath()
    {
        string path = files.Keys.ElementAt(random.Below(files.Count));
        return random.Below(3) == 0 && path.Contains('/', StringComparison.Ordinal) ? path[..path.LastIndexOf('/')] : path;
    }

    /// <summary>Mostly small; some of several blocks, some seen before.</summary>
    string Content()
    {
        int size = random.Below(8) switch { 0 => 900_000, 1 => 70_000, _ => random.Below(3000) };
        string line = (random.Below(3) == 0 ? 7UL : random.NextUInt64()).ToString(CultureInfo.InvariantCulture) + "\n";
        return string.Concat(Enumerable.Repeat(line, size / line.Length + 1));
    }

    FaultedProcess Vault(params string[] arguments) => new(Transcript.Program, ["--data", Data, .. arguments], folder["root"], folder["records"])
    {
        Environment = new Dictionary<string, string?> { ["DOTNET_ROOT"] = Transcript.RuntimeRoot, ["VAULT_PASSPHRASE"] = null },
    };

    async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        FaultedRun run = await Vault(arguments).Run();
        Directory.Delete(folder["records"], recursive: true);
        return (run.ExitCode, string.Join('\n', run.Lines), run.Errors);
    }
}
