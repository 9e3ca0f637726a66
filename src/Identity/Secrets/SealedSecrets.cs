using System.Security.Cryptography;
using Vault.Primitives;

namespace Vault.Identity;

/// <summary>
/// A vault's secrets on their way to one device, sealed to its key: to one that was just let in, was promoted, or came in while
/// somebody made an epoch without knowing of it. Whoever passed the gate may be asked for them. What was handed over is
/// believed only where a standing epoch record, or for the first epoch a ticket, says that it is right.
/// </summary>
public static class SealedSecrets
{
    const int EpochSize = sizeof(uint) + 1 + 2 * SecretEpoch.SecretSize;

    /// <summary>All epochs that a vault's keys can hold, and the box around.</summary>
    public const int MaxSize = Hash32.Size + 2 + VaultKeys.MaxEpochs * EpochSize + KeySeal.TagSize;

    /// <summary>What a member's role entitles it to of what these keys hold. Null when it is out at that time, or nothing can be sealed to its key.</summary>
    public static byte[]? Seal(VaultKeys keys, Membership membership, Ed25519PublicKey to, HybridTime at, RandomSource random)
    {
        if (membership.Find(to)?.RoleAt(at) is not { } role) return null;
        HashSet<uint> standing = [0, .. membership.Epochs.Select(record => ((SealedEpoch)record.Statement).Number)];
        SecretEpoch[] epochs = [.. keys.AllEpochs.Where(epoch => standing.Contains(epoch.Number))];
        using SecretWriter plain = new();
        plain.Add((ushort)epochs.Length);
        foreach (SecretEpoch epoch in epochs)
        {
            bool canRead = role >= Role.Reader && epoch.CanRead;
            plain.Add(epoch.Number);
            plain.Add(canRead ? (byte)1 : (byte)0);
            plain.Add(epoch.SyncSecret.Span);
            if (canRead) plain.Add(epoch.ReadSecret.Span);
        }
        using X25519Key throwaway = X25519Key.Generate(random);
        byte[] box = new byte[Hash32.Size + plain.Written.Length + KeySeal.TagSize];
        throwaway.Public.CopyTo(box);
        bool isSealed = KeySeal.TrySeal(throwaway, to, KeyLabels.SealedSecrets, plain.Written, Associated(keys.Vault), box.AsSpan(Hash32.Size));
        return isSealed ? box : null;
    }

    /// <summary>Adds what is new and right to the ring. Says how many epochs; null for bytes that weren't sealed so to this device.</summary>
    public static int? Open(ReadOnlySpan<byte> box, Membership membership, Ed25519Key device, KeyRing ring)
    {
        VaultKeys keys = ring.Find(membership.Vault)?.Keys ?? throw new ArgumentException("The ring doesn't hold this vault.", nameof(ring));
        return Open(box, membership, device, keys, (number, sync, read) => ring.AddEpoch(membership.Vault, number, sync, read));
    }

    /// <summary>The same, into keys that aren't on the ring yet.</summary>
    public static int? Open(ReadOnlySpan<byte> box, Membership membership, Ed25519Key device, VaultKeys keys) => Open(box, membership, device, keys, keys.AddEpoch);

    static int? Open(ReadOnlySpan<byte> box, Membership membership, Ed25519Key device, VaultKeys keys, EpochSecrets.Add add)
    {
        using SecretEpochs? opened = SecretEpochs.Open(box, membership.Vault, device);
        if (opened == null) return null;
        Dictionary<uint, SealedEpoch> records = membership.Epochs.Select(record => (SealedEpoch)record.Statement).ToDictionary(epoch => epoch.Number);
        int added = 0;
        foreach (SecretEpoch epoch in opened.Epochs)
        {
            ReadOnlySpan<byte> sync = epoch.SyncSecret.Span, read = epoch.CanRead ? epoch.ReadSecret.Span : default;
            if (!records.TryGetValue(epoch.Number, out SealedEpoch? record) || !EpochSecrets.AreThose(membership.Vault, record, sync, read)) continue;
            bool fits = keys.Epoch(epoch.Number) is { } held ? held.Agrees(sync, read) : keys.AllEpochs.Count < VaultKeys.MaxEpochs;
            if (fits && add(epoch.Number, sync, read)) added++;
        }
        return added;
    }

    internal static byte[] Associated(VaultId vault) => vault.Key.ToArray();
}

/// <summary>What was in a box, before anything of it is believed.</summary>
sealed class SecretEpochs : IDisposable
{
    readonly List<SecretEpoch> epochs = [];

    SecretEpochs() { }

    public IReadOnlyList<SecretEpoch> Epochs => epochs;

    public static SecretEpochs? Open(ReadOnlySpan<byte> box, VaultId vault, Ed25519Key device)
    {
        if (box.Length is <= Hash32.Size + KeySeal.TagSize or > SealedSecrets.MaxSize) return null;
        byte[] plain = GC.AllocateArray<byte>(box.Length - Hash32.Size - KeySeal.TagSize, pinned: true);
        SecretEpochs opened = new();
        bool good = KeySeal.TryOpen(device, new Hash32(box[..Hash32.Size]), KeyLabels.SealedSecrets, box[Hash32.Size..], SealedSecrets.Associated(vault), plain)
            && opened.Read(plain);
        CryptographicOperations.ZeroMemory(plain);
        if (good) return opened;
        opened.Dispose();
        return null;
    }

    bool Read(ReadOnlySpan<byte> plain)
    {
        ByteReader reader = new(plain);
        int count = reader.TakeUInt16();
        for (int i = 0; i < count; i++)
        {
            uint number = reader.TakeUInt32();
            byte flags = reader.TakeByte();
            ReadOnlySpan<byte> sync = reader.Take(SecretEpoch.SecretSize), read = flags == 1 ? reader.Take(SecretEpoch.SecretSize) : default;
            if (reader.Failed || flags > 1 || (epochs.Count > 0 && epochs[^1].Number >= number)) return false;
            epochs.Add(new SecretEpoch(number, sync, read));
        }
        return reader.AtEnd;
    }

    public void Dispose()
    {
        foreach (SecretEpoch epoch in epochs) epoch.Dispose();
    }
}
