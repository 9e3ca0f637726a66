namespace Vault.Host;

sealed partial class LocalCommands
{
    public Task<FilesAdded> AddAsync(AddFiles request, IProgress<WorkProgress>? progress, CancellationToken stop) => throw new NotSupportedException();
    public Task<FilesAdded> PutAsync(PutFile request, Stream content, IProgress<WorkProgress>? progress, CancellationToken stop) => throw new NotSupportedException();
    public Task<FilesGotten> GetAsync(GetFiles request, IProgress<WorkProgress>? progress, CancellationToken stop) => throw new NotSupportedException();
    public Task<FileContent> OpenAsync(ReadFile request, CancellationToken stop) => throw new NotSupportedException();
    public IAsyncEnumerable<EntryListed> ListAsync(ListEntries request, CancellationToken stop) => throw new NotSupportedException();
    public Task<EntriesRemoved> RemoveAsync(RemoveEntries request, CancellationToken stop) => throw new NotSupportedException();
    public Task<EntriesMoved> MoveAsync(MoveEntry request, CancellationToken stop) => throw new NotSupportedException();
}
