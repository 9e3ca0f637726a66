using System.Text;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;

namespace Vault.Catalog.Tests;

/// <summary>A vault with some devices that may write into it, each with a certificate by the root key.</summary>
sealed class Writers : IDisposable
{
    public Writers(RandomSource random, int devices)
    {
        Keys = VaultKeys.Create(random);
        Sealer = new RecordSealer(Keys, random);
        Devices = [.. Enumerable.Range(0, devices).Select(_ => Ed25519Key.Generate(random))];
        Ids = [.. Devices.Select(device => DeviceId.Of(device.Public))];
        HybridClock clock = new(Time);
        Membership = Membership.Of(Keys.Vault, Devices.SelectMany(device => Genesis.Create(Keys, device, clock, random, "vault")));
    }

    public VirtualTime Time { get; } = new();
    public VaultKeys Keys { get; }
    public RecordSealer Sealer { get; }
    public Ed25519Key[] Devices { get; }
    public DeviceId[] Ids { get; }
    public Membership Membership { get; }
    public VaultId Vault => Keys.Vault;

    /// <summary>A time as a number of milliseconds after the start.</summary>
    public HybridTime At(int milliseconds) => HybridTime.At(Time.GetUtcNow() + TimeSpan.FromMilliseconds(milliseconds));

    public FileRecord Write(int device, string path, VersionVector versions, string content = "content", ushort mode = 0x1A4)
    {
        (Entry entry, BlockId root) = FileOf(path, content, mode);
        return Sealer.Seal(Devices[device], RecordKind.File, entry, versions, root);
    }

    public FileRecord Delete(int device, string path, VersionVector versions) =>
        Sealer.Seal(Devices[device], RecordKind.Tombstone, new Entry(VaultPath.Parse(path)!), versions);

    /// <summary>A version that has seen the others.</summary>
    public FileRecord WriteOver(int device, string path, int at, string content, params FileRecord[] seen) =>
        Write(device, path, Register.Seen(seen).With(Ids[device], At(at)), content);

    public static (Entry Entry, BlockId Root) FileOf(string path, string content, ushort mode = 0x1A4)
    {
        Hash32 hash = Hash32.Of(Encoding.UTF8.GetBytes(content));
        return (new Entry(VaultPath.Parse(path)!) { Mode = mode, Size = content.Length, ModifiedNs = 1, ContentKey = new ContentKey(hash) }, new BlockId(hash));
    }

    public void Dispose()
    {
        Keys.Dispose();
        foreach (Ed25519Key device in Devices) device.Dispose();
    }
}

/// <summary>Gives out the bytes it was given, once.</summary>
sealed class Prepared(byte[] bytes) : RandomSource
{
    public override void Fill(Span<byte> destination) => bytes.CopyTo(destination);
}
