using Vault.Primitives;

namespace Vault.Tests.Faults;

/// <summary>What a disk holds after power failed during a recorded run. The same seed gives the same folder.</summary>
public static class PowerCut
{
    /// <summary>
    /// Writes into a new folder what survived a cut after call <paramref name="after"/> and before the next one (null: at the
    /// end of the run). Any moment of a run can be chosen, and one as often as there are seeds, without running it again.
    /// </summary>
    public static void Replay(OperationLog log, string output, ulong seed, int? after = null)
    {
        if (Directory.Exists(output)) throw new InvalidOperationException($"{output} exists: a replay makes its folder.");
        RandomSource random = RandomSource.Seeded(seed);
        ShadowDisk disk = Play(log, after ?? log.Calls);
        switch (random.Below(8)) // the two ends are worth more seeds than chance gives them
        {
            case 0:
                Write(disk.Root, output, null, []);
                break;
            case 1:
                disk.SyncAll();
                Write(disk.Root, output, null, []);
                break;
            default:
                disk.CutPower(random);
                Write(disk.Root, output, random, []);
                break;
        }
    }

    /// <summary>The first difference between a folder and what the log says it must hold if nothing is lost; null when there is none.</summary>
    public static string? Difference(OperationLog log, string folder)
    {
        ShadowDisk disk = Play(log, log.Calls);
        disk.SyncAll();
        return Difference(disk.Root, new DirectoryInfo(folder));
    }

    static ShadowDisk Play(OperationLog log, int calls)
    {
        ShadowDisk disk = new(log.Before);
        foreach (Operation operation in log.Until(calls)) disk.Apply(operation);
        return disk;
    }

    // Without chance: what was synced. A file with two names has one fate.
    static void Write(ShadowFolder folder, string path, RandomSource? random, Dictionary<ShadowFile, ReadOnlyMemory<byte>> survivors)
    {
        Directory.CreateDirectory(path);
        foreach ((string name, ShadowNode node) in folder.Durable)
        {
            string target = Path.Combine(path, name);
            if (node is ShadowFolder below)
            {
                Write(below, target, random, survivors);
                continue;
            }
            ShadowFile file = (ShadowFile)node;
            if (!survivors.TryGetValue(file, out ReadOnlyMemory<byte> survivor)) survivors[file] = survivor = random is null ? file.Durable : file.Survive(random);
            File.WriteAllBytes(target, survivor.Span);
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(target, (UnixFileMode)file.Mode);
        }
    }

    static string? Difference(ShadowFolder expected, DirectoryInfo actual)
    {
        foreach (FileSystemInfo entry in actual.EnumerateFileSystemInfos())
        {
            ShadowNode? node = expected.Latest.GetValueOrDefault(entry.Name);
            string? difference = (node, entry) switch
            {
                (ShadowFolder folder, DirectoryInfo below) => Difference(folder, below),
                (ShadowFile file, FileInfo below) => file.Latest().Span.SequenceEqual(File.ReadAllBytes(below.FullName)) ? null : $"{entry} has other bytes",
                _ => $"{entry} shouldn't be there",
            };
            if (difference is not null) return difference;
        }
        return expected.Latest.Keys.FirstOrDefault(name => !Path.Exists(Path.Combine(actual.FullName, name))) is string missing
            ? $"{Path.Combine(actual.FullName, missing)} is missing"
            : null;
    }
}
