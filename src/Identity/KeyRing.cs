using System.Security.Cryptography;
using Vault.Primitives;

namespace Vault.Identity;

/// <summary>
/// The keys of every vault this device takes part in, kept in one file of the key folder. Whatever changes it returns when the
/// change is on the disk. Its owner disposes it; the keys it hands out are borrowed.
/// </summary>
public sealed class KeyRing : IDisposable
{
    const string FileName = "vaults.key";

    /// <summary>More vaults than anyone keeps by hand; bounds the file and the guarded memory.</summary>
    public const int MaxVaults = 256;

    readonly Lock changing = new();
    readonly KeyFolder folder;
    KeyRingEntry[] entries; // by vault id; replaced, never changed
    Hash32 kept; // of what the file holds

    KeyRing(KeyFolder folder, KeyRingEntry[] entries, Hash32 kept)
    {
        this.folder = folder;
        this.entries = entries;
        this.kept = kept;
    }

    /// <summary>An empty ring where there is no file yet; a file that can't be read is never replaced.</summary>
    public static KeyRing Load(KeyFolder folder)
    {
        using SecretBytes? payload = folder.Read(FileName, KeyFileKind.Vaults);
        if (payload == null) return new KeyRing(folder, [], default);
        return new KeyRing(folder, KeyRingCodec.Decode(payload.Span) ?? throw KeyFile.Damaged(folder.PathOf(FileName)), Hash32.Of(payload.Span));
    }

    public IReadOnlyList<KeyRingEntry> Entries => Volatile.Read(ref entries);

    /// <summary>True while some vault's present keys are in no recovery file: losing this device would lose them.</summary>
    public bool NeedsExport => Entries.Any(entry => !entry.IsExported);

    public KeyRingEntry? Find(VaultId vault) => Array.Find(Volatile.Read(ref entries), entry => entry.Vault == vault);

    /// <summary>Takes the keys over.</summary>
    public KeyRingEntry Add(string name, VaultKeys keys)
    {
        lock (changing)
        {
            if (Find(keys.Vault) != null) throw new ArgumentException("The ring holds this vault already.", nameof(keys));
            if (entries.Length >= MaxVaults) throw TooMany();
            KeyRingEntry entry = new(name, keys, exported: default);
            Replace([.. entries.Append(entry).OrderBy(e => e.Vault)]);
            return entry;
        }
    }

    /// <summary>Forgets a vault and hands its keys back, for the caller to dispose when nobody uses them any more.</summary>
    public VaultKeys? Remove(VaultId vault)
    {
        lock (changing)
        {
            if (Find(vault) is not { } entry) return null;
            Replace([.. entries.Where(e => e != entry)]);
            return entry.Keys;
        }
    }

    public void Rename(VaultId vault, string name)
    {
        lock (changing)
        {
            Entry(vault).Rename(name);
            Replace(entries);
        }
    }

    /// <summary>As <see cref="VaultKeys.AddEpoch"/>, and kept.</summary>
    public bool AddEpoch(VaultId vault, uint number, ReadOnlySpan<byte> syncSecret, ReadOnlySpan<byte> readSecret = default)
    {
        lock (changing)
        {
            if (!Entry(vault).Keys.AddEpoch(number, syncSecret, readSecret)) return false;
            Replace(entries);
            return true;
        }
    }

    /// <summary>Writes what came to the keys past the ring, or couldn't be written when it came. False when there was nothing.</summary>
    public bool Keep()
    {
        lock (changing) return entries.Length > 0 && Save(entries, unlessKept: true);
    }

    /// <summary>Adds what a recovery file holds to what is here: vaults, and for known vaults the epochs and root key that are missing.</summary>
    public void Merge(Recovery recovery)
    {
        lock (changing)
        {
            if (entries.Length + recovery.Vaults.Count(entry => Find(entry.Vault) == null) > MaxVaults) throw TooMany();
            List<KeyRingEntry> merged = [.. entries];
            foreach (KeyRingEntry recovered in recovery.Vaults)
            {
                if (Find(recovered.Vault) is { } known) known.Keys.Absorb(recovered.Keys);
                else merged.Add(recovered.Copy());
            }
            Replace([.. merged.OrderBy(e => e.Vault)]);
        }
    }

    /// <summary>Notes that <paramref name="file"/> is safely somewhere. Keys that came after it was made still count as not exported.</summary>
    public void MarkExported(RecoveryFile file)
    {
        lock (changing)
        {
            foreach ((VaultId vault, Hash32 digest) in file.Digests) Find(vault)?.MarkExported(digest);
            Replace(entries);
        }
    }

    /// <summary>Writes the ring into a folder, under that folder's passphrase.</summary>
    public void Save(KeyFolder into)
    {
        lock (changing) Write(into, entries, default);
    }

    KeyRingEntry Entry(VaultId vault) => Find(vault) ?? throw new ArgumentException("The ring doesn't hold this vault.", nameof(vault));

    static LimitExceededException TooMany() => new($"a device takes part in at most {MaxVaults} vaults");

    // Disk first: a vault that is listed is there after a restart.
    void Replace(KeyRingEntry[] changed)
    {
        Save(changed, unlessKept: false);
        Volatile.Write(ref entries, changed);
    }

    bool Save(KeyRingEntry[] changed, bool unlessKept)
    {
        Hash32 before = kept;
        kept = Write(folder, changed, unlessKept ? before : default);
        return kept != before;
    }

    /// <summary>What the file holds now. It isn't written when that is the case already.</summary>
    static Hash32 Write(KeyFolder folder, KeyRingEntry[] entries, Hash32 unless)
    {
        byte[] payload = KeyRingCodec.Encode(entries);
        try
        {
            Hash32 digest = Hash32.Of(payload);
            if (digest != unless) folder.Write(FileName, KeyFileKind.Vaults, payload, replace: true);
            return digest;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(payload);
        }
    }

    public void Dispose()
    {
        foreach (KeyRingEntry entry in entries) entry.Keys.Dispose();
    }
}
