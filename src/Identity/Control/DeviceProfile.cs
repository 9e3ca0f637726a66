using Vault.Primitives;

namespace Vault.Identity;

/// <summary>How long a device that is away may stay away before it counts as lost.</summary>
public enum DeviceClass : byte
{
    Server = 1,
    Desktop = 2,
    Mobile = 3,
}

/// <summary>What a device says of itself. Its latest counts.</summary>
/// <param name="Capacity">Bytes that it offers to the vault.</param>
/// <param name="Site">The same number for devices that one fire would take; zero where nobody said.</param>
public sealed record DeviceProfile(DeviceClass Class, ulong Capacity, ulong Site, SealedName? Name) : ControlStatement
{
    public override ControlKind Kind => ControlKind.Profile;
    internal override Role Needs => Role.Blind;

    public DeviceProfile Named(string name, VaultKeys keys, RandomSource random) => this with { Name = SealedName.Seal(name, keys, KeyLabels.DeviceName, random) };

    public string? OpenName(VaultKeys keys) => Name?.Open(keys, KeyLabels.DeviceName);

    internal override void Write(ByteWriter writer)
    {
        writer.Byte((byte)Class);
        writer.UInt64(Capacity);
        writer.UInt64(Site);
        SealedName.Write(writer, Name);
    }

    internal static DeviceProfile? Read(ref ByteReader reader)
    {
        (DeviceClass kind, ulong capacity, ulong site) = ((DeviceClass)reader.TakeByte(), reader.TakeUInt64(), reader.TakeUInt64());
        bool good = SealedName.Read(ref reader, out SealedName? name) && !reader.Failed && kind is >= DeviceClass.Server and <= DeviceClass.Mobile;
        return good ? new DeviceProfile(kind, capacity, site, name) : null;
    }
}
