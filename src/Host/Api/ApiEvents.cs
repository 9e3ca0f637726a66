using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>GET /api/v1/events: what happens, as it happens, as server-sent events whose names are the kinds of <see cref="DaemonEvent"/>.</summary>
sealed class ApiEvents(DaemonEvents events, TimeProvider time)
{
    /// <summary>Something is sent at least this often: who is gone is noticed, and nobody between closes a silent connection.</summary>
    static readonly TimeSpan Sign = TimeSpan.FromSeconds(15);

    public async Task SendAsync(HttpContext http, CancellationToken stop)
    {
        using DaemonEvents.Listener listener = events.Listen() ?? throw new ConfigException("too many listen already", "end one of them");
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        await SayAsync(http, ": what happens from now on\n\n"u8.ToArray(), stop);
        Task<bool> more = listener.Waiting.WaitToReadAsync(stop).AsTask();
        while (true)
        {
            using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
            if (await Task.WhenAny(more, Task.Delay(Sign, time, ended.Token)) != more) await SayAsync(http, ": still here\n\n"u8.ToArray(), stop);
            else
            {
                await ended.CancelAsync();
                if (!await more) return;
                while (listener.Waiting.TryRead(out DaemonEvent? happened))
                    await SayAsync(http, [.. "event: "u8, .. System.Text.Encoding.ASCII.GetBytes(happened.Kind), .. "\ndata: "u8, .. JsonSerializer.SerializeToUtf8Bytes(happened, ApiJson.Default.DaemonEvent), .. "\n\n"u8], stop);
                more = listener.Waiting.WaitToReadAsync(stop).AsTask();
            }
        }
    }

    static async Task SayAsync(HttpContext http, byte[] text, CancellationToken stop)
    {
        await http.Response.Body.WriteAsync(text, stop);
        await http.Response.Body.FlushAsync(stop);
    }
}
