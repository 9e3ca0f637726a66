namespace Vault.Store;

/// <summary>Folders that only their owner may enter.</summary>
static class PrivateFolder
{
    internal static void Create(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path); // there the user's profile is private by its own rules
        else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
