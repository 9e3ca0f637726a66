namespace Vault.Host;

sealed partial class LocalCommands
{
    public IAsyncEnumerable<VersionListed> LogAsync(ShowLog request, CancellationToken stop) => throw new NotSupportedException();
    public IAsyncEnumerable<ConflictListed> ConflictsAsync(string vault, CancellationToken stop) => throw new NotSupportedException();
    public Task<ConflictResolved> ResolveAsync(ResolveConflict request, CancellationToken stop) => throw new NotSupportedException();
    public Task<EntryProof> ProveAsync(ProveEntry request, CancellationToken stop) => throw new NotSupportedException();
}
