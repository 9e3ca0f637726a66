using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Vault.Catalog;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>The commands of a daemon that runs on the same data folder, over its socket: what HTTP offers, no more and no less.</summary>
sealed class RemoteCommands : ICommands
{
    readonly HttpClient http;

    RemoteCommands(string socket) => http = new HttpClient(new SocketsHttpHandler
    {
        ConnectCallback = async (_, stop) => new NetworkStream(await ConnectAsync(socket, stop), ownsSocket: true),
    })
    {
        BaseAddress = new Uri("http://localhost/api/v1/"),
        Timeout = Timeout.InfiniteTimeSpan, // long work takes long; Ctrl-C ends it
    };

    /// <summary>Null when no daemon answers there.</summary>
    public static RemoteCommands? TryOpen(string folder)
    {
        string path = Path.Combine(folder, ApiServer.SocketName);
        if (!File.Exists(path)) return null;
        try
        {
            using Socket probe = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return new RemoteCommands(path);
        }
        catch (SocketException)
        {
            return null; // what a killed daemon left
        }
    }

    static async ValueTask<Socket> ConnectAsync(string path, CancellationToken stop)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), stop);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public Task<SpaceOffered> OfferAsync(OfferSpace request, CancellationToken stop) => CallAsync(ApiCalls.Offer, request, null, stop);
    public Task<CopiesFound> WhereIsAsync(FindCopies request, CancellationToken stop) => CallAsync(ApiCalls.WhereIs, request, null, stop);
    public Task<FilesFreed> FreeAsync(FreeFiles request, IProgress<TransferProgress>? progress, CancellationToken stop) => CallAsync(ApiCalls.Free, request, progress, stop);
    public Task<FilesKept> KeepAsync(FindCopies request, CancellationToken stop) => CallAsync(ApiCalls.Keep, request, null, stop);
    public Task<LossShown> WhatIfAsync(LoseDevices request, CancellationToken stop) => CallAsync(ApiCalls.WhatIf, request, null, stop);
    public Task<DeviceIdentity> IdAsync(CancellationToken stop) => CallAsync(ApiCalls.Id, new NoRequest(), null, stop);
    public Task<VaultCreated> CreateAsync(CreateVault request, CancellationToken stop) => CallAsync(ApiCalls.Create, request, null, stop);
    public Task<VaultRenamed> RenameAsync(RenameVault request, CancellationToken stop) => CallAsync(ApiCalls.Rename, request, null, stop);
    public Task<VaultLeft> LeaveAsync(string vault, CancellationToken stop) => CallAsync(ApiCalls.Leave, new OfVault(vault), null, stop);
    public Task<IReadOnlyList<VaultListed>> ListVaultsAsync(CancellationToken stop) => CallAsync(ApiCalls.Vaults, new NoRequest(), null, stop);
    public Task<StoreStatus> StatusAsync(string? vault, CancellationToken stop) => CallAsync(ApiCalls.Status, new OfVault(vault), null, stop);
    public Task<FilesAdded> AddAsync(AddFiles request, IProgress<TransferProgress>? progress, CancellationToken stop) => CallAsync(ApiCalls.Add, request, progress, stop);
    public Task<FilesGotten> GetAsync(GetFiles request, IProgress<TransferProgress>? progress, CancellationToken stop) => CallAsync(ApiCalls.Get, request, progress, stop);
    public IAsyncEnumerable<EntryListed> ListAsync(ListEntries request, CancellationToken stop) => ListAsync(ApiCalls.List, request, stop);
    public Task<EntriesRemoved> RemoveAsync(RemoveEntries request, CancellationToken stop) => CallAsync(ApiCalls.Remove, request, null, stop);
    public Task<EntriesMoved> MoveAsync(MoveEntry request, CancellationToken stop) => CallAsync(ApiCalls.Move, request, null, stop);
    public IAsyncEnumerable<VersionListed> LogAsync(ShowLog request, CancellationToken stop) => ListAsync(ApiCalls.Log, request, stop);
    public IAsyncEnumerable<ConflictListed> ConflictsAsync(string vault, CancellationToken stop) => ListAsync(ApiCalls.Conflicts, new OfVault(vault), stop);
    public Task<ConflictResolved> ResolveAsync(ResolveConflict request, CancellationToken stop) => CallAsync(ApiCalls.Resolve, request, null, stop);
    public Task<VaultRoot> RootAsync(string vault, CancellationToken stop) => CallAsync(ApiCalls.Root, new OfVault(vault), null, stop);
    public Task<EntryProof> ProveAsync(ProveEntry request, CancellationToken stop) => CallAsync(ApiCalls.Prove, request, null, stop);
    public Task<StoreHealth> VerifyAsync(string? vault, IProgress<TransferProgress>? progress, CancellationToken stop) => CallAsync(ApiCalls.Verify, new OfVault(vault), progress, stop);
    public Task<StoreDiagnosis> DoctorAsync(bool accept, IProgress<TransferProgress>? progress, CancellationToken stop) => CallAsync(ApiCalls.Doctor, new OfDoctor(accept), progress, stop);
    public Task<CollectedSpace> CollectAsync(TimeSpan hold, IProgress<TransferProgress>? progress, CancellationToken stop) => CallAsync(ApiCalls.Collect, new OfHold(hold), progress, stop);
    public Task<IReadOnlyList<BlockExplained>> ExplainAsync(string block, CancellationToken stop) => CallAsync(ApiCalls.Explain, new OfBlock(block), null, stop);
    public Task<StoreCopied> BackupAsync(MachinePath target, CancellationToken stop) => CallAsync(ApiCalls.Backup, new OfFolder(target), null, stop);
    public Task<DeviceInvited> InviteAsync(InviteDevice request, CancellationToken stop) => CallAsync(ApiCalls.Invite, request, null, stop);
    public Task<VaultJoined> JoinAsync(JoinVault request, CancellationToken stop) => CallAsync(ApiCalls.Join, request, null, stop);
    public Task<PolicyChosen> PolicyAsync(ChoosePolicy request, CancellationToken stop) => CallAsync(ApiCalls.Policy, request, null, stop);
    public IAsyncEnumerable<MemberListed> MembersAsync(string vault, CancellationToken stop) => ListAsync(ApiCalls.Members, new OfVault(vault), stop);
    public Task<DeviceRevoked> RevokeAsync(RevokeDevice request, CancellationToken stop) => CallAsync(ApiCalls.Revoke, request, null, stop);
    public Task<DeviceRetired> RetireAsync(RetireDevice request, CancellationToken stop) => CallAsync(ApiCalls.Retire, request, null, stop);
    public IAsyncEnumerable<PeerListed> PeersAsync(CancellationToken stop) => ListAsync(ApiCalls.Peers, new NoRequest(), stop);
    public Task<PeerDialed> DialAsync(string address, CancellationToken stop) => CallAsync(ApiCalls.Dial, new OfAddress(address), null, stop);
    public Task<SwarmKeyShown> SwarmKeyAsync(bool renew, string? import, bool reveal, CancellationToken stop) => CallAsync(ApiCalls.SwarmKey, new OfSwarmKey(renew, import, reveal), null, stop);
    public Task<WatchListed> WatchAsync(WatchFolder request, CancellationToken stop) => CallAsync(ApiCalls.Watch, request, null, stop);
    public IAsyncEnumerable<WatchListed> WatchesAsync(CancellationToken stop) => ListAsync(ApiCalls.Watches, new NoRequest(), stop);
    public Task<WatchListed> EndWatchAsync(MachinePath folder, CancellationToken stop) => CallAsync(ApiCalls.EndWatch, new OfFolder(folder), null, stop);
    public Task<WatchListed> ApproveWatchAsync(MachinePath folder, CancellationToken stop) => CallAsync(ApiCalls.ApproveWatch, new OfFolder(folder), null, stop);
    public Task<ChatShown> SendChatAsync(SendChat request, CancellationToken stop) => CallAsync(ApiCalls.SendChat, request, null, stop);
    public IAsyncEnumerable<ChatShown> ChatLogAsync(ShowChat request, CancellationToken stop) => ListAsync(ApiCalls.ChatLog, request, stop);
    public Task<ChatStanding> ChatStandingAsync(string vault, CancellationToken stop) => CallAsync(ApiCalls.ChatStanding, new OfVault(vault), null, stop);
    public async Task<bool> ReadChatAsync(ReadChat request, CancellationToken stop) => (await CallAsync(ApiCalls.ReadChat, request, null, stop)).Done;
    public Task<ChatStanding> AllowChatAsync(AllowChat request, CancellationToken stop) => CallAsync(ApiCalls.AllowChat, request, null, stop);
    public Task<ChatVerified> VerifyChatAsync(VerifyChat request, CancellationToken stop) => CallAsync(ApiCalls.VerifyChat, request, null, stop);
    public Task<LimitsShown> LimitsAsync(SetLimits request, CancellationToken stop) => CallAsync(ApiCalls.Limits, request, null, stop);
    public Task<DaemonStatus> DaemonStatusAsync(CancellationToken stop) => CallAsync(ApiCalls.Daemon, new NoRequest(), null, stop);
    public async Task<bool> StopDaemonAsync(CancellationToken stop) => (await CallAsync(ApiCalls.Stop, new NoRequest(), null, stop)).Done;

    // A passphrase and the keys under it don't travel: they are changed while nobody uses them.
    public Task<KeysExported> ExportKeysAsync(MachinePath file, SecretBytes passphrase, CancellationToken stop) => throw NotWhileRunning();
    public Task<KeysImported> ImportKeysAsync(MachinePath file, SecretBytes passphrase, CancellationToken stop) => throw NotWhileRunning();
    public Task<KeysSealed> SealKeysAsync(SecretBytes? passphrase, CancellationToken stop) => throw NotWhileRunning();

    static ConfigException NotWhileRunning() => new("the daemon is using the keys", "stop it for a moment: vault daemon stop");

    public async Task<FilesAdded> PutAsync(PutFile request, Stream content, IProgress<TransferProgress>? progress, CancellationToken stop)
    {
        using HttpRequestMessage message = new(HttpMethod.Post, "put") { Content = new StreamContent(content) };
        message.Headers.Add(ApiServer.RequestHeader, Uri.EscapeDataString(JsonSerializer.Serialize(request, ApiRequests.Default.PutFile)));
        using HttpResponseMessage response = await SendAsync(message, stop);
        Envelope answer = await ReadAsync(response, stop);
        return answer.Data!.Value.Deserialize(ApiJson.Default.FilesAdded)!;
    }

    public async Task<FileContent> OpenAsync(ReadFile request, CancellationToken stop)
    {
        using HttpRequestMessage message = Message("content", JsonSerializer.SerializeToUtf8Bytes(request, ApiRequests.Default.ReadFile));
        HttpResponseMessage response = await SendAsync(message, stop);
        if (!response.IsSuccessStatusCode)
        {
            using (response) await ReadAsync(response, stop); // throws what it says
        }
        return new FileContent(new ContentFromDaemon(await response.Content.ReadAsStreamAsync(stop)), response.Content.Headers.ContentLength ?? 0);
    }

    async Task<TResult> CallAsync<TRequest, TResult>(ApiCall<TRequest, TResult> call, TRequest request, IProgress<TransferProgress>? progress, CancellationToken stop)
    {
        using HttpRequestMessage message = Message(call.Name, JsonSerializer.SerializeToUtf8Bytes(request, call.Request));
        using HttpResponseMessage response = await SendAsync(message, stop);
        using StreamReader lines = new(await response.Content.ReadAsStreamAsync(stop));
        while (await lines.ReadLineAsync(stop) is { } line)
        {
            if (line.StartsWith("{\"progress\"", StringComparison.Ordinal))
            {
                if (JsonSerializer.Deserialize(line, ApiJson.Default.ApiProgress) is { } step) progress?.Report(step.Progress);
                continue;
            }
            return Opened(line).Data is { } data && data.Deserialize(call.Result) is { } result ? result : throw CutOff();
        }
        throw CutOff();
    }

    async IAsyncEnumerable<TItem> ListAsync<TRequest, TItem>(ApiList<TRequest, TItem> list, TRequest request, [EnumeratorCancellation] CancellationToken stop)
    {
        using HttpRequestMessage message = Message(list.Name, JsonSerializer.SerializeToUtf8Bytes(request, list.Request));
        using HttpResponseMessage response = await SendAsync(message, stop);
        using StreamReader lines = new(await response.Content.ReadAsStreamAsync(stop));
        while (await lines.ReadLineAsync(stop) is { } line)
        {
            if (line.StartsWith("{\"status\"", StringComparison.Ordinal))
            {
                Opened(line);
                yield break;
            }
            yield return JsonSerializer.Deserialize(line, list.Item) ?? throw CutOff();
        }
        throw CutOff();
    }

    static HttpRequestMessage Message(string name, byte[] json)
    {
        HttpRequestMessage message = new(HttpMethod.Post, name) { Content = new ByteArrayContent(json) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(ApiServer.Lines));
        return message;
    }

    async Task<HttpResponseMessage> SendAsync(HttpRequestMessage message, CancellationToken stop)
    {
        try
        {
            return await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, stop);
        }
        catch (HttpRequestException e)
        {
            throw new StoreException($"the daemon doesn't answer: {e.Message}", "vault daemon status says whether it runs", e);
        }
    }

    static async Task<Envelope> ReadAsync(HttpResponseMessage response, CancellationToken stop) =>
        Opened(Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(stop)));

    /// <summary>An envelope, or the fault that is in it.</summary>
    static Envelope Opened(string line)
    {
        Envelope envelope = JsonSerializer.Deserialize(line, ApiJson.Default.Envelope) ?? throw CutOff();
        if (envelope.Error is not { } error) return envelope;
        throw error.Kind switch
        {
            "corruptdata" => new CorruptDataException(error.Message, error.Hint),
            "protocol" => new ProtocolException(error.Message, error.Hint),
            "limitexceeded" => new LimitExceededException(error.Message, error.Hint),
            "store" or "io" => new StoreException(error.Message, error.Hint),
            _ => new ConfigException(error.Message, error.Hint),
        };
    }

    static StoreException CutOff() => new("the daemon stopped in the middle of an answer", "vault daemon status says whether it runs");

    public ValueTask DisposeAsync()
    {
        http.Dispose();
        return ValueTask.CompletedTask;
    }
}
