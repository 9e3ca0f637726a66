using Xunit;

namespace Vault.Tests.Faults.Tests;

public sealed class LimitedDiskTests
{
    [FactWhenMountable]
    public void It_fills_up_and_is_gone_afterwards()
    {
        string path;
        using (LimitedDisk disk = new(2))
        {
            path = disk.Path;
            Assert.InRange(disk.FreeBytes, 1 << 20, 2 << 20);
            using FileStream open = File.Create(Path.Combine(path, "big"));
            IOException full = Assert.Throws<IOException>(() =>
            {
                open.Write(new byte[3 << 20]);
                open.Flush(flushToDisk: true);
            });
            Assert.Contains("No space left", full.Message);
        }
        Assert.False(Directory.Exists(path));
    }
}
