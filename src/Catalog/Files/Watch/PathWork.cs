using Vault.Blocks;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>One path while it is worked on: what was seen, what was decided, what became of it.</summary>
sealed class PathWork
{
    /// <summary>Paths that are postponed one by one; more of them are held for sure.</summary>
    public const int Many = 20_000;

    readonly WatchTools tools;
    readonly VaultSide vault;
    readonly IReadOnlyList<BaseEntry> stored;
    readonly Dictionary<VaultPath, Sight> sights;
    readonly List<SourceStamp> imported = [];
    List<BaseEntry> now;
    List<Step> outs;
    bool announced;

    PathWork(VaultPath path, WatchTools tools, VaultSide vault, IReadOnlyList<BaseEntry> stored, Dictionary<VaultPath, Sight> sights)
    {
        (Path, this.tools, this.vault, this.stored, this.sights) = (path, tools, vault, stored, sights);
        Decision = Reconciler.Decide(vault.With([.. stored.Select(entry => entry.Base)], [.. sights.Values.Select(sight => sight.Found)]));
        now = [.. Decision.Base.Select(Agreed)];
        outs = [.. Decision.Outs];
        Edits = [.. Decision.Edits.Concat(Decision.Outs.OfType<Step.Edit>()).Select(EditOf)];
        if (!outs.OfType<Step.Put>().Any()) return;
        Decision = Decision with { Edits = [.. outs.OfType<Step.Edit>()], Outs = [] };
        outs = [];
    }

    public VaultPath Path { get; }

    public Decision Decision { get; }

    public IReadOnlyList<Edit> Edits { get; }

    /// <summary>Something of it couldn't be told, and will be.</summary>
    public bool Again => sights.Values.Any(sight => sight.Again || !sight.IsSettled && !sight.Found.IsUnknown);

    public bool IsDestructiveIn => Decision.Edits.Any(step => step is Step.Put { Overwrites: true } or Step.Remove or Step.Settle { Drops.Count: > 0 });

    public bool IsDestructiveOut => outs.Any(step => step is Step.Clear or Step.Place { Over.Look.Kind: not RecordKind.Folder });

    public bool HasFolderToClear => outs.Any(step => step is Step.Clear { What.Look.Kind: RecordKind.Folder });

    /// <summary>The brake lets through what is to be done to the folder.</summary>
    public bool IsAllowed { get; private set; }

    /// <summary>Null for what nobody wants to be kept in step.</summary>
    public static async ValueTask<PathWork?> SeeAsync(VaultPath path, WatchTools tools, FolderSide folder, CancellationToken stop)
    {
        IReadOnlyList<BaseEntry> stored = tools.Rows.Find(tools.Id, path);
        VaultSide vault = VaultSide.Of(tools.Catalog, path);
        if (stored.Count == 0 && vault.Visible.Count == 0 && TemporaryNames.IsPassing(path.Name)) return null;
        Dictionary<VaultPath, Sight> sights = [];
        foreach (VaultPath name in vault.Names(stored.Select(entry => entry.Base)))
        {
            BaseEntry? before = stored.FirstOrDefault(entry => entry.Name == name);
            Sight sight = await folder.LookAsync(name, before, stop);
            sights.Add(name, sight);
            if (sight.Problem is { } problem) tools.Troubles.Add(name.Text, SkipReason.Unreadable, problem);
            else if (!sight.Again) tools.Troubles.Remove(name.Text);
        }
        PathWork work = new(path, tools, vault, stored, sights);
        // What was never read, because it is as it was, is to be stored once more.
        foreach (Step.Put put in work.Decision.Edits.OfType<Step.Put>().Where(put => put.Look.Kind == RecordKind.File && sights[put.From].File is null).ToList())
        {
            sights[put.From] = await folder.LookAsync(put.From, null, stop);
            if (sights[put.From].File is null) return null;
            work = new PathWork(path, tools, vault, stored, sights);
        }
        return work;
    }

    BaseEntry Agreed(Based agreed)
    {
        BaseEntry? before = stored.FirstOrDefault(entry => entry.Name == agreed.Name);
        Sight sight = sights[agreed.Name];
        return sight.Found is { IsUnknown: false, Look: { } look } && look == agreed.Look
            ? new BaseEntry(agreed, sight.Stat, sight.IsSettled, sight.IsMount)
            : before is null ? new BaseEntry(agreed, default, false, false) : before with { Base = agreed };
    }

    Edit EditOf(Step step)
    {
        switch (step)
        {
            case Step.Put put:
                Sight sight = sights[put.From];
                Entry? like = vault.Visible.FirstOrDefault(shown => shown.Name == put.From).Head?.Entry ?? (vault.Visible.Count > 0 ? vault.Visible[0].Head.Entry : null);
                if (sight.Source is { } source) imported.Add(source);
                Entry entry = new(put.Apart ? put.From : Path)
                {
                    Mode = put.Look.Mode, ModifiedNs = sight.Stat.ModifiedNs, Target = put.Look.Target,
                    Tags = like?.Tags ?? [], Mime = like?.Mime, Application = like?.Application, User = like?.User, Extensions = like?.Extensions ?? [],
                };
                return new Edit.Put(entry, put.Look.Kind == RecordKind.File ? sight.File : null, put.Look.Kind, put.Apart ? null : put.Basis);
            case Step.Settle settle:
                Head kept = vault.Visible.First(shown => shown.Name == settle.Keep.Name).Head;
                Entry content = settle.Apart ? kept.Entry! with { Path = settle.Keep.Apart! } : kept.Entry!;
                return new Edit.Put(content, kept.Entry!.File(kept.Record), kept.Record.Kind, settle.Apart ? null : settle.Basis);
            case Step.Remove remove:
                return new Edit.Remove(Path, remove.Basis);
            default:
                throw new ArgumentException("No edit.", nameof(step));
        }
    }

