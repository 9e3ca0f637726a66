using System.Globalization;
using System.Runtime.InteropServices;
using Xunit;

namespace Vault.Tests.Faults;

/// <summary>
/// A small file system of its own that can be filled up: a tmpfs, which takes root. It is unmounted when disposed, at the end
/// of the process, or, if that was killed, by the next process that makes one.
/// </summary>
public sealed partial class LimitedDisk : IDisposable
{
    const int Detach = 2; // MNT_DETACH: works with files still open, too
    const string Prefix = "vault-disk-";

    static readonly Lazy<string?> missing = new(Try);

    readonly string path;
    readonly EventHandler exit;
    bool mounted;

    public LimitedDisk(int mebibytes)
    {
        RemoveLeftovers();
        path = Directory.CreateTempSubdirectory($"{Prefix}{Environment.ProcessId}-").FullName;
        if (mount("vault", path, "tmpfs", 0, $"size={mebibytes}m") != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            Directory.Delete(path);
            throw new IOException($"can't mount a tmpfs: {Marshal.GetPInvokeErrorMessage(error)}");
        }
        mounted = true;
        exit = (_, _) => Dispose();
        AppDomain.CurrentDomain.ProcessExit += exit;
    }

    public string Path => path;

    public long FreeBytes => new DriveInfo(path).AvailableFreeSpace;

    /// <summary>Takes all the room that is left.</summary>
    public void Fill()
    {
        using FileStream file = File.Create(Filler, 1);
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

    /// <summary>Gives back what <see cref="Fill"/> took.</summary>
    public void Empty() => File.Delete(Filler);

    string Filler => System.IO.Path.Combine(path, "filler");

    /// <summary>Why this machine can't have one; null when it can.</summary>
    public static string? Missing => missing.Value;

    public void Dispose()
    {
        if (!mounted) return;
        mounted = false;
        AppDomain.CurrentDomain.ProcessExit -= exit;
        Remove(path);
    }

    static string? Try()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess) return "mounting a small disk takes root on Linux";
        try
        {
            using LimitedDisk disk = new(1);
            return null;
        }
        catch (IOException refusal)
        {
            return refusal.Message;
        }
    }

    static void RemoveLeftovers()
    {
        foreach (string left in Directory.EnumerateDirectories(System.IO.Path.GetTempPath(), $"{Prefix}*"))
        {
            string owner = System.IO.Path.GetFileName(left)[Prefix.Length..].Split('-')[0];
            if (int.TryParse(owner, CultureInfo.InvariantCulture, out int process) && !Directory.Exists($"/proc/{process}")) Remove(left);
        }
    }

    static void Remove(string folder)
    {
        if (umount2(folder, Detach) == 0) Directory.Delete(folder);
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mount(string source, string target, string type, nuint flags, string data);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int umount2(string target, int flags);
}

/// <summary>A test that makes a <see cref="LimitedDisk"/>; skipped, with the reason, where that can't be done.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FactWhenMountableAttribute : FactAttribute
{
    public FactWhenMountableAttribute() => Skip = LimitedDisk.Missing;
}
