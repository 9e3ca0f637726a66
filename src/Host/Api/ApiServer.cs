using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Vault.Catalog;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>
/// The daemon's commands over HTTP, on two doors: the Unix socket in the data folder, which only its owner can open, and 127.0.0.1
/// for whoever has the token. The second refuses what a browser sends on behalf of another page. Each call is a POST with JSON;
/// the answer is an envelope. Faults are sentences, never a stack.
/// </summary>
sealed class ApiServer : IAsyncDisposable
{
    public const string SocketName = "daemon.sock", TokenName = "api.token", Lines = "application/x-ndjson", RequestHeader = "Vault-Request";

    const long MaxBody = 1 << 20;
    const int MaxHeader = 16 << 10, MaxConnections = 256;

    /// <summary>Over 127.0.0.1; the command line's own door has no limit.</summary>
    const int RequestsAtOnce = 1000, RequestsPerSecond = 500;

    readonly WebApplication web;
    readonly ICommands commands;
    readonly Daemon daemon;
    readonly byte[] token;
    readonly string socket;
    readonly RequestRate rate;
    readonly ApiDescription description = new();
    readonly CancellationTokenSource ending = new(); // of streams that have no end of their own

    ApiServer(WebApplication web, ICommands commands, Daemon daemon, byte[] token, string socket, TimeProvider time)
    {
        (this.web, this.commands, this.daemon, this.token, this.socket) = (web, commands, daemon, token, socket);
        rate = new RequestRate(RequestsAtOnce, RequestsPerSecond, time);
        Map(web, new ApiFiles(commands, time), new ApiEvents(daemon.Events, time));
    }

    /// <summary>Where it listens beside the socket.</summary>
    public string Address => web.Urls.FirstOrDefault(url => !url.Contains("unix:", StringComparison.Ordinal)) ?? "";

