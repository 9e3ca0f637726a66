using Vault.Store;
using Vault.Tests.Support;

namespace Vault.Catalog.Tests;

/// <summary>A vault and a folder, to add from and get to.</summary>
sealed class FilesRig : IDisposable
{
    public FilesRig(IDatabase? meta = null, IDatabase? blocks = null)
    {
        Rig = new CatalogRig();
        Node = Rig.NewFounder(meta, blocks);
    }

    public TestFolder Folder { get; } = new();

    public CatalogRig Rig { get; }

    public Node Node { get; }

    public CatalogPorts Ports => Node.Ports();

    public async Task<ImportReport> AddAsync(string path, string target, ImportOptions? options = null)
    {
        using FolderImport import = new(Node.Catalog, Ports);
        return await import.AddAsync([new ImportSource(path, Node.Path(target))], options);
    }

    public async Task<ExportReport> GetAsync(string? from, string output, ExportOptions? options = null)
    {
        using FolderExport export = new(Node.Catalog, Ports);
        return await export.GetAsync(from is null ? null : Node.Path(from), output, options);
    }

    public void Dispose()
    {
        Rig.Dispose();
        Folder.Dispose();
    }
}
