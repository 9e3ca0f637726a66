using System.Globalization;
using Vault.Blocks;
using Vault.Primitives;
using Vault.Tests.Faults;
using Vault.Tests.Player;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Survival.Tests;

/// <summary>An import killed at random points reads less than a hundredth again of what it had secured, and ends in the same references.</summary>
public sealed class ImportTests : IDisposable
{
    readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task An_interrupted_import_goes_on_where_it_was()
    {
        foreach (ulong seed in Seeds.Of(1, 12))
        {
            RandomSource random = RandomSource.Seeded(seed);
            IReadOnlyList<FileRef> expected = await Importing.ExpectedAsync(seed);
            long secured = 0;
            for (int kills = 0; kills < 3; kills++)
            {
                long left = Importing.AllBytes - secured;
                (int code, _, _) = await ChildProcess.RunAsync("import", folder["data"], $"{seed}", $"{left / 100 * random.Below(90)}");
                Assert.Equal(128 + 9, code);
                using World world = new(folder["data"]);
                Assert.Empty(world.Opened.Findings);
                long now = Importing.Secured(world, seed);
                Assert.True(now >= secured, $"what was secured is lost (VAULT_SEED={seed} replays)");
                secured = now;
                world.Collect(seed); // between the runs: it must leave alone what the import counts on
                Assert.Equal(secured, Importing.Secured(world, seed));
            }
            Assert.NotEqual(0, secured);

            (int end, IReadOnlyList<string> lines, string errors) = await ChildProcess.RunAsync("import", folder["data"], $"{seed}", $"{long.MaxValue}");
            Assert.True(end == 0, errors);
            long read = long.Parse(lines[^1].Split(' ')[1], CultureInfo.InvariantCulture), again = read - (Importing.AllBytes - secured);
            Assert.True(again * 100 < secured, $"{again} bytes of {secured} were read again (VAULT_SEED={seed} replays)");
            Assert.Equal(expected, lines.SkipLast(1).Select(line => Fact.Parse(line).File!.Value));
            folder.Clear();
        }
    }
}
