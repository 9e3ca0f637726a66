using System.Security.Cryptography;
using Vault.Primitives;

namespace Vault.Identity;

/// <summary>
/// The swarm keys that this device answers to, in one file of the key folder: its own, those that tickets brought, and for a week
/// those that were its own before, so that nobody is cut off in the middle. Whatever changes it returns when the change is on the disk. Its
/// owner disposes it; the keys it hands out are borrowed, and stay good until then.
/// </summary>
public sealed class SwarmKeyRing : IDisposable
{
    const string FileName = "swarms.key";
    const int EntrySize = SwarmKey.Size + sizeof(ulong);

    /// <summary>A listener tries them one after the other on a dialer's first bytes.</summary>
    public const int MaxKeys = RecoveryFile.MaxSwarmKeys;

    /// <summary>How long a former own key still lets others in.</summary>
    public static TimeSpan Grace { get; } = TimeSpan.FromDays(7);

    readonly Lock changing = new();
    readonly KeyFolder folder;
    readonly TimeProvider time;
    readonly List<SwarmKey> all = []; // everything ever handed out
    Entry[] entries; // the own key first; replaced, never changed

    sealed record Entry(SwarmKey Key, HybridTime Until);

    SwarmKeyRing(KeyFolder folder, TimeProvider time, Entry[] entries)
    {
        this.folder = folder;
        this.time = time;
        this.entries = entries;
        all.AddRange(entries.Select(entry => entry.Key));
    }

    /// <summary>The ring kept in the folder; on first use one with a new key is made and kept.</summary>
    public static SwarmKeyRing LoadOrCreate(KeyFolder folder, TimeProvider time)
    {
        using SecretBytes? payload = folder.Read(FileName, KeyFileKind.Swarms);
        if (payload != null) return new SwarmKeyRing(folder, time, Decode(payload.Span) ?? throw KeyFile.Damaged(folder.PathOf(FileName)));
        SwarmKeyRing made = new(folder, time, [new Entry(SwarmKey.Generate(folder.Random), HybridTime.Never)]);
        Write(folder, made.entries);
        return made;
    }

    /// <summary>The one that goes into tickets.</summary>
    public SwarmKey Own => Volatile.Read(ref entries)[0].Key;

    /// <summary>All that hold now, the own one first.</summary>
    public IReadOnlyList<SwarmKey> Keys => [.. Holding(Volatile.Read(ref entries)).Select(entry => entry.Key)];

    /// <summary>Takes a copy of a key that a ticket brought, for good. False when it is there already.</summary>
    public bool Add(SwarmKey brought)
    {
        lock (changing)
        {
            Entry? known = entries.FirstOrDefault(entry => IsSame(entry.Key, brought));
            if (known?.Until == HybridTime.Never) return false;
            Replace([.. entries.Where(entry => entry != known), new Entry(known?.Key ?? Copy(brought), HybridTime.Never)]);
            return true;
        }
    }

    /// <summary>Makes a new own key.</summary>
    public SwarmKey Renew()
    {
        using SwarmKey made = SwarmKey.Generate(folder.Random);
        return Adopt(made);
    }

    /// <summary>Takes a copy of a key as the own one. The one before holds for another week.</summary>
    public SwarmKey Adopt(SwarmKey own)
    {
        lock (changing)
        {
            if (IsSame(Own, own)) return Own;
            Entry? known = entries.FirstOrDefault(entry => IsSame(entry.Key, own));
            Entry former = entries[0] with { Until = HybridTime.At(time.GetUtcNow() + Grace) };
            Replace([new Entry(known?.Key ?? Copy(own), HybridTime.Never), former, .. entries[1..].Where(entry => entry != known)]);
            return Own;
        }
    }

    /// <summary>Writes the ring into a folder, under that folder's passphrase.</summary>
    public void Save(KeyFolder into)
    {
        lock (changing) Write(into, entries);
    }

    IEnumerable<Entry> Holding(Entry[] some)
    {
        HybridTime now = HybridTime.At(time.GetUtcNow());
        return some.Where(entry => entry.Until >= now);
    }

    // Disk first: a key that is answered to is there after a restart.
    void Replace(Entry[] changed)
    {
        changed = [.. Holding(changed)];
        if (changed.Length > MaxKeys) throw new LimitExceededException($"a device answers to at most {MaxKeys} swarm keys");
        Write(folder, changed);
        Volatile.Write(ref entries, changed);
    }

    SwarmKey Copy(SwarmKey key)
    {
        SwarmKey copy = SwarmKey.FromBytes(key.Secret.Span);
        all.Add(copy);
        return copy;
    }

    static bool IsSame(SwarmKey left, SwarmKey right) => CryptographicOperations.FixedTimeEquals(left.Secret.Span, right.Secret.Span);

    static void Write(KeyFolder folder, Entry[] entries)
    {
        using SecretWriter payload = new();
        payload.Add((byte)entries.Length);
        foreach (Entry entry in entries)
        {
            payload.Add(entry.Key.Secret.Span);
            payload.Add(new ByteWriter().Time(entry.Until).Written);
        }
        folder.Write(FileName, KeyFileKind.Swarms, payload.Written, replace: true);
    }

    static Entry[]? Decode(ReadOnlySpan<byte> payload)
    {
        ByteReader reader = new(payload);
        int count = reader.TakeByte();
        if (count is 0 or > MaxKeys || reader.Rest.Length != count * EntrySize) return null;
        Entry[] entries = new Entry[count];
        for (int i = 0; i < count; i++) entries[i] = new Entry(SwarmKey.FromBytes(reader.Take(SwarmKey.Size)), reader.TakeTime());
        return entries[0].Until == HybridTime.Never ? entries : null;
    }

    public void Dispose()
    {
        foreach (SwarmKey key in all) key.Dispose();
    }
}
