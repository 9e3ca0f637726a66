using System.Text.Json;
using Vault.Host;
using Xunit;

namespace Vault.Simulation.Tests.Worlds;

/// <summary>vault sim as people call it.</summary>
public sealed class SimCommandTests
{
    static async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        int code = await CommandLine.RunAsync(arguments, new Terminal(output, error, _ => null));
        return (code, output.ToString() + error);
    }

    [Fact]
    public async Task It_tells_what_a_run_showed_and_the_same_of_the_same_seed()
    {
        string[] arguments = ["sim", "--nodes", "4", "--hours", "0.05", "--messages", "400", "--seed", "5", "--json"];
        (int code, string told) = await RunAsync(arguments);
        JsonElement run = JsonDocument.Parse(told).RootElement;
        Assert.Equal(0, code);
        Assert.True(run.GetProperty("ok").GetBoolean());
        Assert.True(run.GetProperty("messages").GetInt32() > 0);
        JsonElement again = JsonDocument.Parse((await RunAsync(arguments)).Output).RootElement;
        Assert.Equal(run.GetProperty("digest").GetString(), again.GetProperty("digest").GetString());
    }

    [Theory]
    [InlineData("--nodes", "1")]
    [InlineData("--loss", "99")]
    [InlineData("--hours", "soon")]
    public async Task What_cant_be_simulated_is_a_usage_error(string option, string value) => Assert.Equal(2, (await RunAsync("sim", option, value)).Code);
}
