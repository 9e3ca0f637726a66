using System.Text;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>What the work on one watched folder is done with, for as long as it is watched.</summary>
sealed class WatchTools : IDisposable
{
    readonly HashSet<(ulong, ulong)> own = [];

    public WatchTools(VaultCatalog catalog, CatalogPorts ports, WatchRow row, IReadOnlyList<string> ownFolders, Action<WatchNews> tell)
    {
        (Catalog, Ports, Row) = (catalog, ports, row);
        Rows = new WatchRows(ports.Meta, ports.Keys, ports.Random);
        SecretEpoch epoch = ports.Keys.Current;
        Writer = new FileWriter(epoch);
        Journal = new ImportJournal(ports.Store, ports.Keys.Vault.Tag, epoch, ports.Random);
        Intake = new FileIntake(Writer, Journal, new TransferMeter(null, ports.Time), ports.Time);
        Small = new SmallFileReader(ports.Store, ports.Keys.Vault.Tag);
        Troubles = new WatchTroubles(tell);
        (Into, Out) = (new Brake(row.Most), new Brake(row.Most));
        if (row.HoldsIn) Into.Resume();
        if (row.HoldsOut) Out.Resume();
        foreach (string path in ownFolders)
            if (FolderHandle.Open(Encoding.UTF8.GetBytes(path), out FolderHandle? folder) == 0)
                using (folder)
                    if (folder!.Stat(out FileStat stat) == 0) own.Add((stat.Device, stat.Inode));
    }

    public VaultCatalog Catalog { get; }
    public CatalogPorts Ports { get; }
    public WatchRow Row { get; set; }
    public WatchRows Rows { get; }
    public FileWriter Writer { get; }
    public ImportJournal Journal { get; }
    public FileIntake Intake { get; }
    public SmallFileReader Small { get; }
    public WatchTroubles Troubles { get; }

    /// <summary>What the folder does to the vault, and the vault to the folder.</summary>
    public Brake Into { get; }
    public Brake Out { get; }

    /// <summary>Names that differ in case are one on this disk.</summary>
    public bool IsCaseBlind { get; set; }

    public Hash16 Id => Row.Id;

    public WatchedTree? TryOpenTree(bool acceptsMounts, out string why) =>
        WatchedTree.TryOpen(Row.Folder, Id, path => Rows.Find(Id, path).FirstOrDefault(entry => entry.Name == path), own, acceptsMounts, out why);

    /// <summary>Which path of the vault a name in the folder belongs to: itself, unless a version that lost is or was shown under it.</summary>
    public VaultPath OwnerOf(VaultPath name)
    {
        if (ConflictNames.PathIn(name) is not { } path) return name;
        if (Catalog.Versions(name) is { IsDeleted: false } || Rows.Find(Id, name).Count > 0) return name; // somebody made it a file of its own
        if (Rows.OwnerOf(Id, name) is { } known) return known;
        if (VaultSide.Of(Catalog, path).Visible.Any(shown => shown.Name == name)) return path;
        // A copy that an earlier watch left here, of a version that has been settled since: it is remembered as what it was.
        CatalogParts parts = Catalog.Parts;
        foreach (Past past in parts.Past.At(parts.Sealer!.PositionOf(path)))
        {
            if (Heads.ConflictName(path, past.Record) != name || parts.Open(past.Record) is not { IsTombstone: false, Entry: not null } head) continue;
            IReadOnlyList<BaseEntry> before = Rows.Find(Id, path);
            Batch batch = new();
            Rows.Put(batch, Id, path, before, [.. before, new BaseEntry(new Based(name, Look.Of(head), past.Record.Versions), default, IsSettled: false, IsMount: false)]);
            Ports.Meta.Commit(batch, Durability.Logged);
            return path;
        }
        return name;
    }

    public void Dispose()
    {
        Rows.Dispose();
        Writer.Dispose();
        Journal.Dispose();
        Small.Dispose();
    }
}

/// <summary>Names made for versions that lost, told from others by their form.</summary>
static partial class ConflictNames
{
    [System.Text.RegularExpressions.GeneratedRegex(@"^(.+) \(conflict \d{8}T\d{6}Z [0-9a-z]{8} [0-9a-f]{8}\)(\.[^/]*)?$")]
    private static partial System.Text.RegularExpressions.Regex Form { get; }

    /// <summary>The path that such a name was made of, if it wasn't cut short; null for another name.</summary>
    public static VaultPath? PathIn(VaultPath name)
    {
        System.Text.RegularExpressions.Match match = Form.Match(name.Name);
        if (!match.Success) return null;
        string plain = match.Groups[1].Value + match.Groups[2].Value;
        return name.Parent is { } folder ? folder.Child(plain) : VaultPath.Parse(plain);
    }
}
