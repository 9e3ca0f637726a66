using Vault.Catalog;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>
/// Everything that can be asked of a store, whoever asks: the command line, and later the daemon's socket and its HTTP API. A
/// request and its result are plain records with a form in JSON (<see cref="HostJson"/>); content is a Stream, a long listing an
/// IAsyncEnumerable. No console, no parsing: text for people is made above. Faults are those of Faults.cs.
/// What a user would call a vault is a name, an id, or an unambiguous beginning of either, everywhere.
/// </summary>
interface ICommands : IAsyncDisposable
{
    Task<DeviceIdentity> IdAsync(CancellationToken stop);
    Task<KeysExported> ExportKeysAsync(MachinePath file, SecretBytes passphrase, CancellationToken stop);
    Task<KeysImported> ImportKeysAsync(MachinePath file, SecretBytes passphrase, CancellationToken stop);

    /// <summary>Keeps the keys of this device under a passphrase from now on, or, with null, under none.</summary>
    Task<KeysSealed> SealKeysAsync(SecretBytes? passphrase, CancellationToken stop);

    Task<VaultCreated> CreateAsync(CreateVault request, CancellationToken stop);
    Task<VaultRenamed> RenameAsync(RenameVault request, CancellationToken stop);
    Task<VaultLeft> LeaveAsync(string vault, CancellationToken stop);
    Task<IReadOnlyList<VaultListed>> ListVaultsAsync(CancellationToken stop);

    /// <param name="vault">Null for all of them.</param>
    Task<StoreStatus> StatusAsync(string? vault, CancellationToken stop);

    Task<FilesAdded> AddAsync(AddFiles request, IProgress<TransferProgress>? progress, CancellationToken stop);
    Task<FilesAdded> PutAsync(PutFile request, Stream content, IProgress<TransferProgress>? progress, CancellationToken stop);
    Task<FilesGotten> GetAsync(GetFiles request, IProgress<TransferProgress>? progress, CancellationToken stop);

    /// <summary>The content of one file. The caller disposes it before it asks for anything else.</summary>
    Task<FileContent> OpenAsync(ReadFile request, CancellationToken stop);

    IAsyncEnumerable<EntryListed> ListAsync(ListEntries request, CancellationToken stop);
    Task<EntriesRemoved> RemoveAsync(RemoveEntries request, CancellationToken stop);
    Task<EntriesMoved> MoveAsync(MoveEntry request, CancellationToken stop);

    IAsyncEnumerable<VersionListed> LogAsync(ShowLog request, CancellationToken stop);
    IAsyncEnumerable<ConflictListed> ConflictsAsync(string vault, CancellationToken stop);
    Task<ConflictResolved> ResolveAsync(ResolveConflict request, CancellationToken stop);

    Task<VaultRoot> RootAsync(string vault, CancellationToken stop);
    Task<EntryProof> ProveAsync(ProveEntry request, CancellationToken stop);

    /// <param name="vault">Null for all of them.</param>
    Task<StoreHealth> VerifyAsync(string? vault, IProgress<TransferProgress>? progress, CancellationToken stop);
    Task<StoreDiagnosis> DoctorAsync(bool accept, IProgress<TransferProgress>? progress, CancellationToken stop);
    Task<CollectedSpace> CollectAsync(TimeSpan hold, IProgress<TransferProgress>? progress, CancellationToken stop);
    Task<IReadOnlyList<BlockExplained>> ExplainAsync(string block, CancellationToken stop);
    Task<StoreCopied> BackupAsync(MachinePath target, CancellationToken stop);

    // With other machines. Most of these need the daemon.
    Task<DeviceInvited> InviteAsync(InviteDevice request, CancellationToken stop);
    Task<VaultJoined> JoinAsync(JoinVault request, CancellationToken stop);
    Task<PolicyChosen> PolicyAsync(ChoosePolicy request, CancellationToken stop);
    IAsyncEnumerable<MemberListed> MembersAsync(string vault, CancellationToken stop);
    Task<DeviceRevoked> RevokeAsync(RevokeDevice request, CancellationToken stop);
    Task<DeviceRetired> RetireAsync(RetireDevice request, CancellationToken stop);
    IAsyncEnumerable<PeerListed> PeersAsync(CancellationToken stop);
    Task<PeerDialed> DialAsync(string address, CancellationToken stop);

    /// <summary>The key of this device's network; a new one or an imported one first, where that is asked for.</summary>
    Task<SwarmKeyShown> SwarmKeyAsync(bool renew, string? import, bool reveal, CancellationToken stop);

    // Copies of content on other machines. All but the first need the daemon.
    Task<SpaceOffered> OfferAsync(OfferSpace request, CancellationToken stop);
    Task<CopiesFound> WhereIsAsync(FindCopies request, CancellationToken stop);

    /// <summary>Drops the bytes here, of what is safe elsewhere.</summary>
    Task<FilesFreed> FreeAsync(FreeFiles request, IProgress<TransferProgress>? progress, CancellationToken stop);

    /// <summary>Brings what was freed here again.</summary>
    Task<FilesKept> KeepAsync(FindCopies request, CancellationToken stop);
    Task<LossShown> WhatIfAsync(LoseDevices request, CancellationToken stop);

    // Folders kept in step.
    Task<WatchListed> WatchAsync(WatchFolder request, CancellationToken stop);
    IAsyncEnumerable<WatchListed> WatchesAsync(CancellationToken stop);
    Task<WatchListed> EndWatchAsync(MachinePath folder, CancellationToken stop);

    /// <summary>What is held back is meant. Returns how it was before.</summary>
    Task<WatchListed> ApproveWatchAsync(MachinePath folder, CancellationToken stop);

    // What is said in a vault.
    Task<ChatShown> SendChatAsync(SendChat request, CancellationToken stop);
    IAsyncEnumerable<ChatShown> ChatLogAsync(ShowChat request, CancellationToken stop);
    Task<ChatStanding> ChatStandingAsync(string vault, CancellationToken stop);
    /// <summary>Notes how far a room was read on this device.</summary>
    Task<bool> ReadChatAsync(ReadChat request, CancellationToken stop);

    /// <summary>Lets those who may only read files write messages, or no longer.</summary>
    Task<ChatStanding> AllowChatAsync(AllowChat request, CancellationToken stop);
    Task<ChatVerified> VerifyChatAsync(VerifyChat request, CancellationToken stop);

    /// <summary>What the daemon may send and receive of files, from now on and until it ends.</summary>
    Task<LimitsShown> LimitsAsync(SetLimits request, CancellationToken stop);

    Task<DaemonStatus> DaemonStatusAsync(CancellationToken stop);
    Task<bool> StopDaemonAsync(CancellationToken stop);
}

/// <summary>A path on the machine that has the store: the caller's own only where both are the same. Always absolute.</summary>
readonly record struct MachinePath(string Full)
{
    public static MachinePath From(string typed) => new(Path.GetFullPath(typed));

    public override string ToString() => Full;
}
