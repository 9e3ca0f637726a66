using Vault.Blocks;
using Vault.Catalog;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Host;

// Content in and out: folders and files of this machine, and single streams.
sealed partial class LocalCommands
{
    /// <summary>What a file gets that came without permissions: its owner may write it, all may read it.</summary>
    const ushort UsualMode = 0x1A4; // 0644

    public Task<FilesAdded> AddAsync(AddFiles request, IProgress<WorkProgress>? progress, CancellationToken stop) => throw new ConfigException("folders and files can't be added yet", "vault add VAULT - --as PATH reads standard input");

    public async Task<FilesAdded> PutAsync(PutFile request, Stream content, IProgress<WorkProgress>? progress, CancellationToken stop)
    {
        (KeyRingEntry entry, VaultCatalog catalog) = await OpenVaultAsync(request.Vault, stop);
        VaultPath path = VaultPaths.Parse(request.Path);
        RequireFolders(catalog, path);
        if (catalog.Find(path) is { } there && (there.HasChildren || there.Kind == RecordKind.Folder)) throw new ConfigException($"'{path}' is a folder", "name a file in it");

        using WriteSession session = home.Store.BeginWrite(entry.Vault.Tag);
        using FileWriter writer = new(entry.Keys.Current);
        FileRef file = await writer.WriteAsync(progress is null ? content : new CountedStream(content, progress), session, stop: stop);
        await session.FlushAsync();
        long now = (home.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        Entry put = new(path) { Mode = UsualMode, ModifiedNs = now, Size = file.Size, ContentKey = file.Key, Tags = request.Tags, Application = Application };
        CommitReport made = catalog.Commit([new Edit.Put(put, file, RecordKind.File)]);
        return new FilesAdded(1, 0, file.Size, session.AllBlocks, session.NewBlocks, session.NewBytes, made.Root.ToString(), 0, []);
    }

    public Task<FilesGotten> GetAsync(GetFiles request, IProgress<WorkProgress>? progress, CancellationToken stop) => throw new NotSupportedException();

    public async Task<FileContent> OpenAsync(ReadFile request, CancellationToken stop)
    {
        (KeyRingEntry vault, VaultCatalog catalog) = await OpenVaultAsync(request.Vault, stop);
        VaultPath path = VaultPaths.Parse(request.Path);
        Head? version = request.At is { } time
            ? catalog.At(path, time) ?? throw new ConfigException($"there was nothing at '{path}' in {vault.Name} then, as far as is known here", $"vault log {vault.Name} {path} shows its versions")
            : Find(catalog, vault, path).Winner;
        if (version?.Entry?.File(version.Record) is not { } file) throw new ConfigException($"'{path}' is no file", "vault ls shows what it is, vault get restores whole folders");
        return new FileContent(new FileReader(home.Store, vault.Vault.Tag, file), file.Size);
    }

    static string Application => VersionText.Line;
}
