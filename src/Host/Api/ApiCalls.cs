using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Vault.Catalog;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>One thing that can be asked of the daemon: POST /api/v1/NAME with the request as JSON, answered by one result.</summary>
sealed record ApiCall<TRequest, TResult>(string Name, JsonTypeInfo<TRequest> Request, JsonTypeInfo<TResult> Result,
    Func<ICommands, TRequest, IProgress<TransferProgress>?, CancellationToken, Task<TResult>> Run);

/// <summary>The same with many results, a line of JSON each.</summary>
sealed record ApiList<TRequest, TItem>(string Name, JsonTypeInfo<TRequest> Request, JsonTypeInfo<TItem> Item, Func<ICommands, TRequest, CancellationToken, IAsyncEnumerable<TItem>> Run);

/// <summary>What is asked without more than a name.</summary>
sealed record OfVault(string? Vault = null);

sealed record NoRequest;

sealed record OfAddress(string Address);

sealed record OfBlock(string Block);

sealed record OfDoctor(bool Accept = false);

sealed record OfHold(TimeSpan Hold);

sealed record OfFolder(MachinePath Folder);

sealed record OfSwarmKey(bool Renew = false, string? Import = null, bool Reveal = false);

sealed record Agreed(bool Done);

/// <summary>An answer in the one form that all have.</summary>
/// <param name="Status">"success" or "error".</param>
sealed record Envelope(string Status, JsonElement? Data = null, ApiFault? Error = null);

/// <param name="Kind">Which of the program's faults it is.</param>
sealed record ApiFault(string Kind, string Message, string? Hint);

/// <summary>A line before the answer of a long work, for those who ask for lines.</summary>
sealed record ApiProgress(TransferProgress Progress);

/// <summary>
/// Every call there is, once, for both ends: the server maps them, <see cref="RemoteCommands"/> makes them. Content of files goes
/// as bytes and has calls of its own in ApiServer.cs.
/// </summary>
static class ApiCalls
{
    static readonly ApiJson json = ApiJson.Default;
    static readonly ApiRequests asked = ApiRequests.Default;

