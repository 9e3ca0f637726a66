using System.Text;

namespace Vault.Catalog;

/// <summary>Names that can't be kept in step: each is told once, and stays listed until it is in order. For any thread.</summary>
sealed class WatchTroubles(Action<WatchNews> tell)
{
    const int MaxNamed = 1000;

    /// <summary>Told one by one up to here in one run; a disk that refuses everything needn't say so for each file.</summary>
    const int MaxTold = 50;

    readonly Lock gate = new();
    readonly Dictionary<string, Skipped> named = new(StringComparer.Ordinal);
    int told;

    public IReadOnlyList<Skipped> Named
    {
        get { lock (gate) return [.. named.Values.OrderBy(one => one.Path, StringComparer.Ordinal)]; }
    }

    public void Add(string path, SkipReason reason, string why)
    {
        string shown = PathForPeople.Of(Encoding.UTF8.GetBytes(path));
        lock (gate)
        {
            if (named.TryGetValue(path, out Skipped? known) && known.Detail == why) return;
            if (named.Count >= MaxNamed && known is null) return;
            named[path] = new Skipped(shown, reason, why);
            if (++told > MaxTold) return;
        }
        tell(new WatchNews("watch-problem", $"{shown} isn't kept in step: {why}"));
    }

    public void Remove(string path)
    {
        lock (gate)
            if (named.Count > 0) named.Remove(path);
    }
}
