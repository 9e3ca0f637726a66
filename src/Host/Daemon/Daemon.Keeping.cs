using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Swarm;

namespace Vault.Host;

// Copies: who holds what, healing, and what of it people want to know.
sealed partial class Daemon
{
    /// <summary>Beside the vaults' databases: what is known of others' holdings, a file a vault.</summary>
    public const string HoldingsFolder = "holdings";

    public static string HoldingsFile(string data, VaultId vault) => Path.Combine(data, HoldingsFolder, vault.ToString());

    /// <summary>Begins to look after the copies of a vault that is in the swarm.</summary>
    void Keep(OpenPart part, GateVault admits)
    {
        KeepingPorts ports = new(admits, home.Store, home.Opened.Meta, home.Device.Key, HoldingsFile(home.FullPath, part.Entry.Vault), home.Clock, home.Time, home.Random);
        VaultKeeping keeping = new(ports, swarm.FetchOf(part.Entry.Vault)!, new VaultTopic(gossip, admits, "holdings", home.Random));
        keeping.Happened += (what, device, text) => Tell(part, what, device, text);
        keeping.Healed += (blocks, bytes) => Publish("healed", part, text: $"{Amounts.Count(blocks, "copy")} made here, {Amounts.Size(bytes)}");
        keeping.Stood += (level, figures) => TellCopies(part, level, figures);
        part.Keeping = keeping;
    }

    static Task KeepAsync(OpenPart part, VaultChannel channel, CancellationToken cancel) =>
        part.Keeping is { } keeping ? keeping.RunAsync(channel, cancel) : throw new ProtocolException("copies aren't looked after yet");

    void Tell(OpenPart part, KeeperEvent what, DeviceId device, string text)
    {
        Member? member = part.Catalog.Membership.Find(device);
        string name = member?.Profile?.OpenName(part.Entry.Keys) ?? member?.Peer.ToString() ?? device.ToString();
        string kind = what switch
        {
            KeeperEvent.Liar => "liar",
            KeeperEvent.CopyLost => "copy-lost",
            KeeperEvent.CopyProven => "copy-proven",
            _ => "device-lost",
        };
        if (what is KeeperEvent.Liar or KeeperEvent.DeviceLost) note($"{part.Entry.Name}: {name}: {text}");
        Publish(kind, part, member?.Peer, $"{name}: {text}");
    }

    void TellCopies(OpenPart part, CopyLevel level, CopyFigures figures)
    {
        (string kind, string text) = level switch
        {
            CopyLevel.UnderMinimum => ("under-minimum", $"{Amounts.Count(figures.UnderMinimum, "block")} of which fewer than {Amounts.Count(figures.Minimum, "copy")} can be counted on"),
            CopyLevel.UnderTarget => ("under-target", $"{Amounts.Count(figures.UnderTarget, "block")} of which fewer than {Amounts.Count(figures.Target, "copy")} are proven"),
            _ => ("enough-copies", $"everything has {Amounts.Count(figures.Target, "proven copy")}"),
        };
        if (level == CopyLevel.UnderMinimum) note($"{part.Entry.Name}: {text}");
        Publish(kind, part, text: text);
    }

    /// <summary>Looks for everything that should be here, once more.</summary>
    public void Fetch(VaultId vault)
    {
        if (Parts().FirstOrDefault(part => part.Entry.Vault == vault) is not { } part) return;
        part.Awaited.AddAll();
        swarm.FetchOf(vault)?.Search();
        part.Keeping?.Look();
    }

    /// <summary>Null where the vault isn't in the swarm.</summary>
    public VaultKeeping? KeepingOf(VaultId vault) => Parts().FirstOrDefault(part => part.Entry.Vault == vault)?.Keeping;
}
