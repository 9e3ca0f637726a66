using Vault.Catalog;
using Vault.Identity;
using Vault.Blocks;
using Vault.Primitives;

namespace Vault.Host;

// Content in and out: folders and files of this machine, and single streams.
sealed partial class LocalCommands
{
    public async Task<FilesAdded> AddAsync(AddFiles request, IProgress<TransferProgress>? progress, CancellationToken stop)
    {
        KeyRingEntry entry = await ReadableAsync(request.Vault, stop);
        OpenVault vault = home.Vault(entry.Keys);
        ImportSource[] sources = [.. request.Sources.Select(source => SourceOf(vault.Catalog, source, request))];
        using FolderImport import = new(vault.Catalog, vault.Ports);
        return Told(vault.Catalog, await import.AddAsync(sources, OptionsOf(request.Tags), progress, stop));
    }

    public async Task<FilesAdded> PutAsync(PutFile request, Stream content, IProgress<TransferProgress>? progress, CancellationToken stop)
    {
        KeyRingEntry entry = await ReadableAsync(request.Vault, stop);
        OpenVault vault = home.Vault(entry.Keys);
        VaultPath path = VaultPaths.Parse(request.Path);
        RequireFolders(vault.Catalog, path);
        if (IsFolder(vault.Catalog, path)) throw new ConfigException($"'{path}' is a folder", "name a file in it");
        using FolderImport import = new(vault.Catalog, vault.Ports);
        return Told(vault.Catalog, await import.AddAsync(content, path, OptionsOf(request.Tags), progress, stop));
    }

    public async Task<FilesGotten> GetAsync(GetFiles request, IProgress<TransferProgress>? progress, CancellationToken stop)
    {
        KeyRingEntry entry = await ReadableAsync(request.Vault, stop);
        OpenVault vault = home.Vault(entry.Keys);
        VaultPath? from = VaultPaths.ParseOrAll(request.Path);
        if (from != null && request.At is null) Find(vault.Catalog, entry, from);
        using FolderExport export = new(vault.Catalog, vault.Ports);
        ExportOptions options = new(request.Force, request.At);
        if (daemon != null) await daemon.BringAsync(entry.Vault, export.Contents(from, options), progress, stop);
        ExportReport report = await export.GetAsync(from, request.Out.Full, options, progress, stop);
        return new FilesGotten(report.Files, report.Bytes, report.SkippedCount, report.Unchanged, request.Out.Full, [.. report.Skipped.Select(PathProblem.Of)]);
    }

    public async Task<FileContent> OpenAsync(ReadFile request, CancellationToken stop)
    {
        (KeyRingEntry vault, VaultCatalog catalog) = await OpenVaultAsync(request.Vault, stop);
        VaultPath path = VaultPaths.Parse(request.Path);
        Head? version = request.At is { } time
            ? catalog.At(path, time) ?? throw new ConfigException($"there was nothing at '{path}' in {vault.Name} then, as far as is known here", $"vault log {vault.Name} {path} shows its versions")
            : Find(catalog, vault, path).Winner;
        if (version?.Entry?.File(version.Record) is not { } file) throw new ConfigException($"'{path}' is no file", "vault ls shows what it is, vault get restores whole folders");
        Stream content = daemon?.MayLack(vault.Vault, catalog, file.Root) == true ? daemon.Read(vault.Vault, file) : new FileReader(home.Store, vault.Vault.Tag, file);
        return new FileContent(content, file.Size, file.Root.ToString());
    }

    // A blind holder has neither names nor keys to work with.
    async Task<KeyRingEntry> ReadableAsync(string vault, CancellationToken stop)
    {
        (KeyRingEntry entry, _) = await OpenVaultAsync(vault, stop);
        return entry.Keys.CanRead ? entry : throw new ConfigException($"this device holds {entry.Name} without its keys", "use a device that can read it");
    }

    ImportOptions OptionsOf(IReadOnlyList<string> tags) => new(tags, VersionText.Line, Own: [home.FullPath]);

    // One folder: its contents go under the prefix. One file: that is its path. Several: each goes below it under its own name.
    static ImportSource SourceOf(VaultCatalog catalog, MachinePath source, AddFiles request)
    {
        VaultPath? place = VaultPaths.ParseOrAll(request.As);
        bool folder = Directory.Exists(source.Full);
        if (folder && request.As != null && place is null && request.Sources.Count == 1) return new ImportSource(source.Full, null);
        bool below = place is null || request.Sources.Count > 1 || (!folder && (VaultPaths.EndsAsFolder(request.As!) || IsFolder(catalog, place)));
        ImportSource named = below ? Named(source, place) : new ImportSource(source.Full, place!);
        VaultPath target = named.Target!;
        RequireFolders(catalog, target);
        if (folder && catalog.Find(target) is { HasChildren: false, Kind: not RecordKind.Folder })
            throw new ConfigException($"'{target}' is a file in the vault, and {source} is a folder", "name another place with --as");
        if (!folder && IsFolder(catalog, target))
            throw new ConfigException($"'{target}' is a folder in the vault, and {source} is none", "name another place with --as");
        return named;
    }

    static ImportSource Named(MachinePath source, VaultPath? place)
    {
        ImportSource named = ImportSource.ByName(source.Full) ?? throw new ConfigException($"{source} has no name that a vault can hold", "say where it goes with --as");
        return place is null ? named : named with { Target = VaultPaths.Parse($"{place}/{named.Target}") };
    }

    static bool IsFolder(VaultCatalog catalog, VaultPath path) => catalog.Find(path) is { } there && (there.HasChildren || there.Kind == RecordKind.Folder);

    static FilesAdded Told(VaultCatalog catalog, ImportReport report) => new(
        report.Files, report.SkippedCount, report.Bytes, report.Blocks, report.NewBlocks, report.NewBytes, catalog.Root.ToString(), report.Unchanged,
        [.. report.Skipped.Select(PathProblem.Of)]);
}
