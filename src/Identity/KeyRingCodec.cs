using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Vault.Primitives;

namespace Vault.Identity;

/// <summary>Vaults, names and keys as bytes, in one form only: docs/formats.md.</summary>
static class KeyRingCodec
{
    const byte HasRoot = 1, HasReadSecret = 1;
    static readonly UTF8Encoding strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The caller wipes it.</summary>
    public static byte[] Encode(IReadOnlyList<KeyRingEntry> entries)
    {
        using SecretWriter writer = new();
        Write(writer, entries);
        return writer.ToArray();
    }

    public static void Write(SecretWriter writer, IReadOnlyList<KeyRingEntry> entries)
    {
        writer.Add((ushort)entries.Count);
        foreach (KeyRingEntry entry in entries)
        {
            Write(writer, entry.Keys);
            byte[] name = strictUtf8.GetBytes(entry.Name);
            writer.Add((byte)name.Length);
            writer.Add(name);
            writer.Add(entry.Exported.ToArray());
        }
    }

    /// <summary>Names one state of a vault's keys, so that it shows whether a recovery file has the latest.</summary>
    public static Hash32 Digest(VaultKeys keys)
    {
        using SecretWriter writer = new();
        writer.Add(KeyLabels.Exported);
        Write(writer, keys);
        return Hash32.Of(writer.Written);
    }

    public static VaultKeys Copy(VaultKeys keys)
    {
        using SecretWriter writer = new();
        Write(writer, keys);
        ByteReader reader = new(writer.Written);
        return ReadKeys(ref reader) ?? throw new InvalidOperationException("Keys that were written could not be read.");
    }

    /// <summary>Null for bytes that <see cref="Encode"/> wouldn't produce.</summary>
    public static KeyRingEntry[]? Decode(ReadOnlySpan<byte> payload)
    {
        ByteReader reader = new(payload);
        List<KeyRingEntry> entries = [];
        int count = reader.TakeUInt16();
        bool good = count <= KeyRing.MaxVaults;
        for (int i = 0; good && i < count; i++)
        {
            good = ReadEntry(ref reader) is { } entry && Append(entries, entry);
        }
        if (good && reader.AtEnd) return [.. entries];
        foreach (KeyRingEntry entry in entries) entry.Keys.Dispose();
        return null;
    }

    static bool Append(List<KeyRingEntry> entries, KeyRingEntry entry)
    {
        bool ascending = entries.Count == 0 || entries[^1].Vault.CompareTo(entry.Vault) < 0;
        entries.Add(entry);
        return ascending;
    }

    static KeyRingEntry? ReadEntry(ref ByteReader reader)
    {
        if (ReadKeys(ref reader) is not { } keys) return null;
        string? name = ReadName(reader.Take(reader.TakeByte()));
        ReadOnlySpan<byte> exported = reader.Take(Hash32.Size);
        if (!reader.Failed && name != null) return new KeyRingEntry(name, keys, new Hash32(exported));
        keys.Dispose();
        return null;
    }

    static string? ReadName(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return bytes.IsEmpty ? null : strictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    static void Write(SecretWriter writer, VaultKeys keys)
    {
        writer.Add(keys.Vault.Key.ToArray());
        writer.Add(keys.Root == null ? (byte)0 : HasRoot);
        if (keys.Root != null) writer.Add(keys.Root.Seed);
        IReadOnlyList<SecretEpoch> epochs = keys.AllEpochs;
        writer.Add((ushort)epochs.Count);
        foreach (SecretEpoch epoch in epochs)
        {
            bool canRead = epoch.CanRead;
            writer.Add(epoch.Number);
            writer.Add(canRead ? HasReadSecret : (byte)0);
            writer.Add(epoch.SyncSecret.Span);
            if (canRead) writer.Add(epoch.ReadSecret.Span);
        }
    }

    static VaultKeys? ReadKeys(ref ByteReader reader)
    {
        ReadOnlySpan<byte> id = reader.Take(VaultId.Size);
        byte flags = reader.TakeByte();
        ReadOnlySpan<byte> seed = flags == HasRoot ? reader.Take(Ed25519Key.SeedSize) : default;
        int count = reader.TakeUInt16();
        if (reader.Failed || flags > HasRoot || count is 0 or > VaultKeys.MaxEpochs) return null;

        VaultId vault = new(id);
        Ed25519Key? root = seed.IsEmpty ? null : Ed25519Key.FromSeed(seed);
        List<SecretEpoch> epochs = [];
        bool good = root == null || root.Public == vault.RootKey;
        while (good && epochs.Count < count) good = ReadEpoch(ref reader, epochs);
        if (good) return new VaultKeys(vault, epochs, root);

        root?.Dispose();
        foreach (SecretEpoch epoch in epochs) epoch.Dispose();
        return null;
    }

    static bool ReadEpoch(ref ByteReader reader, List<SecretEpoch> epochs)
    {
        uint number = reader.TakeUInt32();
        byte flags = reader.TakeByte();
        ReadOnlySpan<byte> sync = reader.Take(SecretEpoch.SecretSize);
        ReadOnlySpan<byte> read = flags == HasReadSecret ? reader.Take(SecretEpoch.SecretSize) : default;
        if (reader.Failed || flags > HasReadSecret || (epochs.Count > 0 && epochs[^1].Number >= number)) return false;
        epochs.Add(new SecretEpoch(number, sync, read));
        return true;
    }
}

/// <summary>Collects bytes that hold secrets, in a pinned buffer that is wiped when it grows and when it is done with.</summary>
sealed class SecretWriter : IDisposable
{
    byte[] buffer = GC.AllocateArray<byte>(1024, pinned: true);
    int length;

    public ReadOnlySpan<byte> Written => buffer.AsSpan(0, length);

    /// <summary>A pinned copy, for the caller to wipe.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = GC.AllocateArray<byte>(length, pinned: true);
        Written.CopyTo(bytes);
        return bytes;
    }

    public void Add(byte value) => Next(1)[0] = value;

    public void Add(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Next(2), value);

    public void Add(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Next(4), value);

    public void Add(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Next(bytes.Length));

    Span<byte> Next(int count)
    {
        if (length + count > buffer.Length)
        {
            byte[] larger = GC.AllocateArray<byte>(Math.Max(2 * buffer.Length, length + count), pinned: true);
            Written.CopyTo(larger);
            CryptographicOperations.ZeroMemory(buffer);
            buffer = larger;
        }
        length += count;
        return buffer.AsSpan(length - count, count);
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(buffer);
}
