using Vault.Tests.Support;

namespace Vault.Survival.Tests;

static class Seeds
{
    /// <summary>The seeds of a campaign: few by default, many in a long run, the one in VAULT_SEED when there is one.</summary>
    public static IEnumerable<ulong> Of(int few, int many) =>
        Environment.GetEnvironmentVariable("VAULT_SEED") is null ? Enumerable.Range(0, LongRun.Cases(few, many)).Select(i => (ulong)i) : [Seed.FromEnvironment().Value];
}
