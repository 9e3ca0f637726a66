using Vault.Tests.Faults;
using Vault.Tests.Support;

namespace Vault.Survival.Tests;

static class FolderExtensions
{
    public static void Clear(this TestFolder folder)
    {
        foreach (string below in Directory.EnumerateDirectories(folder.Path)) Directory.Delete(below, recursive: true);
    }

    public static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (string below in Directory.EnumerateDirectories(from)) Copy(below, Path.Combine(to, Path.GetFileName(below)));
    }
}
