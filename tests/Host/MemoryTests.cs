using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>What lies in the memory of a daemon without keys, searched as somebody would who has got hold of the machine.</summary>
public sealed class MemoryTests
{
    const string FileName = "holiday-at-the-sea.txt", Sentence = "a sentence that nobody else shall read";

    [FactWhereMemoryIsReadable]
    public async Task Who_holds_a_vault_without_its_keys_has_neither_names_nor_content_nor_a_key_that_reads_in_its_memory()
    {
        using TestFolder folder = new();
        await using RunningDaemon writer = await RunningDaemon.StartAsync(folder["writer"]), blind = await RunningDaemon.StartAsync(folder["blind"]);
        await writer.RunAsync(null, "create", "photos", "--copies", "2");
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 20_000).Select(line => $"{line}: {Sentence}\n")));
        await writer.RunAsync(text, "add", "photos", "-", "--as", FileName);
        await blind.RunAsync(null, "join", (await writer.JsonAsync("invite", "photos", "--role", "blind")).GetProperty("ticket").GetString()!, "--name", "photos");
        await RunningDaemon.InStepAsync(writer, blind);
        // It has stored, checked and proven all of it.
        await RunningDaemon.UntilAsync(async () => (await writer.JsonAsync("whereis", "photos")) is var found && found.GetProperty("holders").EnumerateArray()
            .Any(holder => holder.GetProperty("peer").GetString() == blind.Peer && holder.GetProperty("state").GetString() == "proven" && holder.GetProperty("blocks").GetInt64() == found.GetProperty("blocks").GetInt64()));
        Assert.True(await blind.IsWellAsync());
        await blind.TextAsync("status", "photos");

        using KeyRing ring = KeyRing.Load(new KeyFolder(Path.Combine(writer.Folder, Home.KeysFolder), RandomSource.System));
        SecretEpoch epoch = Assert.Single(ring.Entries).Keys.Current;
        (string What, byte[] Bytes)[] keys =
        [
            Key("read secret", epoch.ReadSecret), Key("record key", epoch.Record), Key("convergence key", epoch.Convergence), Key("chunker key", epoch.Chunker),
            Key("room key", epoch.Room), Key("position key", Assert.Single(ring.Entries).Keys.PositionKey),
        ];
        (string What, byte[] Bytes)[] secrets = [.. keys, .. Forms("name", FileName), .. Forms("content", Sentence)], all = [.. secrets, ("sync secret", epoch.SyncSecret.Span.ToArray())];

        // It is searched well: it finds there what the device may have, and in the writer's memory what it has shown and the key that it reads with.
        Assert.Equal(["sync secret"], await FoundAsync(blind, all));
        await RunningDaemon.UntilAsync(async () =>
        {
            Assert.Contains(FileName, await writer.TextAsync("ls", "photos"), StringComparison.Ordinal);
            Assert.Equal(text, await writer.RunAsync(null, "cat", "photos", FileName));
            return await FoundAsync(writer, secrets) is var found && found.Contains("name") && found.Contains("content") && found.Contains("read secret");
        });
    }

    static (string What, byte[] Bytes) Key(string what, SecretBytes key) => (what, key.Span.ToArray());

    static IEnumerable<(string What, byte[] Bytes)> Forms(string what, string text) => [(what, Encoding.UTF8.GetBytes(text)), (what, Encoding.Unicode.GetBytes(text))];

    /// <summary>Which of these lie in what the process can read itself, while it stands still.</summary>
    static async Task<string[]> FoundAsync(RunningDaemon daemon, (string What, byte[] Bytes)[] sought)
    {
        await SignalAsync("-STOP");
        try
        {
            using ProcessMemory memory = new(daemon.ProcessId);
            HashSet<string> found = [];
            long searched = memory.Search(sought, found);
            Assert.True(searched > 20_000_000, $"{searched} bytes were searched");
            return [.. found.Order(StringComparer.Ordinal)];
        }
        finally
        {
            await SignalAsync("-CONT");
        }

        async Task SignalAsync(string signal)
        {
            using Process kill = Process.Start("kill", [signal, daemon.ProcessId.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
        }
    }
}

/// <summary>The memory of another process of this user.</summary>
sealed class ProcessMemory(int process) : IDisposable
{
    /// <summary>Longer than anything that is sought: what lies across two pieces is found in the second.</summary>
    const int Overlap = 256;

    readonly SafeFileHandle memory = File.OpenHandle($"/proc/{process}/mem");

    /// <returns>How many bytes were there that weren't zero all over their piece.</returns>
    public long Search((string What, byte[] Bytes)[] sought, HashSet<string> found)
    {
        byte[] piece = new byte[1 << 20];
        long searched = 0;
        foreach ((long start, long end) in Regions())
            for (long at = start; at < end; at += piece.Length - Overlap)
            {
                Span<byte> bytes = piece.AsSpan(0, Read(at, piece.AsSpan(0, (int)Math.Min(piece.Length, end - at))));
                if (bytes.IndexOfAnyExcept((byte)0) < 0) continue;
                searched += bytes.Length;
                foreach ((string what, byte[] wanted) in sought)
                    if (!found.Contains(what) && bytes.IndexOf(wanted) >= 0) found.Add(what);
            }
        return searched;
    }

    /// <summary>Private ones that can be read.</summary>
    IEnumerable<(long Start, long End)> Regions()
    {
        foreach (string line in File.ReadLines($"/proc/{process}/maps"))
        {
            string[] parts = line.Split(' ');
            string[] range = parts[0].Split('-');
            if (parts[1][0] != 'r' || parts[1][3] != 'p' || line.EndsWith("[vsyscall]", StringComparison.Ordinal)) continue;
            yield return (long.Parse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture), long.Parse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        }
    }

    int Read(long at, Span<byte> into)
    {
        try
        {
            return RandomAccess.Read(memory, into, at);
        }
        catch (IOException)
        {
            return 0; // the kernel's own page, or behind the end of a mapped file
        }
    }

    public void Dispose() => memory.Dispose();

    /// <summary>Why it can't be read; null where it can.</summary>
    public static string? Missing
    {
        get
        {
            if (!OperatingSystem.IsLinux()) return "there is no /proc/PID/mem on this system";
            using Process other = Process.Start(new ProcessStartInfo("cat") { RedirectStandardInput = true })!;
            try
            {
                using ProcessMemory memory = new(other.Id);
                return memory.Regions().Any(region => memory.Read(region.Start, new byte[1]) > 0) ? null : "the memory of another process reads as nothing here";
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                return $"the memory of another process can't be read here: {refused.Message}";
            }
            finally
            {
                other.StandardInput.Close();
                other.WaitForExit();
            }
        }
    }
}

[AttributeUsage(AttributeTargets.Method)]
sealed class FactWhereMemoryIsReadableAttribute : FactAttribute
{
    public FactWhereMemoryIsReadableAttribute() => Skip = ProcessMemory.Missing;
}
