using System.Text.Json;
using Vault.Primitives;
using Vault.Tests.Faults;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>kill -9 at calls of chance while something is said, and while it is received.</summary>
public sealed class ChatKilledTests
{
    static IEnumerable<ulong> Seeds => Environment.GetEnvironmentVariable("VAULT_SEED") is null
        ? Enumerable.Range(0, LongRun.Cases(few: 2, many: 50)).Select(seed => (ulong)seed)
        : [Seed.FromEnvironment().Value];

    [FactWithPowerCut]
    public async Task What_a_sender_was_told_is_there_and_no_place_in_its_chain_is_used_twice()
    {
        const int usualCalls = 30, sends = 6;
        int struck = 0;
        foreach (ulong seed in Seeds)
        {
            using TestFolder folder = new();
            RandomSource random = RandomSource.Seeded(seed);
            Assert.Equal(0, (await RunAsync(folder, null, "create", "photos")).ExitCode);
            List<string> acknowledged = [], seen = [];
            for (int i = 0; i < sends; i++)
            {
                FaultedRun run = await RunAsync(folder, (random.Below(usualCalls) + 1, (Strike)random.Below(3)), "chat", "send", "photos", $"message {i}", "--json");
                if (run.Struck) struck++;
                else Assert.True(run.ExitCode == 0, $"{run.Errors}: replay with VAULT_SEED={seed}");
                acknowledged.AddRange(run.Lines.Where(line => line.EndsWith('}')).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("id").GetString()!));
                JsonElement[] log = [.. (await RunAsync(folder, null, "chat", "log", "photos", "--json")).Lines.Select(line => JsonDocument.Parse(line).RootElement)];
                string[] ids = [.. log.Select(line => line.GetProperty("id").GetString()!)];
                Assert.True(!acknowledged.Except(ids).Any(), $"an acknowledged message is lost: replay with VAULT_SEED={seed}");
                Assert.True(seen.SequenceEqual(ids.Take(seen.Count)), $"what was in the log changed: replay with VAULT_SEED={seed}");
                Assert.Equal(Enumerable.Range(1, log.Length), log.Select(line => line.GetProperty("seq").GetInt32()));
                seen = [.. ids];
            }
            FaultedRun verified = await RunAsync(folder, null, "chat", "verify", "photos");
            Assert.True(verified.ExitCode == 0, $"{string.Join('\n', verified.Lines)}: replay with VAULT_SEED={seed}");
        }
        Assert.NotEqual(0, struck);
    }

    [Fact]
    public async Task Daemons_that_are_killed_while_they_send_and_receive_lose_nothing_that_was_acknowledged()
    {
        foreach (ulong seed in Seeds.Take(LongRun.Cases(few: 1, many: 50)))
        {
            using TestFolder folder = new();
            RandomSource random = RandomSource.Seeded(seed);
            List<string> acknowledged = [];
            RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]), second = await RunningDaemon.StartAsync(folder["second"]);
            try
            {
                await first.RunAsync(null, "create", "photos");
                await second.RunAsync(null, "join", "--name", "photos", (await first.JsonAsync("invite", "photos", "--role", "write")).GetProperty("ticket").GetString()!);
                for (int round = 0; round < 3; round++)
                {
                    RunningDaemon sender = random.Below(2) == 0 ? first : second, victim = random.Below(2) == 0 ? first : second;
                    Task<(int Code, byte[] Output, string Error)>[] sends = [.. Enumerable.Range(0, 2 + random.Below(6)).Select(i => sender.TryAsync(null, "chat", "send", "photos", $"{round}.{i}", "--json"))];
                    for (int wait = random.Below(sends.Length); wait >= 0; wait--) await Task.WhenAny(sends.Where(send => !send.IsCompleted).Append(sends[0]));
                    await victim.KillAsync(); // while others are on their way
                    foreach ((int code, byte[] output, _) in await Task.WhenAll(sends))
                        if (code == 0) acknowledged.Add(JsonDocument.Parse(output).RootElement.GetProperty("id").GetString()!);
                    RunningDaemon again = await RunningDaemon.StartAsync(victim.Folder, victim.Port); // two that both moved before they met again couldn't find each other
                    await victim.DisposeAsync();
                    (first, second) = victim == first ? (again, second) : (first, again);
                }
                Assert.NotEmpty(acknowledged);
                await RunningDaemon.UntilAsync(async () =>
                {
                    IReadOnlyList<string> there = await IdsAsync(first), elsewhere = await IdsAsync(second);
                    return there.SequenceEqual(elsewhere) && !acknowledged.Except(there).Any();
                });
                foreach (RunningDaemon daemon in (RunningDaemon[])[first, second])
                {
                    JsonElement verified = await daemon.JsonAsync("chat", "verify", "photos");
                    Assert.True(verified.GetProperty("ok").GetBoolean(), $"{verified}: replay with VAULT_SEED={seed}");
                }
            }
            finally
            {
                await first.DisposeAsync();
                await second.DisposeAsync();
            }
        }
    }

    static async Task<IReadOnlyList<string>> IdsAsync(RunningDaemon at) =>
        [.. (await at.TextAsync("chat", "log", "photos", "--json")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("id").GetString()!)];

    static async Task<FaultedRun> RunAsync(TestFolder folder, (int At, Strike How)? strike, params string[] arguments)
    {
        FaultedProcess process = new(Transcript.Program, ["--data", folder["root/data"], .. arguments], folder["root"], folder["records"])
        {
            Environment = new Dictionary<string, string?> { ["DOTNET_ROOT"] = Transcript.RuntimeRoot, ["VAULT_PASSPHRASE"] = null },
            At = strike?.At,
            How = strike?.How ?? default,
        };
        FaultedRun run = await process.Run();
        Directory.Delete(folder["records"], recursive: true);
        return run;
    }
}
