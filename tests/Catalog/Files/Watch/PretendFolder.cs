using Vault.Blocks;
using Vault.Primitives;

namespace Vault.Catalog.Tests;

/// <summary>A folder in memory, with a user who works in it, and a program that keeps it in step with a catalog and may die between any two of its steps.</summary>
sealed class PretendFolder(Node node, RandomSource random)
{
    static readonly Look folderLook = new(RecordKind.Folder, null, 0x1ED, null);

    readonly Dictionary<VaultPath, string> there = []; // by name: the content of a file, or "/" for a folder
    readonly Dictionary<VaultPath, List<Based>> agreed = [];

    public Node Node => node;

    /// <summary>How often a step was taken.</summary>
    public int Steps { get; private set; }

    /// <summary>Of a hundred steps, how many are the last one of a process.</summary>
    public int Fatal { get; set; }

    /// <summary>This one is the last of a process.</summary>
    public int LastStep { get; set; } = -1;

    public SortedDictionary<string, string> Contents => new(there.ToDictionary(one => one.Key.Text, one => one.Value), StringComparer.Ordinal);

    /// <summary>Everything that lies in files here.</summary>
    public IEnumerable<string> Files => there.Values.Where(content => content != "/");

    public IEnumerable<VaultPath> Names => there.Keys;

    readonly HashSet<(VaultPath, string)> written = [];

    /// <summary>
    /// What came back to a name where it had been before. After a death that can't be told from an old copy, which the newer version
    /// replaces: then it is in the history, and not before everybody's eyes.
    /// </summary>
    public HashSet<string> Returned { get; } = [];

    /// <summary>What happened here, for a failure's message.</summary>
    public Action<string> Told { get; init; } = _ => { };

    // What the user does.

    /// <summary>What this user has overwritten or deleted, knowingly.</summary>
    public HashSet<string> ThrownAway { get; } = [];

    public void Write(VaultPath name, string content)
    {
        Told($"user writes {name}: {content}");
        if (!written.Add((name, content))) Returned.Add(content);
        foreach (VaultPath above in name.Ancestors.ToList())
        {
            if (there.GetValueOrDefault(above) != "/") Delete(above);
            there[above] = "/";
        }
        Delete(name);
        there[name] = content;
    }

    public void Delete(VaultPath name)
    {
        if (there.ContainsKey(name)) Told($"user deletes {name}");
        foreach (VaultPath gone in there.Keys.Where(one => one == name || one.IsUnder(name)).ToList())
            if (there.Remove(gone, out string? content)) ThrownAway.Add(content);
    }

    public void Rename(VaultPath from, VaultPath to)
    {
        if (there.GetValueOrDefault(from) is not { } content || content == "/" || to.IsUnder(from) || from.IsUnder(to)) return;
        Told($"user renames {from} to {to}");
        there.Remove(from);
        Write(to, content);
    }

    // What the program does.

    /// <summary>Looks at everything once. False when it died on the way.</summary>
    public bool TryLook(Action<PretendFolder>? meanwhile = null)
    {
        try
        {
            HashSet<VaultPath> paths = [.. there.Keys.Select(OwnerOf), .. agreed.Keys, .. node.Catalog.List(null, recursive: true).Select(entry => entry.Path)];
            foreach (VaultPath path in paths.Order()) LookAt(path, meanwhile);
            foreach (VaultPath path in paths.OrderDescending()) LookAt(path, meanwhile);
            return true;
        }
        catch (ProcessKilled)
        {
            Told("dies");
            return false;
        }
    }

    VaultPath OwnerOf(VaultPath name)
    {
        if (ConflictNames.PathIn(name) is not { } path || node.Catalog.Find(name) != null || agreed.ContainsKey(name)) return name;
        return agreed.GetValueOrDefault(path)?.Exists(one => one.Name == name) == true || VaultSide.Of(node.Catalog, path).Visible.Any(shown => shown.Name == name) ? path : name;
    }

    void LookAt(VaultPath path, Action<PretendFolder>? meanwhile)
    {
        for (int turn = 0; turn < 4; turn++)
        {
            VaultSide vault = VaultSide.Of(node.Catalog, path);
            List<Based> before = agreed.GetValueOrDefault(path) ?? [];
            Decision decision = Reconciler.Decide(vault.With(before, [.. vault.Names(before).Select(Find)]));
            Dictionary<VaultPath, Based> now = decision.Base.ToDictionary(one => one.Name);
            Note(path, now);
            meanwhile?.Invoke(this);
            if (decision.Edits.Count == 0)
            {
                if (decision.Outs.Count == 0) return;
                Note(path, now.ToDictionary(one => one.Key, one => Decision.Announced(one.Value, decision.Outs)));
                foreach (Step step in decision.Outs.OrderBy(step => step is Step.Clear ? 1 : 0)) if (step is Step.Put put) Edit(path, [put], vault, now); else Act(path, step, now);
                Note(path, now);
                return;
            }
            Edit(path, decision.Edits, vault, now);
        }
    }

