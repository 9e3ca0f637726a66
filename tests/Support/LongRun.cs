namespace Vault.Tests.Support;

/// <summary>Whether this run may take minutes: VAULT_LONG=1, which is what `./test --long` sets.</summary>
public static class LongRun
{
    public static bool Enabled { get; } = Environment.GetEnvironmentVariable("VAULT_LONG") == "1";

    /// <summary>How many cases a property tries: <paramref name="few"/> by default, <paramref name="many"/> in a long run.</summary>
    public static int Cases(int few, int many) => Enabled ? many : few;
}
