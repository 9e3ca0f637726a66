using System.Diagnostics;
using System.Globalization;
using Vault.Catalog;
using Vault.Identity;
using Vault.Libp2p;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>
/// The story of two devices, played with the real parts on loopback and told line by line. Every figure is measured while it
/// happens; a step that doesn't come to pass ends the story with a fault.
/// </summary>
/// <param name="folder">Empty; who calls deletes it afterwards.</param>
/// <param name="tell">Who is acting, and what happened.</param>
sealed class Demo(string folder, Action<string, string> tell, TimeProvider time, RandomSource random)
{
    const string VaultName = "family", Laptop = "laptop", Desktop = "desktop", Both = "both";

    /// <summary>Longer than any step takes on a machine that is busy with something else.</summary>
    static readonly TimeSpan patience = TimeSpan.FromMinutes(1);

    /// <summary>How often is looked whether a step has come to pass: its figure is that much too large at most.</summary>
    static readonly TimeSpan glance = TimeSpan.FromMilliseconds(1);

    readonly string files = Path.Combine(folder, "files");

    public async Task RunAsync(CancellationToken stop)
    {
        DemoFiles.Write(files, random);
        DemoDevice laptop = await StartAsync(Laptop, stop), desktop = await StartAsync(Desktop, stop);
        try
        {
            VaultId vault = await MakeAsync(laptop, stop);
            await JoinAsync(laptop, desktop, vault, stop);
            await ChangeAsync(laptop, desktop, vault, stop);
            await desktop.DisposeAsync();
            desktop = await StartAsync(Desktop, stop);
            await MeetAgainAsync(laptop, desktop, vault, stop);
            await laptop.DisposeAsync();
            Directory.Delete(laptop.Home.FullPath, recursive: true);
            await RestoreAsync(desktop, stop);
        }
        finally
        {
            await desktop.DisposeAsync();
            await laptop.DisposeAsync();
        }
    }

    Task<DemoDevice> StartAsync(string name, CancellationToken stop) =>
        DemoDevice.StartAsync(name, Path.Combine(folder, name), note => tell(name, "says: " + note), time, random, stop);

    async Task<VaultId> MakeAsync(DemoDevice laptop, CancellationToken stop)
    {
        await laptop.Commands.CreateAsync(new CreateVault(VaultName), stop);
        long began = time.GetTimestamp();
        FilesAdded added = await AddAsync(laptop, stop);
        TimeSpan took = time.GetElapsedTime(began);
        laptop.Daemon.AttachAll();
        tell(Laptop, $"made a vault and added {Amounts.Count(added.Files, "file")}, {Amounts.Size(added.Bytes)}, in {Seconds(took)}: {Rate(added.Bytes, took)}");
        tell(Laptop, $"keeps them as {Amounts.Count(added.NewBlocks, "sealed block")}, {Amounts.Size(added.NewBytes)}: one picture is there twice and is stored once");
        return laptop.Home.Ring.Entries[0].Vault;
    }

    Task<FilesAdded> AddAsync(DemoDevice laptop, CancellationToken stop) =>
        laptop.Commands.AddAsync(new AddFiles(VaultName, [new MachinePath(files)], "files"), null, stop);

    async Task JoinAsync(DemoDevice laptop, DemoDevice desktop, VaultId vault, CancellationToken stop)
    {
        DeviceInvited invited = await laptop.Commands.InviteAsync(new InviteDevice(VaultName, "write", TimeSpan.FromHours(1)), stop);
        tell(Laptop, $"wrote a ticket, one string of {invited.Ticket.Length} characters that lets one device in");
        long began = time.GetTimestamp();
        await desktop.Commands.JoinAsync(new JoinVault(invited.Ticket, VaultName), stop);
        tell(Desktop, $"pasted it and is a member after {Milliseconds(time.GetElapsedTime(began))}");
        await UntilSameAsync(laptop, desktop, vault, stop);
        TimeSpan took = time.GetElapsedTime(began);
        long moved = desktop.Daemon.Peers().Sum(peer => peer.BytesIn);
        tell(Desktop, $"has every file after {Seconds(took)}: {Amounts.Size(moved)} over the wire, {Rate(moved, took)}, each block verified and on the disk");
        tell(Both, $"have the root {Root(laptop, vault)}: the same files, members and history");
    }

