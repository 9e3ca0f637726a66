using System.Diagnostics;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Store.Tests;

/// <summary>A test that needs a file system of its own; it is skipped, with the reason, where mounting one isn't permitted.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TheoryWhenMountableAttribute : TheoryAttribute
{
    public TheoryWhenMountableAttribute()
    {
        if (!SmallDisk.Permitted.Value) Skip = "needs the right to mount a tmpfs (root): a full disk can't be made otherwise";
    }
}

/// <summary>A tmpfs of a few megabytes.</summary>
sealed class SmallDisk : IDisposable
{
    internal static Lazy<bool> Permitted { get; } = new(() =>
    {
        using TestFolder folder = new();
        if (!Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder.Path)) return false;
        Run("umount", folder.Path);
        return true;
    });

    readonly TestFolder folder = new();

    internal SmallDisk(int megabytes)
    {
        if (!Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", folder.Path)) throw new InvalidOperationException("mount failed");
    }

    internal string this[string name] => folder[name];

    internal void Fill()
    {
        using FileStream file = File.Create(folder["filler"], 1);
        byte[] page = new byte[4096];
        try
        {
            while (true) file.Write(page);
        }
        catch (IOException)
        {
            // full, which is what was wanted
        }
    }

    internal void Empty() => File.Delete(folder["filler"]);

    public void Dispose()
    {
        Run("umount", folder.Path);
        folder.Dispose();
    }

    static bool Run(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // no such program
        }
    }
}

public sealed class FullDiskTests
{
    static readonly Family Main = new("main");

    // 64 commits of 60,000 bytes fill the write buffer in such a way that the log fails at its very first record, which is
    // where RocksDB 7.8.3 would go on with the broken log.
    [TheoryWhenMountable]
    [InlineData(Durability.Synced)]
    [InlineData(Durability.Unlogged)]
    public async Task A_full_disk_is_said_clearly_loses_nothing_and_is_over_when_there_is_room(Durability durability)
    {
        using SmallDisk disk = new(16);
        using StoreMemory memory = new(1 << 20);
        DatabaseOptions options = new()
        {
            Path = disk["db"], Families = [Main], Memory = memory, WriteBufferBytes = 2 << 20, Blobs = new BlobOptions(),
        };
        byte[] value = RandomSource.Seeded(1).Bytes(60_000);
        int stored = 0;
        using (RocksDatabase database = RocksDatabase.Open(options))
        {
            for (; stored < 50; stored++) Put(database, stored, value, durability);
            disk.Fill();
            StoreException full = Assert.Throws<StoreException>(() =>
            {
                for (; stored < 1000; stored++) Put(database, stored, value, durability);
            });
            Assert.Contains("the disk is full", full.Message);
            Assert.NotNull(full.Hint);
            Assert.Throws<StoreException>(() => Put(database, stored, value, durability));
            if (durability == Durability.Unlogged) Assert.Throws<StoreException>(database.Flush);
            for (int n = 0; n < stored; n++) Assert.NotNull(database.Get(Main, [(byte)n, (byte)(n >> 8)]));
            disk.Empty();
            await UntilItGoesOn(() => Put(database, stored, value, durability));
            stored++;
            database.Flush();
            for (int n = 0; n < stored; n++) Assert.NotNull(database.Get(Main, [(byte)n, (byte)(n >> 8)]));
        }
        using RocksDatabase again = RocksDatabase.Open(options);
        Assert.Null(again.Opening.LogCutShort);
        for (int n = 0; n < stored; n++) Assert.Equal(value, again.Get(Main, [(byte)n, (byte)(n >> 8)]));
    }

    static void Put(RocksDatabase database, int n, byte[] value, Durability durability) =>
        database.Commit(new Batch().Put(Main, new[] { (byte)n, (byte)(n >> 8) }, value), durability);

    // RocksDB looks every five seconds whether there is room again, and tells nobody: the only way is to ask.
    static async Task UntilItGoesOn(Action action)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(50));
        for (int attempts = 0; await timer.WaitForNextTickAsync(); attempts++)
        {
            try
            {
                action();
                return;
            }
            catch (StoreException) when (attempts < 1000)
            {
            }
        }
    }
}