    void Edit(VaultPath path, IReadOnlyList<Step.Edit> edits, VaultSide vault, Dictionary<VaultPath, Based> now)
    {
        // A file that changed since it was looked at isn't what was stored: content is read before it is decided about.
        foreach (Step step in edits) Told($"{path}: {step}");
        IReadOnlyList<Leaf?> leaves = node.Catalog.Commit([.. edits.Select(step => EditOf(path, step, vault))]).Leaves;
        Live();
        for (int i = 0; i < edits.Count; i++)
        {
            VersionVector? versions = leaves[i] is { } leaf ? node.Catalog.VersionsOf(leaf) : null;
            switch (edits[i])
            {
                case Step.Put put:
                    foreach (VaultPath drop in put.Drops) now.Remove(drop);
                    now.Remove(put.From);
                    if (!put.Apart) now[put.From] = new Based(put.From, put.Look, versions!);
                    break;
                case Step.Settle settle:
                    foreach (VaultPath drop in settle.Drops) now.Remove(drop);
                    if (settle.Apart) now.Remove(settle.Keep.Apart!);
                    else if (now.TryGetValue(settle.Keep.Name, out Based kept)) now[settle.Keep.Name] = kept with { Seen = versions! };
                    break;
                case Step.Remove remove:
                    foreach (VaultPath drop in remove.Drops) now.Remove(drop);
                    break;
            }
        }
        Note(path, now);
    }

    static Edit EditOf(VaultPath path, Step step, VaultSide vault)
    {
        switch (step)
        {
            case Step.Put { Look.Kind: RecordKind.Folder } put: return new Edit.Put(new Entry(path) { Mode = put.Look.Mode }, null, RecordKind.Folder, put.Basis);
            case Step.Put put: return new Edit.Put(new Entry(put.Apart ? put.From : path) { Mode = put.Look.Mode }, new FileRef(put.Look.Root!.Value, new ContentKey(Hash32.Of("key"u8)), 1), RecordKind.File, put.Apart ? null : put.Basis);
            case Step.Settle settle:
                Head kept = vault.Visible.First(shown => shown.Name == settle.Keep.Name).Head;
                return new Edit.Put(settle.Apart ? kept.Entry! with { Path = settle.Keep.Apart! } : kept.Entry!, kept.Entry!.File(kept.Record), kept.Record.Kind, settle.Apart ? null : settle.Basis);
            default: return new Edit.Remove(path, ((Step.Remove)step).Basis);
        }
    }

    void Act(VaultPath path, Step step, Dictionary<VaultPath, Based> now)
    {
        Based? over = step is Step.Clear clear ? clear.What : ((Step.Place)step).Over;
        Shown? placed = step is Step.Place place ? place.What : null;
        VaultPath name = placed?.Name ?? over!.Value.Name;
        if (Find(name).Look != over?.Look) return; // the user was here
        if (over is { Look.Kind: RecordKind.Folder } && placed is not { Look.Kind: RecordKind.Folder } && there.Keys.Any(one => one.IsUnder(name))) return; // not empty
        if (placed != null && name.Ancestors.Any(above => there.TryGetValue(above, out string? at) && at != "/")) return; // a file is in the way
        Told($"{path}: {step}");
        if (over is { Look.Root: { } root }) ChangesLostContent?.Invoke(this, path, root);
        there.Remove(name);
        if (placed is { } shown)
        {
            foreach (VaultPath above in name.Ancestors) there[above] = "/";
            there[name] = shown.Look.Kind == RecordKind.Folder ? "/" : ContentOf(shown.Look.Root!.Value);
        }
        Live();
        if (placed is { } what) now[name] = new Based(name, what.Look, what.Seen);
        else now.Remove(name);
    }

    /// <summary>Told before the program removes or replaces a file, with what is in it.</summary>
    public Action<PretendFolder, VaultPath, BlockId>? ChangesLostContent { get; set; }

    /// <summary>Contents by their blocks, for all folders of a test.</summary>
    public required Dictionary<BlockId, string> Known { get; init; }

    Found Find(VaultPath name)
    {
        if (!there.TryGetValue(name, out string? content)) return new Found(name, null);
        if (content == "/") return new Found(name, folderLook);
        BlockId root = new(Hash32.Of(System.Text.Encoding.UTF8.GetBytes(content)));
        Known[root] = content;
        return new Found(name, new Look(RecordKind.File, root, 0x1A4, null));
    }

    string ContentOf(BlockId root) => Known[root];

    void Note(VaultPath path, Dictionary<VaultPath, Based> now)
    {
        if (now.Count == 0) agreed.Remove(path);
        else agreed[path] = [.. now.Values];
        Live();
    }

    void Live()
    {
        Steps++;
        if (Steps == LastStep || (Fatal > 0 && random.Below(100) < Fatal)) throw new ProcessKilled();
    }

    sealed class ProcessKilled : Exception;
}
