using Vault.Primitives;

namespace Vault.Tests.Faults;

public enum DatabaseFile { Table, Blob, Log, Manifest, Current, Options, Segment }

public enum Damage { Truncated, Zeroed, Flipped }

/// <summary>Damages one file of a closed RocksDB database or one of the segments beside it, as bad disks and careless copies do. The same seed does the same.</summary>
public static class Corruption
{
    const int LongestRange = 8192; // a few disk sectors, or two pages

    static readonly string[] patterns = ["*.sst", "*.blob", "*.log", "MANIFEST-*", "CURRENT", "OPTIONS-*", "*.seg"];

    /// <summary>What was done, in one line for the failure message; null when the folder has no such file with bytes in it.</summary>
    public static string? Apply(string folder, DatabaseFile kind, Damage damage, ulong seed)
    {
        RandomSource random = RandomSource.Seeded(seed);
        FileInfo[] candidates = [.. new DirectoryInfo(folder).GetFiles(patterns[(int)kind]).Where(file => file.Length > 0).OrderBy(file => file.Name, StringComparer.Ordinal)];
        if (candidates.Length == 0) return null;
        FileInfo chosen = candidates[random.Below(candidates.Length)];

        using FileStream file = chosen.Open(FileMode.Open, FileAccess.ReadWrite);
        int length = checked((int)file.Length);
        string done = damage switch
        {
            Damage.Truncated => Truncate(file, random.Below(length)),
            Damage.Zeroed => Overwrite(file, random.Below(length), random.Below(LongestRange) + 1, _ => 0, "zeroed"),
            _ => Overwrite(file, random.Below(length), random.Below(16) + 1, old => (byte)(old ^ random.Below(255) + 1), "flipped"),
        };
        return $"{chosen.Name} ({length} bytes): {done} (seed {seed})";
    }

    static string Truncate(FileStream file, int length)
    {
        file.SetLength(length);
        return $"cut to {length} bytes";
    }

    static string Overwrite(FileStream file, int offset, int length, Func<byte, byte> change, string verb)
    {
        byte[] range = new byte[Math.Min(length, file.Length - offset)];
        file.Position = offset;
        file.ReadExactly(range);
        byte[] damaged = [.. range.Select(change)];
        if (damaged.AsSpan().SequenceEqual(range)) (damaged[0], verb) = (0xFF, $"{verb}, but for a first byte of ff as all was zero,"); // damage must differ
        file.Position = offset;
        file.Write(damaged);
        return $"{verb} {range.Length} bytes at {offset}";
    }
}
