using System.Buffers.Binary;
using Vault.Identity;

namespace Vault.Chat;

/// <summary>
/// One chain of one device. A device begins with chain 0 and goes on in it for good; only after a fork of a chain was proven
/// does it begin the next.
/// </summary>
public readonly record struct FeedId(DeviceId Device, uint Chain) : IComparable<FeedId>
{
    public const int Size = DeviceId.Size + sizeof(uint);

    public static FeedId Read(ReadOnlySpan<byte> bytes) =>
        new(new DeviceId(bytes[..DeviceId.Size]), BinaryPrimitives.ReadUInt32BigEndian(bytes[DeviceId.Size..]));

    public void CopyTo(Span<byte> destination)
    {
        Device.CopyTo(destination);
        BinaryPrimitives.WriteUInt32BigEndian(destination[DeviceId.Size..], Chain);
    }

    public int CompareTo(FeedId other)
    {
        int order = Device.CompareTo(other.Device);
        return order != 0 ? order : Chain.CompareTo(other.Chain);
    }

    public override string ToString() => Chain == 0 ? Device.ToString() : $"{Device}/{Chain}";
}
