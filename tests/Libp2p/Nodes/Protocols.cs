using System.Buffers;
using System.IO.Pipelines;

namespace Vault.Libp2p.Tests.Nodes;

/// <summary>Small protocols for tests.</summary>
static class Protocols
{
    public const string Echo = "/echo/1.0.0";

    public static async Task EchoAsync(PeerStream stream, CancellationToken cancel)
    {
        while (true)
        {
            ReadResult result = await stream.Input.ReadAsync(cancel);
            foreach (ReadOnlyMemory<byte> segment in result.Buffer) await stream.Output.WriteAsync(segment, cancel);
            stream.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) return;
        }
    }

    public static async Task<byte[]> ReadAllAsync(PipeReader input)
    {
        while (true)
        {
            ReadResult result = await input.ReadAsync();
            if (result.IsCompleted) return result.Buffer.ToArray();
            input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    /// <summary>Everything that comes, counted and let go.</summary>
    public static async Task<long> CountAsync(PipeReader input, long most = long.MaxValue)
    {
        for (long count = 0; ;)
        {
            ReadResult result = await input.ReadAsync();
            count += result.Buffer.Length;
            input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted || count >= most) return count;
        }
    }
}