    /// <param name="port">Of 127.0.0.1; zero for any that is free.</param>
    public static async Task<ApiServer> StartAsync(string folder, ICommands commands, Daemon daemon, int port, RandomSource random, TimeProvider time, CancellationToken stop)
    {
        string socket = Path.Combine(folder, SocketName);
        File.Delete(socket); // the folder's lock is ours: whoever left it is gone
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = MaxBody;
            kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeader;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.AddServerHeader = false;
            kestrel.ListenUnixSocket(socket, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(System.Net.IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddRoutingCore();
        WebApplication web = builder.Build();
        byte[] token = Token(folder, random);
        ApiServer? server = null;
        web.Use((HttpContext http, RequestDelegate next) => server!.GuardAsync(http, next));
        web.UseRouting();
        server = new ApiServer(web, commands, daemon, token, socket, time);
        try
        {
            await web.StartAsync(stop);
        }
        catch (IOException fault)
        {
            await web.DisposeAsync();
            throw new ConfigException($"the API can't listen on 127.0.0.1:{port}: {fault.InnerException?.Message ?? fault.Message}", "name another place: --api 127.0.0.1:PORT, or port 0 for any", fault);
        }
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(socket, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return server;
    }

    static byte[] Token(string folder, RandomSource random)
    {
        string path = Path.Combine(folder, TokenName);
        if (!File.Exists(path))
        {
            Span<byte> secret = stackalloc byte[32];
            random.Fill(secret);
            FileStreamOptions alone = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) alone.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using FileStream file = new(path, alone);
            file.Write(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(secret) + "\n"));
        }
        return Encoding.ASCII.GetBytes(File.ReadAllText(path).Trim());
    }

    async Task GuardAsync(HttpContext http, RequestDelegate next)
    {
        if (http.Connection.LocalIpAddress is not null && Refusal(http.Request) is { } refusal)
        {
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
            await WriteAsync(http, new Envelope("error", Error: new ApiFault("config", refusal, "the token is in api.token in the data folder")));
            return;
        }
        if (http.Connection.LocalIpAddress is not null && !rate.TryTake())
        {
            http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            await WriteAsync(http, new Envelope("error", Error: new ApiFault("limit", $"more than {RequestsPerSecond} requests a second", "ask less often")));
            return;
        }
        await next(http);
        if (http.Response is { HasStarted: false, StatusCode: StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed })
            await WriteAsync(http, new Envelope("error", Error: new ApiFault("config", "nothing is asked for in that way", "GET /api/v1/openapi.json says what can be")));
    }

    /// <summary>Why somebody on 127.0.0.1 gets nothing; null for who may ask.</summary>
    string? Refusal(HttpRequest request)
    {
        if (request.Host.Host is not ("127.0.0.1" or "localhost")) return "this address isn't ours: a name that leads here may belong to somebody else";
        if (request.Headers.Origin.Count > 0 && request.Headers.Origin != $"http://{request.Host}") return "a page of another site may not ask";
        byte[] given = Encoding.ASCII.GetBytes(request.Headers.Authorization.ToString());
        return CryptographicOperations.FixedTimeEquals(given, [.. "Bearer "u8, .. token]) ? null : "this needs the daemon's token: Authorization: Bearer TOKEN";
    }

    void Map(IEndpointRouteBuilder routes, ApiFiles files, ApiEvents events)
    {
        Map(routes, ApiCalls.Id); Map(routes, ApiCalls.Create); Map(routes, ApiCalls.Rename); Map(routes, ApiCalls.Leave); Map(routes, ApiCalls.Vaults);
        Map(routes, ApiCalls.Status); Map(routes, ApiCalls.Add); Map(routes, ApiCalls.Get); Map(routes, ApiCalls.List); Map(routes, ApiCalls.Remove);
        Map(routes, ApiCalls.Move); Map(routes, ApiCalls.Log); Map(routes, ApiCalls.Conflicts); Map(routes, ApiCalls.Resolve); Map(routes, ApiCalls.Root);
        Map(routes, ApiCalls.Prove); Map(routes, ApiCalls.Verify); Map(routes, ApiCalls.Doctor); Map(routes, ApiCalls.Collect); Map(routes, ApiCalls.Explain);
        Map(routes, ApiCalls.Backup); Map(routes, ApiCalls.Invite); Map(routes, ApiCalls.Join); Map(routes, ApiCalls.Policy); Map(routes, ApiCalls.Members); Map(routes, ApiCalls.Revoke); Map(routes, ApiCalls.Retire);
        Map(routes, ApiCalls.Peers); Map(routes, ApiCalls.Dial); Map(routes, ApiCalls.SwarmKey); Map(routes, ApiCalls.Limits); Map(routes, ApiCalls.Daemon);
        Map(routes, ApiCalls.Offer); Map(routes, ApiCalls.WhereIs); Map(routes, ApiCalls.Free); Map(routes, ApiCalls.Keep); Map(routes, ApiCalls.WhatIf);
        Map(routes, ApiCalls.Stop);
        Map(routes, ApiCalls.Watch); Map(routes, ApiCalls.Watches); Map(routes, ApiCalls.EndWatch); Map(routes, ApiCalls.ApproveWatch);
        Map(routes, ApiCalls.SendChat); Map(routes, ApiCalls.ChatLog); Map(routes, ApiCalls.ChatStanding); Map(routes, ApiCalls.ReadChat);
        Map(routes, ApiCalls.AllowChat); Map(routes, ApiCalls.VerifyChat);
        routes.MapPost("/api/v1/content", SendContentAsync);
        routes.MapPost("/api/v1/put", TakeContentAsync);
        description.AddBytes();
        Lazy<byte[]> document = new(description.ToBytes);
        routes.MapGet("/api/v1/openapi.json", http => AnswerAsync(http, () =>
        {
            http.Response.ContentType = "application/json";
            return http.Response.Body.WriteAsync(document.Value).AsTask();
        }));
        routes.MapMethods(ApiFiles.Route, [HttpMethods.Get, HttpMethods.Head], http => AnswerAsync(http, () => files.SendAsync(http)));
        routes.MapPut(ApiFiles.Route, http => AnswerAsync(http, async () =>
        {
            AnySize(http);
            await WriteAsync(http, new Envelope("success", JsonSerializer.SerializeToElement(await files.TakeAsync(http), ApiJson.Default.FilesAdded)));
        }));
        routes.MapGet("/metrics", http => AnswerAsync(http, () =>
        {
            http.Response.ContentType = OpenMetrics.ContentType;
            return http.Response.Body.WriteAsync(daemon.Metrics()).AsTask();
        }));
        routes.MapGet("/api/v1/events", http => AnswerAsync(http, async () =>
        {
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, ending.Token);
            await events.SendAsync(http, either.Token);
        }));
    }

