using System.Text.Json;
using Vault.Primitives;
using Vault.Tests.Faults;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>A disk that fills up while a daemon receives. Processes of the real program.</summary>
public sealed class FullDiskTests
{
    const int DiskMebibytes = 96, RoomBytes = 16 << 20, FilmBytes = 24_000_000;

    static async Task<string> TicketAsync(RunningDaemon from) => (await from.JsonAsync("invite", "photos")).GetProperty("ticket").GetString()!;

    static bool IsFull(string says) => says.Contains("the disk is full", StringComparison.Ordinal) || says.Contains("the disk is nearly full", StringComparison.Ordinal);

    [FactWhenMountable]
    public async Task Who_has_no_room_says_so_and_holds_nobody_up_and_catches_up_when_there_is_room()
    {
        using LimitedDisk disk = new(DiskMebibytes);
        using TestFolder folder = new();
        byte[] film = RandomSource.Seeded(9).Bytes(FilmBytes);
        await using RunningDaemon owner = await RunningDaemon.StartAsync(folder["owner"]), roomy = await RunningDaemon.StartAsync(folder["roomy"]), full = await RunningDaemon.StartAsync(Path.Combine(disk.Path, "data"));
        await owner.RunAsync(null, "create", "photos");
        foreach (RunningDaemon other in (RunningDaemon[])[roomy, full]) await other.RunAsync(null, "join", "--name", "photos", await TicketAsync(owner));
        await owner.RunAsync("before"u8.ToArray(), "add", "photos", "-", "--as", "before");
        await RunningDaemon.InStepAsync(owner, roomy);
        await RunningDaemon.InStepAsync(owner, full);

        string ballast = Path.Combine(disk.Path, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[disk.FreeBytes - RoomBytes]);
        await owner.RunAsync(film, "add", "photos", "-", "--as", "film.mkv");
        await RunningDaemon.UntilAsync(async () => (await full.VaultAsync()).TryGetProperty("fault", out JsonElement fault) && fault.GetString() is { } says && IsFull(says));
        Assert.True(IsFull(await full.TextAsync("daemon", "status")));

        await RunningDaemon.InStepAsync(owner, roomy);
        Assert.Equal(film, await roomy.RunAsync(null, "cat", "photos", "film.mkv"));
        await roomy.RunAsync("meanwhile"u8.ToArray(), "add", "photos", "-", "--as", "meanwhile");
        await RunningDaemon.InStepAsync(roomy, owner);
        Assert.Equal("before"u8.ToArray(), await full.RunAsync(null, "cat", "photos", "before")); // what was there can be read all the same
        (int code, _, string error) = await full.TryAsync(null, "get", "photos", "film.mkv", "-o", folder["gotten"]);
        Assert.True(code == 1 && IsFull(error), error);

        File.Delete(ballast);
        await RunningDaemon.InStepAsync(owner, full);
        Assert.Equal(film, await full.RunAsync(null, "cat", "photos", "film.mkv"));
        Assert.Equal("meanwhile"u8.ToArray(), await full.RunAsync(null, "cat", "photos", "meanwhile"));
        Assert.False((await full.VaultAsync()).TryGetProperty("fault", out JsonElement gone) && gone.ValueKind != JsonValueKind.Null);
        foreach (RunningDaemon device in (RunningDaemon[])[owner, roomy, full]) Assert.Equal(0, (await device.TryAsync(null, "verify")).Code);
    }
}
