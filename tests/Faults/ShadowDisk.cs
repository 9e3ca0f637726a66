using Vault.Primitives;

namespace Vault.Tests.Faults;

abstract class ShadowNode;

/// <summary>A folder's names: those that were synced, and those that the running program sees.</summary>
sealed class ShadowFolder : ShadowNode
{
    public SortedDictionary<string, ShadowNode> Durable { get; set; } = new(StringComparer.Ordinal);
    public SortedDictionary<string, ShadowNode> Latest { get; set; } = new(StringComparer.Ordinal);
}

/// <summary>
/// Plays a log into a model of a disk. Names change in atomic edits; an edit is durable when one of its folders was synced.
/// What isn't durable at a power cut survives or not, edit by edit, but each name goes through its values in order: an edit
/// survives only together with all earlier ones that touch a name of its own. Syncing a file does not sync its name, and a
/// new folder is there only if the folder above was synced (stricter than ext4, as strict as POSIX allows).
/// </summary>
sealed class ShadowDisk
{
    readonly Dictionary<ulong, ShadowNode> byInode = [];
    List<Edit> pending = [];

    public ShadowDisk(string before)
    {
        Root = Load(new DirectoryInfo(before));
    }

    public ShadowFolder Root { get; }

    public void Apply(Operation operation)
    {
        switch (operation.Kind)
        {
            case 'O': // also of what is open and has no name any more: known by its inode already
                if (Find(operation.Path) is ShadowNode opened) byInode[operation.Inode] = opened;
                break;
            case 'C':
                Create(operation, new ShadowFile(operation.Mode));
                break;
            case 'M':
                Create(operation, new ShadowFolder());
                break;
            case 'W':
                FileOf(operation).Write(operation.Offset, operation.Data);
                break;
            case 'T':
                FileOf(operation).Resize(operation.Offset);
                break;
            case 'G':
                FileOf(operation).Grow(operation.Offset + operation.Length);
                break;
            case 'Z':
                FileOf(operation).Zero(operation.Offset, operation.Length);
                break;
            case 'S':
                if (NodeOf(operation) is ShadowFolder synced) Keep(edit => edit.Names.Any(name => name.Folder == synced));
                else FileOf(operation).Sync();
                break;
            case 'A':
                SyncAll();
                break;
            case 'R':
                Change(NameOf(operation.Path, null), NameOf(operation.Path2, Find(operation.Path)));
                break;
            case 'L':
                Change(NameOf(operation.Path2, Find(operation.Path)));
                break;
            case 'U' or 'D':
                Change(NameOf(operation.Path, null));
                break;
            case 'X':
                throw new InvalidOperationException(
                    $"The program did what can't be replayed: {System.Text.Encoding.UTF8.GetString(operation.Data.Span)} ({operation.Path}).");
        }
    }

    public void SyncAll()
    {
        Keep(_ => true);
        foreach (ShadowFile file in byInode.Values.OfType<ShadowFile>()) file.Sync();
    }

    /// <summary>After this the durable names are those that survived; the files' contents are for <see cref="ShadowFile.Survive"/>.</summary>
    public void CutPower(RandomSource random)
    {
        switch (random.Below(4))
        {
            case 0:
                break;
            case 1:
                Keep(_ => true);
                break;
            case 2: // one journal for all folders: the first edits
                int first = random.Below(pending.Count + 1);
                Keep(edit => first-- > 0);
                break;
            default:
                Keep(_ => random.Below(2) == 0);
                break;
        }
    }

    void Keep(Predicate<Edit> chosen)
    {
        bool[] kept = [.. pending.Select(edit => chosen(edit))];
        HashSet<(ShadowFolder, string)> touched = [];
        for (int i = pending.Count - 1; i >= 0; i--)
        {
            kept[i] |= pending[i].Names.Any(name => touched.Contains((name.Folder, name.Text)));
            if (kept[i]) touched.UnionWith(pending[i].Names.Select(name => (name.Folder, name.Text)));
        }
        for (int i = 0; i < pending.Count; i++)
            if (kept[i])
                foreach (Name name in pending[i].Names) Set(name.Folder.Durable, name);
        pending = [.. pending.Where((_, i) => !kept[i])];
    }

    void Create(Operation operation, ShadowNode node)
    {
        byInode[operation.Inode] = node; // numbers are used again: from here on it means this one
        Change(NameOf(operation.Path, node));
    }

    void Change(params Name[] names)
    {
        foreach (Name name in names) Set(name.Folder.Latest, name);
        pending.Add(new Edit(names));
    }

    static void Set(SortedDictionary<string, ShadowNode> names, Name name)
    {
        if (name.Node is null) names.Remove(name.Text);
        else names[name.Text] = name.Node;
    }

    ShadowNode NodeOf(Operation operation) =>
        byInode.TryGetValue(operation.Inode, out ShadowNode? node) ? node
        : throw new InvalidOperationException($"Call {operation.Call} changed inode {operation.Inode}, which nobody was seen to open.");

    ShadowFile FileOf(Operation operation) => (ShadowFile)NodeOf(operation);

    ShadowNode? Find(string path)
    {
        ShadowNode? node = Root;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries)) node = (node as ShadowFolder)?.Latest.GetValueOrDefault(name);
        return node;
    }

    Name NameOf(string path, ShadowNode? node)
    {
        int slash = path.LastIndexOf('/');
        ShadowNode? folder = Find(slash < 0 ? "" : path[..slash]);
        return new Name(folder as ShadowFolder ?? throw new InvalidOperationException($"Nobody was seen to make the folder of {path}."), path[(slash + 1)..], node);
    }

    static ShadowFolder Load(DirectoryInfo from)
    {
        ShadowFolder folder = new();
        foreach (FileInfo info in from.EnumerateFiles())
        {
            ShadowFile file = new((int)info.UnixFileMode);
            file.Load(File.ReadAllBytes(info.FullName));
            folder.Durable[info.Name] = file;
        }
        foreach (DirectoryInfo below in from.EnumerateDirectories()) folder.Durable[below.Name] = Load(below);
        folder.Latest = new(folder.Durable, StringComparer.Ordinal);
        return folder;
    }

    /// <param name="Node">What the name stands for from now on; null for nothing.</param>
    sealed record Name(ShadowFolder Folder, string Text, ShadowNode? Node);

    sealed record Edit(Name[] Names);
}