    public static readonly ApiCall<NoRequest, DeviceIdentity> Id = new("id", asked.NoRequest, json.DeviceIdentity, (c, _, _, s) => c.IdAsync(s));
    public static readonly ApiCall<CreateVault, VaultCreated> Create = new("create", asked.CreateVault, json.VaultCreated, (c, r, _, s) => c.CreateAsync(r, s));
    public static readonly ApiCall<RenameVault, VaultRenamed> Rename = new("rename", asked.RenameVault, json.VaultRenamed, (c, r, _, s) => c.RenameAsync(r, s));
    public static readonly ApiCall<OfVault, VaultLeft> Leave = new("leave", asked.OfVault, json.VaultLeft, (c, r, _, s) => c.LeaveAsync(r.Vault ?? "", s));
    public static readonly ApiCall<NoRequest, IReadOnlyList<VaultListed>> Vaults = new("vaults", asked.NoRequest, json.IReadOnlyListVaultListed, (c, _, _, s) => c.ListVaultsAsync(s));
    public static readonly ApiCall<OfVault, StoreStatus> Status = new("status", asked.OfVault, json.StoreStatus, (c, r, _, s) => c.StatusAsync(r.Vault, s));
    public static readonly ApiCall<AddFiles, FilesAdded> Add = new("add", asked.AddFiles, json.FilesAdded, (c, r, p, s) => c.AddAsync(r, p, s));
    public static readonly ApiCall<GetFiles, FilesGotten> Get = new("get", asked.GetFiles, json.FilesGotten, (c, r, p, s) => c.GetAsync(r, p, s));
    public static readonly ApiList<ListEntries, EntryListed> List = new("entries", asked.ListEntries, json.EntryListed, (c, r, s) => c.ListAsync(r, s));
    public static readonly ApiCall<RemoveEntries, EntriesRemoved> Remove = new("remove", asked.RemoveEntries, json.EntriesRemoved, (c, r, _, s) => c.RemoveAsync(r, s));
    public static readonly ApiCall<MoveEntry, EntriesMoved> Move = new("move", asked.MoveEntry, json.EntriesMoved, (c, r, _, s) => c.MoveAsync(r, s));
    public static readonly ApiList<ShowLog, VersionListed> Log = new("log", asked.ShowLog, json.VersionListed, (c, r, s) => c.LogAsync(r, s));
    public static readonly ApiList<OfVault, ConflictListed> Conflicts = new("conflicts", asked.OfVault, json.ConflictListed, (c, r, s) => c.ConflictsAsync(r.Vault ?? "", s));
    public static readonly ApiCall<ResolveConflict, ConflictResolved> Resolve = new("resolve", asked.ResolveConflict, json.ConflictResolved, (c, r, _, s) => c.ResolveAsync(r, s));
    public static readonly ApiCall<OfVault, VaultRoot> Root = new("root", asked.OfVault, json.VaultRoot, (c, r, _, s) => c.RootAsync(r.Vault ?? "", s));
    public static readonly ApiCall<ProveEntry, EntryProof> Prove = new("prove", asked.ProveEntry, json.EntryProof, (c, r, _, s) => c.ProveAsync(r, s));
    public static readonly ApiCall<OfVault, StoreHealth> Verify = new("verify", asked.OfVault, json.StoreHealth, (c, r, p, s) => c.VerifyAsync(r.Vault, p, s));
    public static readonly ApiCall<OfDoctor, StoreDiagnosis> Doctor = new("doctor", asked.OfDoctor, json.StoreDiagnosis, (c, r, p, s) => c.DoctorAsync(r.Accept, p, s));
    public static readonly ApiCall<OfHold, CollectedSpace> Collect = new("collect", asked.OfHold, json.CollectedSpace, (c, r, p, s) => c.CollectAsync(r.Hold, p, s));
    public static readonly ApiCall<OfBlock, IReadOnlyList<BlockExplained>> Explain = new("explain", asked.OfBlock, json.IReadOnlyListBlockExplained, (c, r, _, s) => c.ExplainAsync(r.Block, s));
    public static readonly ApiCall<OfFolder, StoreCopied> Backup = new("backup", asked.OfFolder, json.StoreCopied, (c, r, _, s) => c.BackupAsync(r.Folder, s));
    public static readonly ApiCall<InviteDevice, DeviceInvited> Invite = new("invite", asked.InviteDevice, json.DeviceInvited, (c, r, _, s) => c.InviteAsync(r, s));
    public static readonly ApiCall<JoinVault, VaultJoined> Join = new("join", asked.JoinVault, json.VaultJoined, (c, r, _, s) => c.JoinAsync(r, s));
    public static readonly ApiCall<ChoosePolicy, PolicyChosen> Policy = new("policy", asked.ChoosePolicy, json.PolicyChosen, (c, r, _, s) => c.PolicyAsync(r, s));
    public static readonly ApiList<OfVault, MemberListed> Members = new("members", asked.OfVault, json.MemberListed, (c, r, s) => c.MembersAsync(r.Vault ?? "", s));
    public static readonly ApiCall<RevokeDevice, DeviceRevoked> Revoke = new("revoke", asked.RevokeDevice, json.DeviceRevoked, (c, r, _, s) => c.RevokeAsync(r, s));
    public static readonly ApiCall<RetireDevice, DeviceRetired> Retire = new("retire", asked.RetireDevice, json.DeviceRetired, (c, r, _, s) => c.RetireAsync(r, s));
    public static readonly ApiList<NoRequest, PeerListed> Peers = new("peers", asked.NoRequest, json.PeerListed, (c, _, s) => c.PeersAsync(s));
    public static readonly ApiCall<OfAddress, PeerDialed> Dial = new("dial", asked.OfAddress, json.PeerDialed, (c, r, _, s) => c.DialAsync(r.Address, s));
    public static readonly ApiCall<OfSwarmKey, SwarmKeyShown> SwarmKey = new("swarm-key", asked.OfSwarmKey, json.SwarmKeyShown, (c, r, _, s) => c.SwarmKeyAsync(r.Renew, r.Import, r.Reveal, s));
    public static readonly ApiCall<OfferSpace, SpaceOffered> Offer = new("offer", asked.OfferSpace, json.SpaceOffered, (c, r, _, s) => c.OfferAsync(r, s));
    public static readonly ApiCall<FindCopies, CopiesFound> WhereIs = new("whereis", asked.FindCopies, json.CopiesFound, (c, r, _, s) => c.WhereIsAsync(r, s));
    public static readonly ApiCall<FreeFiles, FilesFreed> Free = new("free", asked.FreeFiles, json.FilesFreed, (c, r, p, s) => c.FreeAsync(r, p, s));
    public static readonly ApiCall<FindCopies, FilesKept> Keep = new("keep", asked.FindCopies, json.FilesKept, (c, r, _, s) => c.KeepAsync(r, s));
    public static readonly ApiCall<LoseDevices, LossShown> WhatIf = new("whatif", asked.LoseDevices, json.LossShown, (c, r, _, s) => c.WhatIfAsync(r, s));
    public static readonly ApiCall<WatchFolder, WatchListed> Watch = new("watch", asked.WatchFolder, json.WatchListed, (c, r, _, s) => c.WatchAsync(r, s));
    public static readonly ApiList<NoRequest, WatchListed> Watches = new("watches", asked.NoRequest, json.WatchListed, (c, _, s) => c.WatchesAsync(s));
    public static readonly ApiCall<OfFolder, WatchListed> EndWatch = new("watch/stop", asked.OfFolder, json.WatchListed, (c, r, _, s) => c.EndWatchAsync(r.Folder, s));
    public static readonly ApiCall<OfFolder, WatchListed> ApproveWatch = new("watch/approve", asked.OfFolder, json.WatchListed, (c, r, _, s) => c.ApproveWatchAsync(r.Folder, s));
    public static readonly ApiCall<SendChat, ChatShown> SendChat = new("chat/send", asked.SendChat, json.ChatShown, (c, r, _, s) => c.SendChatAsync(r, s));
    public static readonly ApiList<ShowChat, ChatShown> ChatLog = new("chat/log", asked.ShowChat, json.ChatShown, (c, r, s) => c.ChatLogAsync(r, s));
    public static readonly ApiCall<OfVault, ChatStanding> ChatStanding = new("chat/standing", asked.OfVault, json.ChatStanding, (c, r, _, s) => c.ChatStandingAsync(r.Vault ?? "", s));
    public static readonly ApiCall<ReadChat, Agreed> ReadChat = new("chat/read", asked.ReadChat, json.Agreed, async (c, r, _, s) => new Agreed(await c.ReadChatAsync(r, s)));
    public static readonly ApiCall<AllowChat, ChatStanding> AllowChat = new("chat/allow", asked.AllowChat, json.ChatStanding, (c, r, _, s) => c.AllowChatAsync(r, s));
    public static readonly ApiCall<VerifyChat, ChatVerified> VerifyChat = new("chat/verify", asked.VerifyChat, json.ChatVerified, (c, r, _, s) => c.VerifyChatAsync(r, s));
    public static readonly ApiCall<SetLimits, LimitsShown> Limits = new("limits", asked.SetLimits, json.LimitsShown, (c, r, _, s) => c.LimitsAsync(r, s));
    public static readonly ApiCall<NoRequest, DaemonStatus> Daemon = new("daemon", asked.NoRequest, json.DaemonStatus, (c, _, _, s) => c.DaemonStatusAsync(s));
    public static readonly ApiCall<NoRequest, Agreed> Stop = new("stop", asked.NoRequest, json.Agreed, async (c, _, _, s) => new Agreed(await c.StopDaemonAsync(s)));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Envelope))]
