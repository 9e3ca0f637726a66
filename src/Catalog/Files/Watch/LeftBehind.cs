using System.Text;
using Vault.Blocks;

namespace Vault.Catalog;

/// <summary>What a process that was killed had in hand in a watched folder. Nothing that may be somebody's only copy is thrown away.</summary>
static class LeftBehind
{
    const string Mark = " (kept)";

    /// <summary>False for a name that isn't one of ours.</summary>
    public static async ValueTask<bool> TendAsync(FolderHandle folder, byte[] name, FileIntake intake, WriteSession session, CatalogParts parts, CancellationToken stop)
    {
        string text = Encoding.UTF8.GetString(name);
        if (text.StartsWith(TemporaryNames.New, StringComparison.Ordinal))
        {
            folder.DeleteFile(name); // not whole, or whole and in the vault
            return true;
        }
        if (!text.StartsWith(TemporaryNames.Swap, StringComparison.Ordinal)) return text.StartsWith(".vault-", StringComparison.Ordinal);
        if (await IsInVaultAsync(folder, name, intake, session, parts, stop)) folder.DeleteFile(name);
        else Rescue(folder, name);
        return true;
    }

    /// <summary>Gives what was moved aside a name that its owner sees.</summary>
    public static void Rescue(FolderHandle folder, byte[] aside)
    {
        string text = Encoding.UTF8.GetString(aside);
        string was = text.Length > TemporaryNames.Swap.Length + 17 ? text[(TemporaryNames.Swap.Length + 17)..] : "file";
        string extension = Path.GetExtension(was), stem = was[..^extension.Length];
        for (int i = 1; i < 100; i++)
        {
            byte[] free = Encoding.UTF8.GetBytes($"{stem}{Mark}{(i == 1 ? "" : $" {i}")}{extension}");
            int error = free.Length > ZeroEnded.MaxName ? Errno.Invalid : folder.MoveToFree(aside, free);
            if (error == 0) return;
            if (error == Errno.Exists) continue;
            stem = "file"; // a name that is too long, or was cut within a letter
        }
    }

    static async ValueTask<bool> IsInVaultAsync(FolderHandle folder, byte[] name, FileIntake intake, WriteSession session, CatalogParts parts, CancellationToken stop)
    {
        if (folder.Stat(name, out FileStat stat) != 0 || stat.Kind != FileKind.File) return false;
        using WalkedEntry entry = new(new WalkedFolder(folder, [], [], ""), name, FileKind.File);
        (int error, TakenFile taken) = await intake.TakeAsync(entry, stat, session, stop);
        return error == 0 && !taken.Torn && parts.Ports.Store.Pins.On(parts.Tag, taken.File.Root).Any(pin => pin.Reason is PinReason.Head or PinReason.Sibling or PinReason.History or PinReason.HeldAside);
    }
}
