using System.CommandLine;
using Vault.Blocks;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Host;

/// <summary>The store of this command line's data folder, locked and opened; what opening had to mend is told on standard error.</summary>
sealed class OpenedHere : IDisposable
{
    readonly DataFolder folder;
    readonly StoreMemory memory = new();

    public OpenedHere(ParseResult line, Terminal terminal)
    {
        string path = CommandLine.FolderOf(line, terminal);
        if (!Directory.Exists(Path.Combine(path, StoreDatabases.BlocksFolder)) && !Directory.Exists(Path.Combine(path, StoreDatabases.MetaFolder)))
            throw new ConfigException($"there is no store in {path}", "name its folder with --data DIR or VAULT_HOME");
        folder = DataFolder.Take(path, $"vault {line.CommandResult.Command.Name}", TimeProvider.System);
        try
        {
            Opened = OpenedStore.Open(folder, memory, TimeProvider.System);
        }
        catch
        {
            memory.Dispose();
            folder.Dispose();
            throw;
        }
        foreach (string finding in Opened.Findings) terminal.Error.WriteLine($"vault: {finding}");
    }

    public OpenedStore Opened { get; }
    public BlockStore Store => Opened.Store;

    public void Dispose()
    {
        Opened.Dispose();
        memory.Dispose();
        folder.Dispose();
    }
}
