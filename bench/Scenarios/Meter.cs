using System.Diagnostics;
using System.Globalization;

namespace Vault.Bench;

/// <summary>
/// What the process has used since the meter was made. Written bytes are those that the kernel charges to this process as it
/// dirties the page cache (write_bytes of /proc/self/io): what will go to the device on its account, also for a file that is
/// deleted before it got there.
/// </summary>
sealed class Meter
{
    readonly long start = Stopwatch.GetTimestamp(), writtenBefore = WrittenByProcess();
    readonly TimeSpan cpuBefore = Environment.CpuUsage.TotalTime;

    public double Seconds => Stopwatch.GetElapsedTime(start).TotalSeconds;
    public double CpuSeconds => (Environment.CpuUsage.TotalTime - cpuBefore).TotalSeconds;
    public long WrittenBytes => WrittenByProcess() - writtenBefore;

    /// <summary>Of the whole process: the kernel keeps no other.</summary>
    public static long PeakBytes => 1024 * Field("/proc/self/status", "VmHWM:");

    static long WrittenByProcess() => Field("/proc/self/io", "write_bytes:");

    static long Field(string file, string name) =>
        long.Parse(File.ReadLines(file).First(line => line.StartsWith(name, StringComparison.Ordinal)).Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
