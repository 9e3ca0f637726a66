using System.Globalization;
using Vault.Blocks;
using Vault.Catalog;
using Vault.Chat;
using Vault.Primitives;

namespace Vault.Host.Simulation;

/// <summary>What the users of the devices do: say something, write and remove files, sometimes the same one at two places.</summary>
sealed class People(World world, Plan plan, RandomSource random)
{
    const int Folders = 8, FilesPerFolder = 40;

    int messages;

    public void Begin()
    {
        if (!plan.Talks) return;
        world.Mishaps.Repeat(plan.MessagesPerHour, Say);
        world.Mishaps.Repeat(plan.EditsPerHour, Write);
    }

    void Say()
    {
        if (Writer() is not { } device) return;
        string text = string.Create(CultureInfo.InvariantCulture, $"message {++messages}");
        if (device.Say(text) is { } message && !device.IsTwoFaced) world.Invariants.Acknowledged(device, message);
    }

    void Write()
    {
        if (Writer() is not { } device) return;
        VaultPath path = VaultPath.Parse($"folder {random.Below(Folders)}/file {random.Below(FilesPerFolder)}")!;
        if (random.Below(8) == 0) device.Change(new Edit.Remove(path));
        else
        {
            // No block of it exists: here only the catalog is at work.
            FileRef content = new(new BlockId(Hash32.Of(BitConverter.GetBytes(random.NextUInt64()))), new ContentKey(default), random.Below(1 << 20));
            device.Change(new Edit.Put(new Entry(path) { Mode = 0x1A4 }, content, RecordKind.File));
        }
    }

    Device? Writer() => world.Devices[random.Below(world.Devices.Count)] is { IsUp: true, CanRead: true } device ? device : null;
}
