using Vault.Primitives;

namespace Vault.Identity;

/// <summary>The key that is this device: it signs what the device says, and its PeerId is the device's name. Its owner disposes it.</summary>
public sealed class DeviceKey : IDisposable
{
    const string FileName = "device.key";

    DeviceKey(Ed25519Key key)
    {
        Key = key;
        Id = PeerId.From(key.Public);
    }

    public Ed25519Key Key { get; }

    public PeerId Id { get; }

    /// <summary>The key kept in the folder; on first use a new one is made and kept. A file that can't be read is never replaced.</summary>
    public static DeviceKey LoadOrCreate(KeyFolder folder)
    {
        if (Load(folder) is { } known) return known;
        DeviceKey made = new(Ed25519Key.Generate(folder.Random));
        made.Write(folder, replace: false);
        return made;
    }

    /// <summary>Null when the device has none yet.</summary>
    public static DeviceKey? Load(KeyFolder folder)
    {
        using SecretBytes? payload = folder.Read(FileName, KeyFileKind.Device);
        if (payload == null) return null;
        if (payload.Length != Ed25519Key.SeedSize) throw KeyFile.Damaged(folder.PathOf(FileName));
        return new DeviceKey(Ed25519Key.FromSeed(payload.Span));
    }

    /// <summary>Makes this device the one that a recovery file describes. A device that is someone already stays that.</summary>
    public static DeviceKey Restore(KeyFolder folder, Ed25519Key key)
    {
        if (Load(folder) is not { } known)
        {
            DeviceKey restored = new(Ed25519Key.FromSeed(key.Seed));
            restored.Write(folder, replace: false);
            return restored;
        }
        if (known.Key.Public == key.Public) return known;
        PeerId own = known.Id;
        known.Dispose();
        throw new ConfigException($"this device is {own} already", "import into a new data folder to become the other device again");
    }

    /// <summary>Writes the key again, under the folder's passphrase.</summary>
    public void Save(KeyFolder folder) => Write(folder, replace: true);

    void Write(KeyFolder folder, bool replace) => folder.Write(FileName, KeyFileKind.Device, Key.Seed, replace);

    public void Dispose() => Key.Dispose();
}
