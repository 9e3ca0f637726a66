using Vault.Blocks;
using Vault.Catalog;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Host.Tests;

/// <summary>
/// Another device of a vault that writes without having seen what this one wrote, which is how conflicts arise. It has no store of its
/// own: its records and blocks are put into the data folder here, as a network would bring them.
/// </summary>
static class SecondWriter
{
    public static async Task WriteAsync(string dataFolder, string vault, string path, string content)
    {
        using Home home = new(dataFolder, "a test", (_, _) => throw new InvalidOperationException("Nothing is sealed here."), TimeProvider.System, RandomSource.System);
        await home.EnterAsync(make: false, default);
        VaultKeys keys = VaultNames.Find(home.Ring, vault).Keys;
        VaultCatalog catalog = home.Vault(keys).Catalog;
        using Ed25519Key second = Ed25519Key.Generate(RandomSource.System);
        catalog.Add([new ControlAuthor(keys, home.Device.Key, home.Clock, RandomSource.System).Certify(catalog.Membership, second.Public, Role.Writer)]);

        using WriteSession session = home.Store.BeginWrite(keys.Vault.Tag);
        using FileWriter writer = new(keys.Current);
        FileRef file = await writer.WriteAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)), session);
        await session.FlushAsync();
        Entry entry = new(VaultPath.Parse(path)!) { Mode = 0x1A4, ModifiedNs = 1, Size = file.Size, ContentKey = file.Key };
        VersionVector versions = VersionVector.Empty.With(DeviceId.Of(second.Public), home.Clock.Next());
        MergeReport merged = catalog.Merge([new RecordSealer(keys, RandomSource.System).Seal(second, RecordKind.File, entry, versions, file.Root).Encode()]);
        if (merged.Outcomes is not [MergeOutcome.Accepted]) throw new InvalidOperationException($"The record was {string.Join(", ", merged.Outcomes)}.");
        catalog.Arrived([file.Root]);
    }
}
