namespace Vault.Store.Tests;

/// <summary>A folder of its own for one test, gone with it.</summary>
sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("vault-store-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>The files of a folder as they are now: what a killed process leaves.</summary>
    public string Copy(string name, string copy)
    {
        Directory.CreateDirectory(this[copy]);
        foreach (string file in Directory.EnumerateFiles(this[name]))
            if (!file.EndsWith("LOCK", StringComparison.Ordinal)) File.Copy(file, System.IO.Path.Combine(this[copy], System.IO.Path.GetFileName(file)));
        return this[copy];
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