    /// <summary>The edits are in the vault: what the folder shows is now these versions.</summary>
    /// <param name="versions">Of each edit; null where nothing was to be done.</param>
    public void Made(IReadOnlyList<VersionVector?> versions)
    {
        for (int i = 0; i < Decision.Edits.Count; i++)
        {
            switch (Decision.Edits[i])
            {
                case Step.Put put:
                    now.RemoveAll(entry => entry.Name == put.From || put.Drops.Contains(entry.Name));
                    if (put.Apart) break; // from now on another path's
                    now.Add(new BaseEntry(new Based(put.From, put.Look, versions[i] ?? put.Basis), sights[put.From].Stat, sights[put.From].IsSettled, sights[put.From].IsMount));
                    break;
                case Step.Settle settle:
                    now.RemoveAll(entry => settle.Drops.Contains(entry.Name) || (settle.Apart && entry.Name == settle.Keep.Apart));
                    if (settle.Apart) break;
                    now = [.. now.Select(entry => entry.Name == settle.Keep.Name ? entry with { Base = entry.Base with { Seen = versions[i] ?? settle.Basis } } : entry)];
                    break;
                case Step.Remove remove:
                    now.RemoveAll(entry => remove.Drops.Contains(entry.Name));
                    break;
            }
        }
    }

    /// <summary>Notes what is about to be replaced or removed in the folder, and by what, before any of it is.</summary>
    public void Announce(Batch batch, WatchTools with)
    {
        List<BaseEntry> then = [.. now.Select(entry => entry with { Base = Decision.Announced(entry.Base, outs) })];
        if (then.SequenceEqual(now)) return;
        with.Rows.Put(batch, with.Id, Path, stored, then);
        announced = true;
    }

    /// <summary>Does to the folder what was decided, and remembers what was done. True when something stands in the way that may go.</summary>
    /// <param name="folders">Whether folders are cleared now, or everything else is done.</param>
    public async ValueTask<bool> ActAsync(FolderHands hands, WatchPass pass, bool folders, CancellationToken stop)
    {
        IsAllowed = true;
        List<Step> left = [];
        List<Look> unplaced = [];
        bool blocked = false;
        // What moves from one name to another is at both for a moment, and never at none: whoever ends in between would take that for a deletion.
        foreach (Step step in outs.OrderBy(step => step is Step.Place ? 0 : 1))
        {
            bool clearsFolder = step is Step.Clear { What.Look.Kind: RecordKind.Folder };
            if (clearsFolder != folders || step is Step.Clear clearing && unplaced.Contains(clearing.What.Look))
            {
                left.Add(step);
                continue;
            }
            Handled handled = step is Step.Clear clear ? Clear(hands, clear) : await PlaceAsync(hands, (Step.Place)step, stop);
            if (handled != Handled.Done && step is Step.Place place) unplaced.Add(place.What.Look);
            switch (handled)
            {
                case Handled.Blocked:
                    left.Add(step);
                    blocked |= step is Step.Place; // a folder with something of the user's own in it stays, and that is all right
                    break;
                case Handled.Changed: pass.Again.Add(Path); break;
                case Handled.Missing: pass.Awaited.Add(Path); break;
                case Handled.Refused: tools.Troubles.Add(NameOf(step).Text, SkipReason.Unwritable, hands.Why); break;
            }
        }
        outs = left;
        return blocked;
    }

    static VaultPath NameOf(Step step) => step is Step.Clear clear ? clear.What.Name : ((Step.Place)step).What.Name;

    Handled Clear(FolderHands hands, Step.Clear step)
    {
        BaseEntry what = now.First(entry => entry.Name == step.What.Name);
        if (!what.IsSettled && step.What.Look.Kind != RecordKind.Folder) return Handled.Changed;
        Handled handled = hands.Clear(what);
        if (handled == Handled.Done) now.Remove(what);
        return handled;
    }

    async ValueTask<Handled> PlaceAsync(FolderHands hands, Step.Place step, CancellationToken stop)
    {
        BaseEntry? over = step.Over is { } old ? now.First(entry => entry.Name == old.Name) : null;
        if (over is { IsSettled: false, Base.Look.Kind: not RecordKind.Folder }) return Handled.Changed;
        Head head = vault.Visible.First(shown => shown.Name == step.What.Name).Head;
        FileRef? content = head.Entry!.File(head.Record);
        if (vault.Awaits(head))
        {
            vault.Recall(head);
            return Handled.Missing;
        }
        (Handled handled, FileStat stat) = await hands.PlaceAsync(step.What.Name, head.Entry, head.Record.Kind, content, over, stop);
        if (handled != Handled.Done) return handled;
        now.RemoveAll(entry => entry.Name == step.What.Name);
        now.Add(new BaseEntry(new Based(step.What.Name, step.What.Look, step.What.Seen), stat, IsSettled: true, over?.IsMount ?? false));
        return handled;
    }

    public void Note(Batch batch, WatchTools with)
    {
        foreach (SourceStamp source in imported) with.Journal.Forget(batch, source);
        if (announced || !now.SequenceEqual(stored)) with.Rows.Put(batch, with.Id, Path, stored, now);
    }
}
