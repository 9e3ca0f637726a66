using System.Security.Cryptography;
using System.Text;
using Vault.Primitives;

namespace Vault.Identity;

/// <summary>
/// Everything a device would need to be itself again, sealed under a passphrase, as text that survives mail, paste and foreign
/// line ends. Once it is safely written, tell the ring: <see cref="KeyRing.MarkExported"/>.
/// </summary>
public sealed class RecoveryFile
{
    /// <summary>More than one swarm is the exception; the count is one byte.</summary>
    public const int MaxSwarmKeys = 64;

    const string Begin = "-----BEGIN VAULT RECOVERY FILE-----", End = "-----END VAULT RECOVERY FILE-----";
    const int LineLength = 64;
    const int MaxTextLength = 2 * KeyFile.MaxSize; // base64, line ends, and some mail around it

    RecoveryFile(string text, IReadOnlyList<(VaultId, Hash32)> digests)
    {
        Text = text;
        Digests = digests;
    }

    public string Text { get; }

    internal IReadOnlyList<(VaultId Vault, Hash32 Digest)> Digests { get; }

    public static RecoveryFile Create(
        DeviceKey device, KeyRing ring, IReadOnlyCollection<SwarmKey> swarmKeys, SecretBytes passphrase, RandomSource random, KeyStretch? stretch = null)
    {
        if (swarmKeys.Count > MaxSwarmKeys) throw new LimitExceededException($"a recovery file holds at most {MaxSwarmKeys} swarm keys");
        KeyRingEntry[] entries = [.. ring.Entries.Select(Exported)];
        try
        {
            using SecretWriter payload = new();
            payload.Add(device.Key.Seed);
            payload.Add((byte)swarmKeys.Count);
            foreach (SwarmKey key in swarmKeys) payload.Add(key.Secret.Span);
            KeyRingCodec.Write(payload, entries);
            byte[] file = KeyFile.Seal(KeyFileKind.Recovery, payload.Written, passphrase, stretch ?? KeyStretch.Default, random);
            return new RecoveryFile(Armour(file), [.. entries.Select(entry => (entry.Vault, entry.Exported))]);
        }
        finally
        {
            foreach (KeyRingEntry entry in entries) entry.Keys.Dispose();
        }
    }

    /// <summary>Written for its owner only, and durable when this returns. A file of that name is replaced.</summary>
    public void WriteTo(string path) => DurableFile.Write(path, Encoding.ASCII.GetBytes(Text));

    /// <summary>What the text holds. <see cref="ConfigException"/> when it is no recovery file, damaged, or the passphrase is wrong.</summary>
    public static Recovery Open(ReadOnlySpan<char> text, SecretBytes passphrase)
    {
        const string name = "the recovery file";
        byte[] file = Unarmour(text) ?? throw KeyFile.Damaged(name);
        using SecretBytes payload = KeyFile.Open(KeyFileKind.Recovery, file, passphrase, name);
        return Recovery.Decode(payload.Span) ?? throw KeyFile.Damaged(name);
    }

    // A copy of the keys as they are now, marked as what this file holds.
    static KeyRingEntry Exported(KeyRingEntry entry)
    {
        KeyRingEntry copy = entry.Copy();
        copy.MarkExported(KeyRingCodec.Digest(copy.Keys));
        return copy;
    }

    static string Armour(byte[] file)
    {
        string base64 = Convert.ToBase64String(file);
        StringBuilder text = new(Begin + "\n");
        for (int at = 0; at < base64.Length; at += LineLength) text.Append(base64.AsSpan(at, Math.Min(LineLength, base64.Length - at))).Append('\n');
        return text.Append(End + "\n").ToString();
    }

    // Whatever stands before and after the two lines is ignored, and all white space between them.
    static byte[]? Unarmour(ReadOnlySpan<char> text)
    {
        if (text.Length > MaxTextLength) return null;
        int begin = text.IndexOf(Begin);
        if (begin < 0) throw new ConfigException("this is not a recovery file", $"it begins with {Begin}");
        ReadOnlySpan<char> body = text[(begin + Begin.Length)..];
        int end = body.IndexOf(End);
        if (end < 0) return null;
        byte[] file = new byte[end];
        return Convert.TryFromBase64Chars(body[..end], file, out int length) ? file[..length] : null;
    }
}

/// <summary>The contents of a recovery file. Its owner disposes it; what <see cref="KeyRing.Merge"/> and <see cref="DeviceKey.Restore"/> keep they copy.</summary>
public sealed class Recovery : IDisposable
{
    Recovery(Ed25519Key device, IReadOnlyList<SwarmKey> swarmKeys, IReadOnlyList<KeyRingEntry> vaults)
    {
        Device = device;
        SwarmKeys = swarmKeys;
        Vaults = vaults;
    }

    public Ed25519Key Device { get; }
    public IReadOnlyList<SwarmKey> SwarmKeys { get; }
    public IReadOnlyList<KeyRingEntry> Vaults { get; }

    internal static Recovery? Decode(ReadOnlySpan<byte> payload)
    {
        ByteReader reader = new(payload);
        ReadOnlySpan<byte> seed = reader.Take(Ed25519Key.SeedSize);
        int count = reader.TakeByte();
        ReadOnlySpan<byte> swarmKeys = reader.Take(count * SwarmKey.Size);
        if (reader.Failed || count > RecoveryFile.MaxSwarmKeys || KeyRingCodec.Decode(reader.Rest) is not { } vaults) return null;
        List<SwarmKey> keys = [];
        for (; !swarmKeys.IsEmpty; swarmKeys = swarmKeys[SwarmKey.Size..]) keys.Add(SwarmKey.FromBytes(swarmKeys[..SwarmKey.Size]));
        return new Recovery(Ed25519Key.FromSeed(seed), keys, vaults);
    }

    public void Dispose()
    {
        Device.Dispose();
        foreach (SwarmKey key in SwarmKeys) key.Dispose();
        foreach (KeyRingEntry entry in Vaults) entry.Keys.Dispose();
    }
}
