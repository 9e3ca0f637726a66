using Vault.Primitives;
using Vault.Store;

namespace Vault.Blocks;

/// <summary>
/// A copy of the whole store while it is in use: <c>meta/</c> first, then <c>blocks/</c>, then the segments, with nothing deleted in
/// between, so that everything one refers to is in the next. On the same file system it shares the unchanging files and takes
/// almost no space; copied elsewhere it is a backup. It opens like any data folder.
/// </summary>
public static class Backup
{
    public static void Run(BlockStore store, string target)
    {
        if (Path.Exists(target)) throw new StoreException($"{target} exists already", "name a folder that doesn't exist yet");
        try
        {
            Copy(store, target);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"the backup {target} can't be written: {fault.Message}", "what is there of it can be deleted", fault);
        }
    }

    static void Copy(BlockStore store, string target)
    {
        string partial = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target)) + ".partial"; // an interrupted copy must not look like a whole one
        if (Directory.Exists(partial)) Directory.Delete(partial, recursive: true);
        DurableFolder.Create(partial);
        lock (store.Deleting)
        {
            store.Meta.Checkpoint(Path.Combine(partial, StoreDatabases.MetaFolder));
            store.Appending?.Index();
            store.Blocks.Checkpoint(Path.Combine(partial, StoreDatabases.BlocksFolder));
            store.Appending?.BeginAnother();
            store.Segments?.CopyTo(Path.Combine(partial, SegmentFiles.FolderName));
        }
        DurableFolder.Sync(partial); // a power cut after the last name must not leave that name on less than everything
        DurableFolder.Move(partial, target);
    }
}
