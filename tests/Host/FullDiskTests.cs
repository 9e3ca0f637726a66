using System.Text.Json;
using Vault.Primitives;
using Vault.Tests.Faults;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>A disk that fills up while a daemon receives. Processes of the real program.</summary>
public sealed class FullDiskTests
{
    const int DiskMebibytes = 96, RoomBytes = 8 << 20, FilmBytes = 16_000_000;

    static bool IsFull(string says) => says.Contains("the disk is full", StringComparison.Ordinal) || says.Contains("the disk is nearly full", StringComparison.Ordinal);

    [FactWhenMountable]
    public async Task Who_has_no_room_says_so_and_holds_nobody_up_and_catches_up_when_there_is_room()
    {
        using LimitedDisk disk = new(DiskMebibytes);
        using TestFolder folder = new();
        byte[] film = RandomSource.Seeded(9).Bytes(FilmBytes);
        await using RunningDaemon owner = await RunningDaemon.StartAsync(folder["owner"]), full = await RunningDaemon.StartAsync(Path.Combine(disk.Path, "data"));
        await owner.AskAsync("create", new { name = "photos" });
        await full.JoinAsync(await owner.InviteAsync());
        await owner.PutAsync("before", "before"u8.ToArray());
        await RunningDaemon.InStepAsync(owner, full);

        string ballast = Path.Combine(disk.Path, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[disk.FreeBytes - RoomBytes]);
        await owner.PutAsync("film.mkv", film);
        await RunningDaemon.UntilAsync(async () => (await full.VaultAsync()).TryGetProperty("fault", out JsonElement fault) && IsFull(fault.GetString() ?? ""));
        (int code, _, string error) = await full.TryAsync(null, "get", "photos", "film.mkv", "-o", folder["gotten"]);
        Assert.True(code == 1 && IsFull(error), error);
        Assert.Equal("before"u8.ToArray(), await full.RunAsync(null, "cat", "photos", "before")); // what was there can be read all the same
        await owner.PutAsync("meanwhile", "meanwhile"u8.ToArray());
        Assert.Equal(film, await owner.RunAsync(null, "cat", "photos", "film.mkv"));

        File.Delete(ballast);
        await RunningDaemon.InStepAsync(owner, full);
        Assert.False((await full.VaultAsync()).TryGetProperty("fault", out JsonElement gone) && gone.ValueKind != JsonValueKind.Null);
        Assert.Equal(film, await full.RunAsync(null, "cat", "photos", "film.mkv"));
        Assert.Equal("meanwhile"u8.ToArray(), await full.RunAsync(null, "cat", "photos", "meanwhile"));
        foreach (RunningDaemon device in (RunningDaemon[])[owner, full]) Assert.True(await device.IsWellAsync());
    }
}
