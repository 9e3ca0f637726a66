using Vault.Primitives;

namespace Vault.Identity;

/// <summary>This project's values as fields of a canonical encoding.</summary>
public static class Fields
{
    public static ByteWriter Time(this ByteWriter writer, HybridTime time) => writer.UInt64(time.Value);

    public static ByteWriter Key(this ByteWriter writer, Ed25519PublicKey key) => writer.Hash(key.Bytes);

    public static ByteWriter Device(this ByteWriter writer, DeviceId device)
    {
        Span<byte> bytes = stackalloc byte[DeviceId.Size];
        device.CopyTo(bytes);
        return writer.Bytes(bytes);
    }

    public static HybridTime TakeTime(this ref ByteReader reader) => new(reader.TakeUInt64());

    public static Ed25519PublicKey TakeKey(this ref ByteReader reader) => new(reader.TakeHash());

    public static DeviceId TakeDevice(this ref ByteReader reader) => reader.Take(DeviceId.Size) is { Length: DeviceId.Size } bytes ? new DeviceId(bytes) : default;
}
