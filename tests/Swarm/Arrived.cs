using System.IO.Pipelines;
using Vault.Primitives;

namespace Vault.Swarm.Tests;

/// <summary>What a peer was sent, whatever it was.</summary>
static class Arrived
{
    /// <summary>Bytes that came before the stream was cut or ended.</summary>
    public static async Task<long> CountAsync(PipeReader input)
    {
        long count = 0;
        try
        {
            while (true)
            {
                ReadResult result = await input.ReadAsync();
                count += result.Buffer.Length;
                input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted) return count;
            }
        }
        catch (ProtocolException)
        {
            return count;
        }
    }
}