    async Task ChangeAsync(DemoDevice laptop, DemoDevice desktop, VaultId vault, CancellationToken stop)
    {
        await File.WriteAllTextAsync(Path.Combine(files, DemoFiles.Changed), "what was agreed on has changed\n", stop);
        FilesAdded added = await AddAsync(laptop, stop);
        long began = time.GetTimestamp();
        await UntilSameAsync(laptop, desktop, vault, stop);
        tell(Laptop, $"added the folder again after one note had changed: {Amounts.Count(added.NewBlocks, "new block")}, the rest known by its times");
        tell(Desktop, $"could read the change {Milliseconds(time.GetElapsedTime(began))} later");
    }

    async Task MeetAgainAsync(DemoDevice laptop, DemoDevice desktop, VaultId vault, CancellationToken stop)
    {
        PeerId other = laptop.Daemon.Id;
        await UntilAsync(() => desktop.Daemon.ComparisonWith(other, vault) is { Result: SyncResult.InStep }, stop);
        SyncCost cost = desktop.Daemon.ComparisonWith(other, vault)!;
        tell(Desktop, $"was switched off and on, and knew after {Amounts.Count(cost.RoundTrips, "round trip")} and {Amounts.Size(cost.BytesSent + cost.BytesReceived)} that nothing had changed");
    }

    async Task RestoreAsync(DemoDevice desktop, CancellationToken stop)
    {
        tell(Laptop, "is lost, with all that was on it");
        string restored = Path.Combine(folder, "restored");
        long began = time.GetTimestamp();
        FilesGotten gotten = await desktop.Commands.GetAsync(new GetFiles(VaultName, new MachinePath(restored), "files"), null, stop);
        TimeSpan took = time.GetElapsedTime(began);
        foreach (string file in Directory.EnumerateFiles(files, "*", SearchOption.AllDirectories))
        {
            string again = Path.Combine(restored, Path.GetRelativePath(files, file));
            if (!File.Exists(again) || !File.ReadAllBytes(file).AsSpan().SequenceEqual(File.ReadAllBytes(again)))
                throw new CorruptDataException($"{again} isn't what was added", "this is a bug");
        }
        tell(Desktop, $"restored {Amounts.Count(gotten.Files, "file")} in {Seconds(took)}: byte for byte what the laptop had added");
    }

    /// <summary>Both have one root, and the second has every block.</summary>
    Task UntilSameAsync(DemoDevice laptop, DemoDevice desktop, VaultId vault, CancellationToken stop) => UntilAsync(() =>
        desktop.Daemon.TransferOf(vault) is { MissingBlocks: 0, Searching: false } there && there.Root == Root(laptop, vault), stop);

    async Task UntilAsync(Func<bool> holds, CancellationToken stop)
    {
        long began = time.GetTimestamp();
        while (!holds())
        {
            if (time.GetElapsedTime(began) > patience) throw new StoreException("the two devices haven't come together within a minute", "is this machine very busy? Try again");
            await Task.Delay(glance, time, stop);
        }
    }

    static string Root(DemoDevice device, VaultId vault) => device.Daemon.TransferOf(vault)?.Root ?? throw new UnreachableException("a device that has no vault");

    static string Rate(long bytes, TimeSpan took) => $"{Amounts.Size((long)(bytes / Math.Max(took.TotalSeconds, 1e-6)))} a second";

    static string Seconds(TimeSpan took) => took.TotalSeconds.ToString("0.00 s", CultureInfo.InvariantCulture);

    static string Milliseconds(TimeSpan took) => took.TotalMilliseconds.ToString("0 ms", CultureInfo.InvariantCulture);
}
