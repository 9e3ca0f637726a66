using System.Buffers.Binary;
using System.Security.Cryptography;
using Vault.Primitives;

namespace Vault.Identity;

/// <summary>
/// Turns new secrets into a record that seals them to those who are in, and back. After the first epoch a read secret is drawn
/// and its sync secret derived, so that one secret a device is enough.
/// </summary>
public static class EpochSecrets
{
    const int Size = SecretEpoch.SecretSize;

    /// <summary>
    /// Adds the epochs that were sealed to this device and that the keys lack, or have without the read secret. Says how many. A
    /// record that doesn't hold what it says is passed over.
    /// </summary>
    public static int Open(Membership membership, Ed25519Key device, VaultKeys keys) => Open(membership, device, keys, keys.AddEpoch);

    /// <summary>The same, and kept on the ring.</summary>
    public static int Open(Membership membership, Ed25519Key device, KeyRing ring) =>
        ring.Find(membership.Vault) is { } entry
            ? Open(membership, device, entry.Keys, (number, sync, read) => ring.AddEpoch(membership.Vault, number, sync, read))
            : throw new ArgumentException("The ring doesn't hold this vault.", nameof(ring));

    /// <summary>Whether there are epochs that these keys lack altogether: ask another member for them.</summary>
    public static bool AreMissing(Membership membership, VaultKeys keys) =>
        membership.Epochs.Any(record => keys.Epoch(((SealedEpoch)record.Statement).Number) is not { } held || (keys.CanRead && !held.CanRead));

    internal delegate bool Add(uint number, ReadOnlySpan<byte> sync, ReadOnlySpan<byte> read);

    internal static SealedEpoch Seal(VaultId vault, uint number, IEnumerable<Member> members, HybridTime at, RandomSource random)
    {
        using SecretBytes read = SecretBytes.Random(Size, random), sync = read.Derive(KeyLabels.EpochSync);
        using X25519Key throwaway = X25519Key.Generate(random);
        List<SealedSeat> seats = [];
        foreach (Member member in members.OrderBy(member => member.Device))
        {
            bool canRead = member.RoleAt(at) >= Role.Reader;
            byte[] box = new byte[SealedSeat.SecretSize];
            if (KeySeal.TrySeal(throwaway, member.Key, KeyLabels.SealedEpoch, (canRead ? read : sync).Span, Associated(vault, number, canRead), box))
                seats.Add(new SealedSeat(member.Device, canRead, box));
        }
        if (seats.Count > ControlLimits.MaxRecipients) throw new LimitExceededException($"new secrets can be sealed to at most {ControlLimits.MaxRecipients} devices", "retire devices that are gone");
        return new SealedEpoch(number, SyncCheck(vault, number, sync.Span), ReadCheck(vault, number, read.Span), throwaway.Public, seats);
    }

    /// <summary>Whether these are the secrets that the record speaks of.</summary>
    internal static bool AreThose(VaultId vault, SealedEpoch epoch, ReadOnlySpan<byte> sync, ReadOnlySpan<byte> read) =>
        SyncCheck(vault, epoch.Number, sync) == epoch.SyncCheck && (read.IsEmpty || ReadCheck(vault, epoch.Number, read) == epoch.ReadCheck);

    static int Open(Membership membership, Ed25519Key device, VaultKeys keys, Add add)
    {
        int added = 0;
        DeviceId own = DeviceId.Of(device.Public);
        // The newest first: should there ever be too many, those are the ones that matter.
        foreach (SealedEpoch epoch in membership.Epochs.Reverse().Select(record => (SealedEpoch)record.Statement))
        {
            if (epoch.SeatOf(own) is not { } seat) continue;
            SecretEpoch? held = keys.Epoch(epoch.Number);
            if (held == null ? keys.AllEpochs.Count < VaultKeys.MaxEpochs : seat.CanRead && !held.CanRead) added += Open(membership.Vault, device, epoch, seat, held, add) ? 1 : 0;
        }
        return added;
    }

    static bool Open(VaultId vault, Ed25519Key device, SealedEpoch epoch, SealedSeat seat, SecretEpoch? held, Add add)
    {
        byte[] secret = GC.AllocateArray<byte>(Size, pinned: true);
        try
        {
            if (!KeySeal.TryOpen(device, epoch.Throwaway, KeyLabels.SealedEpoch, seat.Secret.Span, Associated(vault, epoch.Number, seat.CanRead), secret)) return false;
            if (!seat.CanRead) return AreThose(vault, epoch, secret, default) && add(epoch.Number, secret, default);
            using SecretBytes read = SecretBytes.Copy(secret), sync = read.Derive(KeyLabels.EpochSync);
            return AreThose(vault, epoch, sync.Span, secret) && held?.Agrees(sync.Span, secret) != false && add(epoch.Number, sync.Span, secret);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    static byte[] Associated(VaultId vault, uint number, bool canRead) => new ByteWriter().Hash(vault.Key).UInt32(number).Byte(canRead ? (byte)1 : (byte)0).ToArray();

    static Hash32 SyncCheck(VaultId vault, uint number, ReadOnlySpan<byte> secret) => Check(KeyLabels.SyncCheck, vault, number, secret);
    static Hash32 ReadCheck(VaultId vault, uint number, ReadOnlySpan<byte> secret) => Check(KeyLabels.ReadCheck, vault, number, secret);

    static Hash32 Check(ReadOnlySpan<byte> label, VaultId vault, uint number, ReadOnlySpan<byte> secret)
    {
        Span<byte> input = stackalloc byte[label.Length + VaultId.Size + sizeof(uint) + Size];
        label.CopyTo(input);
        vault.Key.CopyTo(input[label.Length..]);
        BinaryPrimitives.WriteUInt32BigEndian(input[(label.Length + VaultId.Size)..], number);
        secret.CopyTo(input[^Size..]);
        Hash32 check = Hash32.Of(input);
        CryptographicOperations.ZeroMemory(input);
        return check;
    }
}