    void Map<TRequest, TResult>(IEndpointRouteBuilder routes, ApiCall<TRequest, TResult> call)
    {
        description.Add(call.Name, call.Request, call.Result);
        routes.MapPost("/api/v1/" + call.Name, http => AnswerAsync(http, () => CallAsync(http, call)));
    }

    async Task CallAsync<TRequest, TResult>(HttpContext http, ApiCall<TRequest, TResult> call)
    {
        TRequest request = await ReadAsync(http, call.Request);
        LineProgress? progress = WantsLines(http) ? new LineProgress(http) : null;
        if (request is OfVault { Vault: { } leaving } && call.Name == ApiCalls.Leave.Name) await daemon.DetachAsync(leaving);
        TResult result = await call.Run(commands, request, progress, http.RequestAborted);
        daemon.AttachAll();
        if (progress is not null) await progress.EndAsync();
        await WriteAsync(http, new Envelope("success", JsonSerializer.SerializeToElement(result, call.Result)));
    }

    void Map<TRequest, TItem>(IEndpointRouteBuilder routes, ApiList<TRequest, TItem> list)
    {
        description.AddList(list.Name, list.Request, list.Item);
        routes.MapPost("/api/v1/" + list.Name, http => AnswerAsync(http, () => ListAsync(http, list)));
    }

    async Task ListAsync<TRequest, TItem>(HttpContext http, ApiList<TRequest, TItem> list)
    {
        TRequest request = await ReadAsync(http, list.Request);
        if (!WantsLines(http))
        {
            if (request is ShowChat { Follow: true }) throw new ConfigException("what has no end can't be one answer", $"ask with Accept: {Lines}, or without follow");
            List<JsonElement> all = [];
            await foreach (TItem item in list.Run(commands, request, http.RequestAborted)) all.Add(JsonSerializer.SerializeToElement(item, list.Item));
            await WriteAsync(http, new Envelope("success", JsonSerializer.SerializeToElement(all, ApiJson.Default.ListJsonElement)));
            return;
        }
        http.Response.ContentType = Lines;
        await foreach (TItem item in list.Run(commands, request, http.RequestAborted))
        {
            await JsonSerializer.SerializeAsync(http.Response.Body, item, list.Item, http.RequestAborted);
            await http.Response.Body.WriteAsync("\n"u8.ToArray(), http.RequestAborted);
        }
        await WriteAsync(http, new Envelope("success"));
    }

    Task SendContentAsync(HttpContext http) => AnswerAsync(http, async () =>
    {
        await using FileContent file = await commands.OpenAsync(await ReadAsync(http, ApiRequests.Default.ReadFile), http.RequestAborted);
        http.Response.ContentType = "application/octet-stream";
        http.Response.ContentLength = file.Size;
        await file.Content.CopyToAsync(http.Response.Body, http.RequestAborted);
    });