[JsonSerializable(typeof(ApiProgress))]
[JsonSerializable(typeof(List<JsonElement>))]
[JsonSerializable(typeof(Agreed))]
[JsonSerializable(typeof(DeviceIdentity))]
[JsonSerializable(typeof(VaultCreated))]
[JsonSerializable(typeof(VaultRenamed))]
[JsonSerializable(typeof(VaultLeft))]
[JsonSerializable(typeof(IReadOnlyList<VaultListed>))]
[JsonSerializable(typeof(StoreStatus))]
[JsonSerializable(typeof(FilesAdded))]
[JsonSerializable(typeof(FilesGotten))]
[JsonSerializable(typeof(EntryListed))]
[JsonSerializable(typeof(EntriesRemoved))]
[JsonSerializable(typeof(EntriesMoved))]
[JsonSerializable(typeof(VersionListed))]
[JsonSerializable(typeof(ConflictListed))]
[JsonSerializable(typeof(ConflictResolved))]
[JsonSerializable(typeof(VaultRoot))]
[JsonSerializable(typeof(EntryProof))]
[JsonSerializable(typeof(StoreHealth))]
[JsonSerializable(typeof(StoreDiagnosis))]
[JsonSerializable(typeof(CollectedSpace))]
[JsonSerializable(typeof(IReadOnlyList<BlockExplained>))]
[JsonSerializable(typeof(StoreCopied))]
[JsonSerializable(typeof(DeviceInvited))]
[JsonSerializable(typeof(VaultJoined))]
[JsonSerializable(typeof(PolicyChosen))]
[JsonSerializable(typeof(MemberListed))]
[JsonSerializable(typeof(DeviceRevoked))]
[JsonSerializable(typeof(DeviceRetired))]
[JsonSerializable(typeof(PeerListed))]
[JsonSerializable(typeof(PeerDialed))]
[JsonSerializable(typeof(SwarmKeyShown))]
[JsonSerializable(typeof(SpaceOffered))]
[JsonSerializable(typeof(CopiesFound))]
[JsonSerializable(typeof(FilesFreed))]
[JsonSerializable(typeof(FilesKept))]
[JsonSerializable(typeof(LossShown))]
[JsonSerializable(typeof(WatchListed))]
[JsonSerializable(typeof(ChatShown))]
[JsonSerializable(typeof(ChatStanding))]
[JsonSerializable(typeof(ChatVerified))]
[JsonSerializable(typeof(LimitsShown))]
[JsonSerializable(typeof(DaemonStatus))]
[JsonSerializable(typeof(DaemonEvent))]
[JsonSerializable(typeof(DaemonReady))]
sealed partial class ApiJson : JsonSerializerContext;

