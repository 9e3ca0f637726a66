namespace Vault.Tests.Support;

/// <summary>A folder of its own for one test, gone with it.</summary>
public sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("vault-test-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>The files of a folder as they are at one moment: what a killed process leaves. Tries again if they change meanwhile.</summary>
    public string Copy(string name, string copy)
    {
        while (!TryCopy(name, copy)) Directory.Delete(this[copy], recursive: true);
        return this[copy];
    }

    bool TryCopy(string name, string copy)
    {
        string before = Listing(name);
        Directory.CreateDirectory(this[copy]);
        try
        {
            foreach (string file in Directory.EnumerateFiles(this[name]))
                if (!file.EndsWith("LOCK", StringComparison.Ordinal)) File.Copy(file, System.IO.Path.Combine(this[copy], System.IO.Path.GetFileName(file)));
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        return before == Listing(name);
    }

    string Listing(string name) =>
        string.Join('\n', new DirectoryInfo(this[name]).GetFiles().OrderBy(file => file.Name, StringComparer.Ordinal).Select(file => $"{file.Name} {(file.Exists ? file.Length : 0)}"));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
