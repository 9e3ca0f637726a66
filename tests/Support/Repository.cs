namespace Vault.Tests.Support;

/// <summary>The working copy these tests were built from, for tests about the files themselves.</summary>
public static class Repository
{
    /// <summary>The nearest folder above the test assembly that holds the solution.</summary>
    public static string Root { get; } = Find(new DirectoryInfo(AppContext.BaseDirectory));

    static string Find(DirectoryInfo? folder)
    {
        while (folder != null && !File.Exists(Path.Combine(folder.FullName, "Vault.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException($"There is no Vault.sln above {AppContext.BaseDirectory}.");
    }
}
