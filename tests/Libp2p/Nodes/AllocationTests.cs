using System.Text.Json.Nodes;
using Vault.Libp2p.Psk;
using Vault.Libp2p.Tests.Namespaces;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Libp2p.Tests.Nodes;

/// <summary>The path of a frame, measured in processes of their own, where nothing else allocates.</summary>
public sealed class AllocationTests : IDisposable
{
    const int Warm = 32 << 20, Measured = 128 << 20, Frame = 64 * 1024;

    readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("upload")]
    [InlineData("download")]
    public async Task A_frame_costs_no_allocation_once_buffers_are_pooled(string direction)
    {
        string psk = folder["swarm.key"];
        using (PreSharedKey key = PreSharedKey.Generate(RandomSource.System)) File.WriteAllText(psk, key.ToFile());
        string[] command = ["dotnet", Path.Combine(AppContext.BaseDirectory, "Vault.Libp2p.TestHost.dll"), "--psk", psk];
        await using HostProcess one = new(command), other = new(command);
        await one.ReadyAsync();
        await other.ReadyAsync();
        await one.AskAsync("dial", ("addr", other.Address));
        for (int i = 0; i < 3; i++) await one.AskAsync("perf", ("peer", other.Id), (direction, Warm));
        JsonObject answer = await one.AskAsync("perf", ("peer", other.Id), (direction, Measured));
        // The runtime counts in steps of a few KiB for each thread; one object a frame would be three times this.
        long perFrame = (long)answer["allocated"]! / (Measured / Frame);
        Assert.True(perFrame < 64, $"{perFrame} bytes a frame: {answer.ToJsonString()}");
    }
}
