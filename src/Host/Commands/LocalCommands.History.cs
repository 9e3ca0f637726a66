using System.Runtime.CompilerServices;
using Vault.Catalog;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Host;

sealed partial class LocalCommands
{
    const string KeepWinner = "winner", KeepBoth = "both";

    /// <summary>So many hex digits of a version's leaf are its mark: the same that stand in the name it is shown under.</summary>
    const int MarkLength = 8;

    public async IAsyncEnumerable<VersionListed> LogAsync(ShowLog request, [EnumeratorCancellation] CancellationToken stop)
    {
        (KeyRingEntry entry, VaultCatalog catalog) = await OpenVaultAsync(request.Vault, stop);
        VaultPath? path = VaultPaths.ParseOrAll(request.Path);
        if (request.Most < 1) throw new ConfigException($"{request.Most} versions can't be shown", "ask for one at least");
        List<PastVersion> versions = path is null ? [] : [.. catalog.History(path).Take(request.Most)];
        bool single = path != null && catalog.Find(path) is { HasChildren: false, Kind: not RecordKind.Folder };
        if (!single) versions.AddRange(catalog.Log(request.Most, path)); // which reads the whole catalog
        versions.Sort((one, other) => other.Version.Record.Time.CompareTo(one.Version.Record.Time));
        if (versions.Count > request.Most) versions.RemoveRange(request.Most, versions.Count - request.Most);
        foreach (PastVersion past in versions)
        {
            stop.ThrowIfCancellationRequested();
            (FileRecord record, Entry? read) = past.Version;
            yield return new VersionListed(read?.Path.Text ?? path!.Text, record.Time.Moment, KindOf(record.Kind), read?.Size ?? 0,
                record.Author.ToString(), record.Root?.ToString(), past.Replaced is null && !past.Version.IsTombstone);
        }
        if (versions.Count == 0 && path != null) throw new ConfigException($"nothing is known of '{path}' in {entry.Name}", $"vault ls {entry.Name} shows what there is; old versions are kept for {catalog.Membership.Settings.HistoryDays} days");
    }

    public async IAsyncEnumerable<ConflictListed> ConflictsAsync(string vault, [EnumeratorCancellation] CancellationToken stop)
    {
        (_, VaultCatalog catalog) = await OpenVaultAsync(vault, stop);
        HashSet<VaultPath> returned = [.. catalog.Returned().Select(entry => entry.Path)];
        foreach (CatalogEntry entry in catalog.Conflicts().Concat(catalog.Returned().Where(entry => !entry.IsConflict)))
        {
            stop.ThrowIfCancellationRequested();
            yield return new ConflictListed(entry.Path.Text, [.. HeadsOf(entry).Select((head, rank) => Told(entry, head, rank == 0))], returned.Contains(entry.Path));
        }
    }

    public async Task<ConflictResolved> ResolveAsync(ResolveConflict request, CancellationToken stop)
    {
        (KeyRingEntry vault, VaultCatalog catalog) = await OpenVaultAsync(request.Vault, stop);
        VaultPath path = VaultPaths.Parse(request.Path);
        CatalogEntry entry = Find(catalog, vault, path);
        if (!entry.IsConflict && !catalog.Returned().Any(back => back.Path.Equals(path))) throw new ConfigException($"'{path}' is not in conflict", $"vault conflicts {vault.Name} shows what is");
        Head kept = request.Keep is KeepWinner or KeepBoth ? HeadsOf(entry)[0] : Marked(entry, request.Keep);

        List<Edit> edits = [new Edit.Resolve(path, kept.Record.Leaf)];
        if (request.Keep == KeepBoth) edits.InsertRange(0, Others(catalog, entry));
        catalog.Commit(edits);
        return new ConflictResolved(path.Text, request.Keep == KeepBoth ? $"both, {edits.Count} files now" : kept.IsTombstone ? "removed" : Mark(kept), catalog.Root.ToString());
    }

    public async Task<EntryProof> ProveAsync(ProveEntry request, CancellationToken stop)
    {
        (KeyRingEntry vault, VaultCatalog catalog) = await OpenVaultAsync(request.Vault, stop);
        VaultPath path = VaultPaths.Parse(request.Path);
        (CatalogProof proof, Hash32 root) = ProofNow(catalog, path) ?? throw new ConfigException($"this device can't read {vault.Name}", "ask a device that can for the proof");
        bool present = proof.Record is { Kind: not RecordKind.Tombstone };
        if (!present && !request.Absent)
            throw new ConfigException($"there is no record of '{path}' in {vault.Name}", "a folder without a record of its own has no proof; --absent proves that there is nothing");
        if (present && request.Absent) throw new ConfigException($"'{path}' is in {vault.Name}", "leave out --absent to prove that");
        ProofFile file = new(catalog.Id, path.Text, proof.Position, proof.Proof, proof.Record);
        return new EntryProof(vault.Vault.ToString(), path.Text, present, root.ToString(), file.Encode());
    }

    // The root that the proof leads to, and not one that another commit has made meanwhile.
    static (CatalogProof Proof, Hash32 Root)? ProofNow(VaultCatalog catalog, VaultPath path)
    {
        while (true)
        {
            Hash32 root = catalog.Root;
            if (catalog.Prove(path) is not { } proof) return null;
            if (catalog.Root == root) return (proof, root);
        }
    }

    static IReadOnlyList<Head> HeadsOf(CatalogEntry entry) => entry.Heads?.All ?? [];

    // The other versions under the names they are shown by, as files of their own.
    static IEnumerable<Edit> Others(VaultCatalog catalog, CatalogEntry entry)
    {
        if (entry.Heads is not { } heads) yield break;
        foreach ((VaultPath name, Head head) in heads.Shown(entry.Path, entry.HasChildren))
        {
            if (name.Equals(entry.Path) || head.Entry is null) continue;
            if (catalog.Find(name) != null) throw new ConfigException($"there is something at '{name}' already", "move that first");
            yield return new Edit.Put(head.Entry with { Path = name }, head.Entry.File(head.Record), head.Record.Kind);
        }
    }

    static Head Marked(CatalogEntry entry, string mark)
    {
        Head[] meant = [.. HeadsOf(entry).Where(head => mark.Length > 0 && head.Record.Leaf.Digest.ToString().StartsWith(mark, StringComparison.Ordinal))];
        return meant is [{ } only] ? only : throw new ConfigException($"'{mark}' is none of its versions", $"--keep takes {KeepWinner}, {KeepBoth}, {string.Join(", ", HeadsOf(entry).Select(Mark))}");
    }

    static string Mark(Head head) => head.Record.Leaf.Digest.ToString()[..MarkLength];

    static ConflictVersion Told(CatalogEntry entry, Head head, bool winner) => new(
        Mark(head), (winner ? entry.Path : Heads.ConflictName(entry.Path, head.Record) ?? entry.Path).Text, head.Record.Time.Moment,
        KindOf(head.Record.Kind), head.Entry?.Size ?? 0, head.Record.Author.ToString(), head.Record.Root?.ToString());
}
