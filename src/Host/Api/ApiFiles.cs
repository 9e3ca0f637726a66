using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Headers;
using Microsoft.Net.Http.Headers;
using Vault.Catalog;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>
/// Files by their address, as curl, players and browsers ask for them: GET and HEAD /api/v1/vaults/VAULT/files/PATH, with
/// ?at=TIME an older version, and parts of one by Range; PUT stores what it brings. Content streams through, whatever its size.
/// </summary>
sealed class ApiFiles(ICommands commands, TimeProvider time)
{
    public const string Route = "/api/v1/vaults/{vault}/files/{**path}";

    const int CopyBytes = 128 << 10;

    public async Task SendAsync(HttpContext http)
    {
        await using FileContent file = await commands.OpenAsync(new ReadFile(Value(http, "vault"), Value(http, "path"), At(http.Request)), http.RequestAborted);
        RequestHeaders asked = http.Request.GetTypedHeaders();
        ResponseHeaders answer = http.Response.GetTypedHeaders();
        EntityTagHeaderValue version = new($"\"{file.Block}\"");
        answer.ETag = version;
        http.Response.Headers.AcceptRanges = "bytes";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.Headers.ContentDisposition = "attachment"; // what somebody stored is never a page of ours
        if (asked.IfNoneMatch.Any(known => known.Equals(EntityTagHeaderValue.Any) || known.Compare(version, useStrongComparison: false)))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        (long from, long length) = (0, file.Size);
        // Of several ranges at once nobody makes use: they get the whole, as the standard allows.
        if (asked.Range is { Ranges: { Count: 1 } ranges, Unit: { HasValue: true } unit } && unit == "bytes" && (asked.IfRange?.EntityTag is not { } expected || expected.Compare(version, useStrongComparison: true)))
        {
            if (Part(ranges.Single(), file.Size) is not { } part)
            {
                answer.ContentRange = new ContentRangeHeaderValue(file.Size);
                http.Response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
                return;
            }
            (from, length) = part;
            answer.ContentRange = new ContentRangeHeaderValue(from, from + length - 1, file.Size);
            http.Response.StatusCode = StatusCodes.Status206PartialContent;
        }
        http.Response.ContentType = "application/octet-stream";
        http.Response.ContentLength = length;
        if (!HttpMethods.IsHead(http.Request.Method)) await CopyAsync(file.Content, from, length, http.Response.Body, http.RequestAborted);
    }

    public Task<FilesAdded> TakeAsync(HttpContext http) =>
        commands.PutAsync(new PutFile(Value(http, "vault"), Value(http, "path")), http.Request.Body, null, http.RequestAborted);

    /// <summary>Null when nothing of the file lies in it.</summary>
    static (long From, long Length)? Part(RangeItemHeaderValue range, long size)
    {
        long from = range.From ?? Math.Max(0, size - range.To!.Value); // without a beginning: so many bytes at the end
        long to = range is { From: not null, To: { } last } ? Math.Min(last, size - 1) : size - 1;
        return from <= to ? (from, to - from + 1) : null;
    }

    static async Task CopyAsync(Stream content, long from, long length, Stream to, CancellationToken stop)
    {
        if (from > 0) content.Seek(from, SeekOrigin.Begin);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(CopyBytes);
        try
        {
            while (length > 0)
            {
                int read = await content.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, length)), stop);
                if (read == 0) throw new CorruptDataException("the file ended early");
                await to.WriteAsync(buffer.AsMemory(0, read), stop);
                length -= read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    static string Value(HttpContext http, string name) => http.Request.RouteValues[name] as string ?? "";

    DateTimeOffset? At(HttpRequest request)
    {
        if (request.Query["at"].ToString() is not { Length: > 0 } text) return null;
        return TimeText.TryParse(text, time, out DateTimeOffset at) ? at : throw new ConfigException($"'{text}' is no time", "like 2026-01-31, 2026-01-31T12:00Z, or 3d for three days ago");
    }
}
