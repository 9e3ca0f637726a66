namespace Vault.Catalog;

/// <summary>Runs ahead of an import that somebody watches, and tells how much there is: what the time left is worked out from.</summary>
static class TreeCount
{
    public static void Count(IReadOnlyList<ImportSource> sources, TransferMeter meter, CancellationToken stop)
    {
        long files = 0, bytes = 0;
        foreach (ImportSource source in sources)
        {
            try
            {
                (FolderHandle folder, byte[]? name) = source.Open();
                using (folder)
                {
                    if (name != null) Take(folder, name);
                    else if (!TryWalk(folder, source.FullPath)) return;
                }
            }
            catch (Primitives.ConfigException)
            {
                return; // it went away; the import itself says so
            }
        }
        meter.Expect(files, bytes);

        bool TryWalk(FolderHandle folder, byte[] path)
        {
            using FolderWalk walk = new(folder, path, "", _ => "", (_, _) => { });
            while (walk.Next() is { } entry)
                using (entry)
                {
                    if (stop.IsCancellationRequested) return false;
                    if (entry.Kind == FileKind.File) Take(entry.Folder.Handle, entry.Name);
                }
            return true;
        }

        void Take(FolderHandle folder, byte[] name)
        {
            if (folder.Stat(name, out FileStat stat) != 0 || stat.Kind != FileKind.File) return;
            files++;
            bytes += stat.Size;
        }
    }
}
