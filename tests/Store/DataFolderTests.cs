using System.Diagnostics;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Store.Tests;

public sealed class DataFolderTests : IDisposable
{
    readonly TestFolder folder = new();

    [Fact]
    public void A_second_owner_is_refused_and_told_who_holds_it()
    {
        using DataFolder data = DataFolder.Take(folder["data"], "vault daemon run", TimeProvider.System);
        StoreException refused = Assert.Throws<StoreException>(() => DataFolder.Take(folder["data"], "vault add", TimeProvider.System));
        Assert.StartsWith($"the store is in use by process {Environment.ProcessId} (vault daemon run), since 20", refused.Message);
        Assert.NotNull(refused.Hint);
    }

    [Fact]
    public void After_the_owner_the_next_one()
    {
        DataFolder.Take(folder["data"], "first", TimeProvider.System).Dispose();
        using DataFolder data = DataFolder.Take(folder["data"], "second", TimeProvider.System);
    }

    [Fact]
    public async Task Who_waits_a_little_gets_it_from_a_short_owner_and_hears_of_a_long_one()
    {
        DataFolder first = DataFolder.Take(folder["data"], "vault ls", TimeProvider.System);
        DateTime then = DataFolder.LastTaken(folder["data"]);
        Task<DataFolder> waiting = DataFolder.TakeAsync(folder["data"], "vault daemon run", TimeProvider.System, default);
        Assert.False(waiting.IsCompleted);
        first.Dispose();
        using DataFolder second = await waiting;
        Assert.NotEqual(then, DataFolder.LastTaken(folder["data"]));
        StoreException refused = await Assert.ThrowsAsync<StoreException>(() => DataFolder.TakeAsync(folder["data"], "vault add", TimeProvider.System, default));
        Assert.Contains("(vault daemon run)", refused.Message, StringComparison.Ordinal);
        using CancellationTokenSource impatient = new();
        Task<DataFolder> third = DataFolder.TakeAsync(folder["data"], "vault add", TimeProvider.System, impatient.Token);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third);
    }

    [Fact]
    public void Folders_are_for_their_owner_alone()
    {
        if (OperatingSystem.IsWindows()) return; // no such modes there
        using DataFolder data = DataFolder.Take(folder["data"], "vault", TimeProvider.System);
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Assert.Equal(Private, File.GetUnixFileMode(data.FullPath));
        Assert.Equal(Private, File.GetUnixFileMode(data.Subfolder("blocks")));
    }

    [Fact]
    public async Task Another_processs_lock_counts_and_ends_with_the_process_however_it_ends()
    {
        Directory.CreateDirectory(folder["data"]);
        await File.WriteAllTextAsync(Path.Combine(folder["data"], "owner"), "\u001b[31mprocess 1 (something), since long\n");
        ProcessStartInfo start = new("flock", [Path.Combine(folder["data"], "lock"), "sh", "-c", "echo held; cat"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        };
        using Process other = Process.Start(start)!;
        Assert.Equal("held", await other.StandardOutput.ReadLineAsync());
        StoreException refused = Assert.Throws<StoreException>(() => DataFolder.Take(folder["data"], "vault", TimeProvider.System));
        Assert.Equal("the store is in use by [31mprocess 1 (something), since long", refused.Message); // no control character gets to the terminal
        other.Kill(entireProcessTree: true);
        await other.WaitForExitAsync();
        await other.StandardOutput.ReadToEndAsync(); // ends when the last process that had the lock is gone
        using DataFolder data = DataFolder.Take(folder["data"], "vault", TimeProvider.System);
    }

    public void Dispose() => folder.Dispose();
}

public sealed class DiskSpaceTests
{
    const long MiB = 1L << 20, GiB = 1L << 30;

    [Theory]
    [InlineData(10 * GiB, 10 * GiB / 100)]
    [InlineData(1000 * GiB, 512 * MiB)]
    public void The_reserve_is_a_hundredth_and_no_more_than_half_a_gibibyte(long total, long reserve) => Assert.Equal(reserve, DiskSpace.Reserve(total));

    [Fact]
    public void What_would_cut_into_the_reserve_is_refused()
    {
        DiskSpace space = new("/data", () => (600 * MiB, 1000 * GiB));
        Assert.Equal(88 * MiB, space.Usable());
        space.Demand(88 * MiB);
        StoreException refused = Assert.Throws<StoreException>(() => space.Demand(88 * MiB + 1));
        Assert.Equal("the disk is nearly full: 600.0 MiB are free at /data, 512.0 MiB are kept so that a full disk can still be cleaned", refused.Message);
    }

    [Fact]
    public void The_system_tells_the_space_of_a_folder()
    {
        using TestFolder folder = new();
        Assert.True(DiskSpace.Of(folder.Path).Usable() > 0);
    }
}
