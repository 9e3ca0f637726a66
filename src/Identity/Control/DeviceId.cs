using Vault.Primitives;

namespace Vault.Identity;

/// <summary>
/// A device in records and version vectors: 16 bytes of the hash of its key. On the network it goes by its PeerId, which has the
/// whole key. Ordered as bytes.
/// </summary>
public readonly record struct DeviceId : IComparable<DeviceId>
{
    public const int Size = 16;

    readonly Hash16 value;

    public DeviceId(ReadOnlySpan<byte> bytes) => value = new Hash16(bytes);

    public static DeviceId Of(Ed25519PublicKey key)
    {
        ReadOnlySpan<byte> label = KeyLabels.Device;
        Span<byte> input = stackalloc byte[label.Length + Ed25519PublicKey.Size];
        label.CopyTo(input);
        key.Bytes.CopyTo(input[label.Length..]);
        Span<byte> digest = stackalloc byte[Hash32.Size];
        Hash32.Of(input).CopyTo(digest);
        return new DeviceId(digest[..Size]);
    }

    public void CopyTo(Span<byte> destination) => value.CopyTo(destination);

    public byte[] ToArray() => value.ToArray();

    /// <summary>Reads what <see cref="ToString"/> writes: 32 digits, lower case.</summary>
    public static bool TryParse(ReadOnlySpan<char> hex, out DeviceId id)
    {
        Span<byte> bytes = stackalloc byte[Size];
        id = default;
        if (hex.Length != 2 * Size || hex.ContainsAnyInRange('A', 'F')) return false;
        if (Convert.FromHexString(hex, bytes, out _, out int written) != System.Buffers.OperationStatus.Done || written != Size) return false;
        id = new DeviceId(bytes);
        return true;
    }

    public int CompareTo(DeviceId other) => value.CompareTo(other.value);

    public override string ToString() => value.ToString();

    public static bool operator <(DeviceId left, DeviceId right) => left.value < right.value;
    public static bool operator >(DeviceId left, DeviceId right) => left.value > right.value;
    public static bool operator <=(DeviceId left, DeviceId right) => left.value <= right.value;
    public static bool operator >=(DeviceId left, DeviceId right) => left.value >= right.value;
}
