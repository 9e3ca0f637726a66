using System.Globalization;
using System.Text;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>Why something can't be put where it belongs.</summary>
readonly record struct Refusal(SkipReason Reason, string Detail)
{
    public static Refusal Of(int error) => error switch
    {
        Errno.NoSpace or Errno.Quota => throw new StoreException("the disk that files are written to is full", "free some space and run get again: it goes on where it stopped"),
        _ => new Refusal(SkipReason.Unwritable, Lower(Linux.Text(error))),
    };

    static string Lower(string text) => text.Length == 0 ? text : char.ToLowerInvariant(text[0]) + text[1..];
}

/// <summary>A folder in the target, held open for the length of a use.</summary>
readonly struct HeldFolder(FolderHandle handle, bool isNew) : IDisposable
{
    public FolderHandle Handle => handle;

    /// <summary>Made by this run: nothing of anybody's is in it.</summary>
    public bool IsNew => isNew;

    public void Dispose() => handle.DangerousRelease();
}

/// <summary>
/// The folders that are written to, each reached from the one above it by a name that must be a folder and no symlink. Modes and
/// times are set when all is in them. For any thread.
/// </summary>
sealed class TargetFolders : IDisposable
{
    /// <summary>Open at once. Most files come in folders one after the other.</summary>
    const int MostOpen = 256;

    const string TemporaryPrefix = ".vault-get-";

    readonly Lock gate = new();
    readonly FolderHandle root;
    readonly bool rootIsNew;
    readonly string temporary;
    readonly Dictionary<string, (FolderHandle Handle, bool IsNew)> open = new(StringComparer.Ordinal);
    readonly HashSet<string> made = new(StringComparer.Ordinal);
    readonly List<(string Below, ushort Mode, long ModifiedNs)> toSet = [];
    long temporaries;

    TargetFolders(FolderHandle root, bool rootIsNew, RandomSource random)
    {
        this.root = root;
        this.rootIsNew = rootIsNew;
        temporary = string.Create(CultureInfo.InvariantCulture, $"{TemporaryPrefix}{Environment.ProcessId}-{random.NextUInt64():x16}-");
        if (!rootIsNew) RemoveLeftovers(root);
    }

    /// <summary>Folders of the vault that are there now.</summary>
    public long Count { get; private set; }

    /// <summary>Into a folder that the user named; made if it isn't there.</summary>
    public static TargetFolders At(string path, RandomSource random)
    {
        bool isNew = !Path.Exists(path);
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw Refused(path, refused.Message);
        }
        int error = FolderHandle.Open(Encoding.UTF8.GetBytes(path), out FolderHandle? root);
        return error == 0 ? new TargetFolders(root!, isNew, random) : throw Refused(path, Linux.Text(error));
    }

    /// <summary>Into the folder in which a path that the user named lies.</summary>
    public static TargetFolders Above(string path, RandomSource random) => At(Path.GetDirectoryName(path) ?? "/", random);

    static ConfigException Refused(string path, string why) => new($"can't write to {path}: {why}");

    /// <summary>A name for a file on its way, that nobody else uses.</summary>
    public byte[] TemporaryName() => Encoding.ASCII.GetBytes(temporary + Interlocked.Increment(ref temporaries).ToString(CultureInfo.InvariantCulture));

    /// <summary>Makes a folder, or finds it there.</summary>
    public Refusal? Make(ExportItem item)
    {
        lock (gate)
        {
            if (Find(item.Below, out _) is { } refusal) return refusal;
            Count++;
            if (item.Own && (item.Below.Length > 0 || rootIsNew)) toSet.Add((item.Below, item.Mode, item.ModifiedNs));
            return null;
        }
    }

    /// <summary>Holds the folder that something lies in.</summary>
    public Refusal? Hold(string below, out HeldFolder folder)
    {
        lock (gate)
        {
            folder = default;
            if (Find(below, out (FolderHandle Handle, bool IsNew) found) is { } refusal) return refusal;
            bool held = false;
            found.Handle.DangerousAddRef(ref held);
            folder = new HeldFolder(found.Handle, found.IsNew);
            return null;
        }
    }

    /// <summary>Sets modes and times, the deepest first: a folder may be closed to us afterwards.</summary>
    public void Finish()
    {
        lock (gate)
        {
            CloseAll();
            for (int i = toSet.Count - 1; i >= 0; i--)
            {
                (string below, ushort mode, long modifiedNs) = toSet[i];
                if (Find(below, out (FolderHandle Handle, bool IsNew) folder) == null) folder.Handle.SetSelf(mode & FileModes.OfFolders, modifiedNs);
            }
        }
    }

    Refusal? Find(string below, out (FolderHandle Handle, bool IsNew) folder)
    {
        folder = (root, rootIsNew);
        if (below.Length == 0 || open.TryGetValue(below, out folder)) return null;
        if (open.Count >= MostOpen) CloseAll();
        int slash = below.LastIndexOf('/');
        if (Find(slash < 0 ? "" : below[..slash], out (FolderHandle Handle, bool IsNew) above) is { } refusal) return refusal;
        byte[] name = Encoding.UTF8.GetBytes(below[(slash + 1)..]);
        int error = above.Handle.OpenFolder(name, out FolderHandle? handle);
        if (error == Errno.Absent)
        {
            error = above.Handle.MakeFolder(name);
            if (error == 0) made.Add(below);
            if (error is 0 or Errno.Exists) error = above.Handle.OpenFolder(name, out handle);
        }
        if (error is Errno.NotFolder or Errno.TooManyLinks) return new Refusal(SkipReason.InTheWay, "a file or a symlink stands where a folder of its path should be");
        if (error != 0) return Refusal.Of(error);
        folder = (handle!, made.Contains(below));
        if (!folder.IsNew) RemoveLeftovers(handle!);
        open.Add(below, folder);
        return null;
    }

    // What a run that was killed had in hand. Its process is gone; one that lives still needs its own.
    static void RemoveLeftovers(FolderHandle folder)
    {
        if (FolderNames.Read(folder, out FolderNames names) != 0) return;
        ReadOnlySpan<byte> prefix = Encoding.ASCII.GetBytes(TemporaryPrefix);
        for (int i = 0; i < names.Count; i++)
        {
            if (!names[i].StartsWith(prefix)) continue;
            ReadOnlySpan<byte> rest = names[i][prefix.Length..];
            int dash = rest.IndexOf((byte)'-');
            if (dash > 0 && int.TryParse(rest[..dash], CultureInfo.InvariantCulture, out int process) && !Directory.Exists($"/proc/{process}")) folder.DeleteFile(names[i]);
        }
    }

    void CloseAll()
    {
        foreach ((FolderHandle handle, _) in open.Values) handle.Dispose(); // who holds one keeps it open
        open.Clear();
    }

    public void Dispose()
    {
        lock (gate)
        {
            CloseAll();
            root.Dispose();
        }
    }
}

/// <summary>Which bits of a mode are put on a disk. A vault is written by others too: none of their files runs as its owner.</summary>
static class FileModes
{
    public const uint OfFiles = 0x1FF;   // 0777
    public const uint OfFolders = 0x7FF; // 03777
}