    /// <summary>The body is the content; what to do with it is in a header.</summary>
    Task TakeContentAsync(HttpContext http) => AnswerAsync(http, async () =>
    {
        AnySize(http);
        PutFile request = JsonSerializer.Deserialize(Uri.UnescapeDataString(http.Request.Headers[RequestHeader].ToString()), ApiRequests.Default.PutFile) ?? throw new JsonException();
        FilesAdded added = await commands.PutAsync(request, http.Request.Body, null, http.RequestAborted);
        await WriteAsync(http, new Envelope("success", JsonSerializer.SerializeToElement(added, ApiJson.Default.FilesAdded)));
    });

    static void AnySize(HttpContext http)
    {
        if (http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
    }

    async Task AnswerAsync(HttpContext http, Func<Task> answer)
    {
        using Activity? traced = Traces.Source.StartActivity("api", ActivityKind.Server);
        traced?.SetTag("http.request.method", http.Request.Method).SetTag("http.route", (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText);
        try
        {
            await answer();
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested || ending.IsCancellationRequested)
        {
            // Whoever asked is gone, or we are about to be.
        }
        catch (Exception fault)
        {
            if (http.Response is { HasStarted: true, ContentLength: not null })
            {
                http.Abort(); // in the middle of a file: a short answer must not pass for a whole one
                return;
            }
            ApiFault told = fault switch
            {
                ConfigException e => new("config", e.Message, e.Hint),
                VaultException e => new(e.GetType().Name.Replace("Exception", "", StringComparison.Ordinal).ToLowerInvariant(), e.Message, e.Hint),
                JsonException or Microsoft.AspNetCore.Http.BadHttpRequestException => new("config", "the request isn't the JSON that this call takes", null),
                IOException or UnauthorizedAccessException => new("io", fault.Message, null),
                _ => new("bug", "something in the program failed", "the daemon's own output says more: please report it"),
            };
            traced?.SetStatus(ActivityStatusCode.Error, told.Kind);
            if (told.Kind == "bug") daemon.Note($"a request failed: {fault}");
            if (!http.Response.HasStarted)
            {
                http.Response.Clear(); // what was said of a content that can't be sent
                http.Response.StatusCode = told.Kind == "config" ? StatusCodes.Status400BadRequest : StatusCodes.Status500InternalServerError;
            }
            await WriteAsync(http, new Envelope("error", Error: told));
        }
    }

    static async Task<T> ReadAsync<T>(HttpContext http, JsonTypeInfo<T> type) =>
        await JsonSerializer.DeserializeAsync(http.Request.Body, type, http.RequestAborted) ?? throw new JsonException();

    static bool WantsLines(HttpContext http) => http.Request.Headers.Accept == Lines;

    static async Task WriteAsync(HttpContext http, Envelope envelope)
    {
        if (!http.Response.HasStarted) http.Response.ContentType = WantsLines(http) ? Lines : "application/json";
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(envelope, ApiJson.Default.Envelope), (byte)'\n'];
        await http.Response.Body.WriteAsync(line);
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await web.StopAsync();
        await web.DisposeAsync();
        File.Delete(socket);
        ending.Dispose();
    }

    /// <summary>Lines of progress before the answer; what comes while one is being written is left out, for a newer one follows.</summary>
    sealed class LineProgress(HttpContext http) : IProgress<TransferProgress>
    {
        readonly Lock gate = new();
        Task writing = Task.CompletedTask;
        bool ended;

        public void Report(TransferProgress value)
        {
            lock (gate)
            {
                if (ended || !writing.IsCompleted) return;
                if (!http.Response.HasStarted) http.Response.ContentType = Lines;
                byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(new ApiProgress(value), ApiJson.Default.ApiProgress), (byte)'\n'];
                writing = WriteAsync(line);
            }
        }

        async Task WriteAsync(byte[] line)
        {
            await http.Response.Body.WriteAsync(line, http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
        }


        /// <summary>When it returns nothing more is written.</summary>
        public Task EndAsync()
        {
            lock (gate) ended = true;
            return writing;
        }
    }
}
