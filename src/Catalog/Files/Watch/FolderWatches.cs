using System.Text;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>The folders that this device keeps in step with one vault: begun, remembered, ended.</summary>
public static class FolderWatches
{
    /// <summary>Nobody watches more; each has a task and a thread of its own.</summary>
    public const int Most = 64;

    /// <summary>What the brake lets pass unless another number was asked for.</summary>
    public const int UsualBrake = Brake.UsualMost;

    /// <summary>Folders that were begun and not ended. Not running yet.</summary>
    /// <param name="own">Folders that are left out: where this program keeps the vaults themselves.</param>
    /// <param name="tell">Told what the owner should hear, with the folder.</param>
    public static IReadOnlyList<FolderWatch> Remembered(VaultCatalog catalog, CatalogPorts ports, IReadOnlyList<string> own, Action<string, WatchNews> tell)
    {
        if (!ports.Keys.CanRead) return [];
        using WatchRows rows = new(ports.Meta, ports.Keys, ports.Random);
        return [.. rows.Folders().OrderBy(row => row.Folder, StringComparer.Ordinal).Select(row => new FolderWatch(catalog, ports, row, own, news => tell(row.Folder, news)))];
    }

    /// <summary>Begins to keep a folder in step, and makes it if it isn't there. It is remembered from now on.</summary>
    /// <param name="name">What the vault is called, for whoever finds the marker.</param>
    /// <param name="most">What the brake lets pass; null for all.</param>
    public static FolderWatch Begin(VaultCatalog catalog, CatalogPorts ports, string folder, string name, int? most, IReadOnlyList<string> own, Action<string, WatchNews> tell)
    {
        using WatchRows rows = new(ports.Meta, ports.Keys, ports.Random);
        if (rows.Folders().Count() >= Most) throw new LimitExceededException($"{Most} folders are watched already", "end one of them: vault watch --stop DIR");
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new ConfigException($"can't make {folder}: {refused.Message}");
        }
        int error = FolderHandle.Open(Encoding.UTF8.GetBytes(folder), out FolderHandle? handle);
        if (error != 0) throw new ConfigException($"can't open {folder}: {Linux.Text(error).ToLowerInvariant()}");
        using (handle)
        {
            if (WatchMarker.Stands(handle!, out _))
                throw new ConfigException($"{folder} is being watched already, by its file {WatchMarker.Name}", $"if that has ended and isn't to go on, delete {Path.Combine(folder, WatchMarker.Name)} and say it again");
            Span<byte> drawn = stackalloc byte[Hash16.Size];
            ports.Random.Fill(drawn);
            WatchRow row = new(new Hash16(drawn), folder, most, HoldsIn: false, HoldsOut: false);
            rows.Put(row); // first: a marker that nobody knows would have to be deleted by hand
            error = WatchMarker.Write(handle!, row.Id, name);
            if (error == 0) return new FolderWatch(catalog, ports, row, own, news => tell(row.Folder, news));
            rows.Remove(row.Id);
            throw new ConfigException($"can't write to {folder}: {Linux.Text(error).ToLowerInvariant()}");
        }
    }

    /// <summary>Ends it for good, after it was stopped. Folder and vault stay as they are; only the marker goes.</summary>
    public static void End(CatalogPorts ports, FolderWatch watch)
    {
        if (FolderHandle.Open(Encoding.UTF8.GetBytes(watch.Folder), out FolderHandle? handle) == 0)
            using (handle)
                if (WatchMarker.FaultIn(handle!, watch.Id) is null) handle!.DeleteFile(Encoding.ASCII.GetBytes(WatchMarker.Name));
        using WatchRows rows = new(ports.Meta, ports.Keys, ports.Random);
        rows.Remove(watch.Id);
    }
}
