using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>kill -9 of either of two daemons at random points of a large sync.</summary>
public sealed class KilledTransferTests
{
    /// <summary>Each side is struck as often as the other.</summary>
    static int Strikes => LongRun.Cases(few: 2, many: 4);

    static IEnumerable<ulong> Seeds => Environment.GetEnvironmentVariable("VAULT_SEED") is null
        ? Enumerable.Range(0, LongRun.Cases(few: 1, many: 50)).Select(seed => (ulong)seed)
        : [Seed.FromEnvironment().Value];

    [Fact]
    public async Task It_goes_on_where_it_was_and_nothing_that_was_durable_comes_twice()
    {
        foreach (ulong seed in Seeds)
        {
            using TestFolder folder = new();
            await using KilledTransfer transfer = new(folder, seed);
            await transfer.BeginAsync();
            for (int strike = 0; strike < Strikes; strike++) await transfer.StrikeAsync(atGiver: (seed + (ulong)strike) % 2 == 0);
            await transfer.CompleteAsync();
        }
    }
}
