using System.Diagnostics;
using System.Text;
using Vault.Primitives;

namespace Vault.Store;

/// <summary>
/// The one owner of a data folder. The lock is the system's own on the file <c>lock</c>: it ends with the process, however
/// that ends. Who holds it stands in the file <c>owner</c>, for the message only: a stale text there blocks nobody.
/// </summary>
public sealed class DataFolder : IDisposable
{
    const string OwnerFile = "owner";

    const string AnotherFolder = "make it writable, or choose another folder with --data";

    // EWOULDBLOCK, which the exception for a lock that somebody has carries; a folder that can't be written fails otherwise.
    const int LinuxHeld = 11, BsdHeld = 35;

    /// <summary>How long a command waits for another that is about to end; whoever runs for longer than that is named instead.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    readonly FileStream held;

    DataFolder(string path, FileStream held)
    {
        FullPath = path;
        this.held = held;
    }

    public string FullPath { get; }

    /// <summary>Creates the folder if needed and takes the lock; throws <see cref="StoreException"/> naming the holder if there is one.</summary>
    /// <param name="program">What this process is, in the words of its user: "vault daemon run".</param>
    public static DataFolder Take(string path, string program, TimeProvider time)
    {
        string full = Make(path);
        return TryTake(full, program, time) ?? throw InUse(full);
    }

    /// <summary>The same, but waits a little for a holder that comes and goes, like any short command.</summary>
    public static async Task<DataFolder> TakeAsync(string path, string program, TimeProvider time, CancellationToken stop)
    {
        string full = Make(path);
        long began = time.GetTimestamp();
        while (true)
        {
            if (TryTake(full, program, time) is { } taken) return taken;
            if (time.GetElapsedTime(began) >= Patience) throw InUse(full);
            await Task.Delay(LookEvery, time, stop);
        }
    }

    /// <summary>When the folder at a path was last taken by anyone, from the owner's file; tells whether there may be something new in it without taking it.</summary>
    public static DateTime LastTaken(string path) => File.GetLastWriteTimeUtc(Path.Combine(path, OwnerFile));

    static string Make(string path)
    {
        string full = Path.GetFullPath(path);
        try
        {
            DurableFolder.Create(full);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ConfigException($"the data folder {full} can't be made: {fault.Message}", AnotherFolder, fault);
        }
        return full;
    }

    static DataFolder? TryTake(string full, string program, TimeProvider time)
    {
        if (TryLock(full) is not { } held) return null;
        try
        {
            File.WriteAllText(Path.Combine(full, OwnerFile), $"process {Environment.ProcessId} ({OneLine(program)}), since {time.GetUtcNow():u}\n");
        }
        catch (IOException)
        {
            // The disk is full: no reason not to start, for starting is how it gets cleaned.
        }
        return new DataFolder(full, held);
    }

    /// <summary>A folder inside, private like the whole.</summary>
    public string Subfolder(string name)
    {
        string path = Path.Combine(FullPath, name);
        DurableFolder.Create(path);
        return path;
    }

    public void Dispose() => held.Dispose();

    static FileStream? TryLock(string folder)
    {
        try
        {
            // On Linux FileShare.None is flock(LOCK_EX | LOCK_NB). The file stays: deleting it would race with the next owner.
            return new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException fault) when (fault.HResult is LinuxHeld or BsdHeld)
        {
            return null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ConfigException($"the data folder {folder} can't be written: {fault.Message}", AnotherFolder, fault);
        }
    }

    static StoreException InUse(string folder) => new($"the store is in use by {Holder(folder)}", "stop that one first, or choose another folder with --data");

    static string Holder(string folder)
    {
        try
        {
            const int MaxText = 512; // one line of ours; anyone may have written something else
            using FileStream file = new(Path.Combine(folder, OwnerFile), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            byte[] text = new byte[MaxText];
            int length = file.ReadAtLeast(text, MaxText, throwOnEndOfStream: false);
            string holder = OneLine(Encoding.UTF8.GetString(text, 0, length));
            return holder.Length > 0 ? holder : "another process";
        }
        catch (IOException)
        {
            return "another process";
        }
    }

    static string OneLine(string text) => string.Concat(text.Where(c => !char.IsControl(c))).Trim();
}
