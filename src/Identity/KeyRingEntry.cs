using System.Text;
using Vault.Primitives;

namespace Vault.Identity;

/// <summary>One vault on the ring: its keys, and what its people here call it.</summary>
public sealed class KeyRingEntry
{
    /// <summary>In bytes of UTF-8; the length is one byte in the file.</summary>
    public const int MaxNameLength = 255;

    Hash32 exported; // digest of the keys that the last recovery file held

    internal KeyRingEntry(string name, VaultKeys keys, Hash32 exported)
    {
        Name = Checked(name);
        Keys = keys;
        this.exported = exported;
    }

    public VaultId Vault => Keys.Vault;
    public VaultKeys Keys { get; }
    public string Name { get; private set; }

    /// <summary>True when a recovery file holds these very keys.</summary>
    public bool IsExported => exported == KeyRingCodec.Digest(Keys);

    internal Hash32 Exported => exported;

    internal void Rename(string name) => Name = Checked(name);

    internal void MarkExported(Hash32 digest) => exported = digest;

    internal KeyRingEntry Copy() => new(Name, KeyRingCodec.Copy(Keys), exported);

    static string Checked(string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        bool lossless = Encoding.UTF8.GetString(bytes) == name; // half a surrogate pair has no bytes
        return lossless && bytes.Length is > 0 and <= MaxNameLength ? name : throw new ConfigException($"a vault's name has 1 to {MaxNameLength} bytes of text");
    }
}
