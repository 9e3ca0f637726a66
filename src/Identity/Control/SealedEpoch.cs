using System.Buffers.Binary;
using Vault.Primitives;

namespace Vault.Identity;

/// <summary>
/// New secrets, sealed to each device that is in: the read secret to readers and better, the sync secret to blind holders. The
/// sync secret follows from the read secret. Checks tell whoever gets the secrets by another way that they are these.
/// </summary>
/// <param name="Throwaway">The public half of the key that was made for this sealing only.</param>
public sealed record SealedEpoch(uint Number, Hash32 SyncCheck, Hash32 ReadCheck, Hash32 Throwaway, IReadOnlyList<SealedSeat> Seats) : ControlStatement
{
    const int NumberBits = 16;

    public override ControlKind Kind => ControlKind.SecretEpoch;

    /// <summary>How many epochs went before, each made by someone who knew the one before it.</summary>
    public int Generation => GenerationOf(Number);

    public SealedSeat? SeatOf(DeviceId device)
    {
        for (int low = 0, high = Seats.Count - 1; low <= high;)
        {
            int middle = (low + high) / 2;
            int order = Seats[middle].Device.CompareTo(device);
            if (order == 0) return Seats[middle];
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }
        return null;
    }

    internal static int GenerationOf(uint number) => (int)(number >> NumberBits);

    /// <summary>Two admins who make an epoch at once get two numbers, whoever of them is larger.</summary>
    internal static uint NumberOf(int generation, Ed25519PublicKey author, HybridTime time)
    {
        ReadOnlySpan<byte> label = KeyLabels.EpochNumber;
        Span<byte> input = stackalloc byte[label.Length + DeviceId.Size + HybridTime.Size], digest = stackalloc byte[Hash32.Size];
        label.CopyTo(input);
        DeviceId.Of(author).CopyTo(input[label.Length..]);
        BinaryPrimitives.WriteUInt64BigEndian(input[^HybridTime.Size..], time.Value);
        Hash32.Of(input).CopyTo(digest);
        return (uint)generation << NumberBits | BinaryPrimitives.ReadUInt16BigEndian(digest);
    }

    internal override bool Suits(Ed25519PublicKey issuer, HybridTime time) => Generation > 0 && Number == NumberOf(Generation, issuer, time);

    internal override void Write(ByteWriter writer)
    {
        writer.UInt32(Number);
        writer.Hash(SyncCheck);
        writer.Hash(ReadCheck);
        writer.Hash(Throwaway);
        writer.UInt16((ushort)Seats.Count);
        foreach (SealedSeat seat in Seats)
        {
            writer.Device(seat.Device);
            writer.Byte((byte)(seat.CanRead ? 1 : 0));
            writer.Bytes(seat.Secret.Span);
        }
    }

    internal static SealedEpoch? Read(ref ByteReader reader)
    {
        (uint number, Hash32 sync, Hash32 read, Hash32 throwaway) = (reader.TakeUInt32(), reader.TakeHash(), reader.TakeHash(), reader.TakeHash());
        int count = reader.TakeUInt16();
        if (reader.Failed || count is 0 or > ControlLimits.MaxRecipients) return null;
        SealedSeat[] seats = new SealedSeat[count];
        for (int i = 0; i < count; i++)
        {
            DeviceId device = reader.TakeDevice();
            byte canRead = reader.TakeByte();
            seats[i] = new SealedSeat(device, canRead == 1, reader.Take(SealedSeat.SecretSize).ToArray());
            if (reader.Failed || canRead > 1 || (i > 0 && seats[i - 1].Device >= device)) return null;
        }
        return new SealedEpoch(number, sync, read, throwaway, seats);
    }
}

/// <summary>One device's share of an epoch.</summary>
/// <param name="CanRead">Whether it is the read secret.</param>
/// <param name="Secret">Sealed to the device's key.</param>
public sealed record SealedSeat(DeviceId Device, bool CanRead, ReadOnlyMemory<byte> Secret)
{
    internal const int SecretSize = SecretEpoch.SecretSize + XChaCha20Poly1305.TagSize;
}
