using Vault.Primitives;

namespace Vault.Host;

/// <summary>Where members were met, kept in the data folder: a line each of address and the fingerprint of the swarm key that opens it. The latest first.</summary>
sealed class KnownPeers(string path)
{
    /// <summary>More addresses than a household has; bounds the file and the dialing after a start.</summary>
    const int Most = 256;

    readonly Lock gate = new();
    readonly List<(string Address, string Network)> known = Read(path);

    public IReadOnlyList<(string Address, string Network)> All
    {
        get { lock (gate) return [.. known]; }
    }

    public void Add(string address, string network)
    {
        lock (gate)
        {
            if (known.Contains((address, network))) return;
            known.RemoveAll(one => one.Address == address);
            known.Insert(0, (address, network));
            if (known.Count > Most) known.RemoveRange(Most, known.Count - Most);
            string next = path + ".new";
            File.WriteAllLines(next, known.Select(one => $"{one.Address} {one.Network}"));
            File.Move(next, path, overwrite: true);
        }
    }

    // What can't be read is only a dial less.
    static List<(string, string)> Read(string path)
    {
        if (!File.Exists(path)) return [];
        return [.. File.ReadLines(path).Take(Most).Select(line => line.Split(' ')).Where(parts => parts.Length == 2).Select(parts => (parts[0], parts[1]))];
    }
}