/// <summary>Requests, which may come from anyone with the token: what must be there is there, and not null.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(NoRequest))]
[JsonSerializable(typeof(OfVault))]
[JsonSerializable(typeof(OfAddress))]
[JsonSerializable(typeof(OfBlock))]
[JsonSerializable(typeof(OfDoctor))]
[JsonSerializable(typeof(OfHold))]
[JsonSerializable(typeof(OfFolder))]
[JsonSerializable(typeof(OfSwarmKey))]
[JsonSerializable(typeof(CreateVault))]
[JsonSerializable(typeof(RenameVault))]
[JsonSerializable(typeof(AddFiles))]
[JsonSerializable(typeof(PutFile))]
[JsonSerializable(typeof(GetFiles))]
[JsonSerializable(typeof(ReadFile))]
[JsonSerializable(typeof(ListEntries))]
[JsonSerializable(typeof(RemoveEntries))]
[JsonSerializable(typeof(MoveEntry))]
[JsonSerializable(typeof(ShowLog))]
[JsonSerializable(typeof(ResolveConflict))]
[JsonSerializable(typeof(ProveEntry))]
[JsonSerializable(typeof(InviteDevice))]
[JsonSerializable(typeof(JoinVault))]
[JsonSerializable(typeof(ChoosePolicy))]
[JsonSerializable(typeof(RevokeDevice))]
[JsonSerializable(typeof(RetireDevice))]
[JsonSerializable(typeof(WatchFolder))]
[JsonSerializable(typeof(SetLimits))]
[JsonSerializable(typeof(SendChat))]
[JsonSerializable(typeof(ShowChat))]
[JsonSerializable(typeof(ReadChat))]
[JsonSerializable(typeof(AllowChat))]
[JsonSerializable(typeof(VerifyChat))]
[JsonSerializable(typeof(OfferSpace))]
[JsonSerializable(typeof(FindCopies))]
[JsonSerializable(typeof(FreeFiles))]
[JsonSerializable(typeof(LoseDevices))]
sealed partial class ApiRequests : JsonSerializerContext;

/// <summary>The one line of `daemon run --json`.</summary>
sealed record DaemonReady(string Peer, IReadOnlyList<string> Listen, string Api);
