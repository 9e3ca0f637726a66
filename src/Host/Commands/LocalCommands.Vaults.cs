using Vault.Blocks;
using Vault.Catalog;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Host;

sealed partial class LocalCommands
{
    // The catalog first: a vault that is listed is whole. What an interruption between the two leaves is a few records that
    // nobody has keys for.
    public async Task<VaultCreated> CreateAsync(CreateVault request, CancellationToken stop)
    {
        await EnterAsync(stop, make: true);
        string name = VaultNames.Checked(home.Ring, request.Name);
        VaultSettings settings = VaultSettings.Default;
        if (new[] { request.Copies, request.MinCopies }.Any(number => number is < 1 or > ControlLimits.MaxCopies)) throw new ConfigException("that is no number of copies", $"1 to {ControlLimits.MaxCopies} can be asked for");
        int copies = request.Copies ?? Math.Max(settings.Copies, request.MinCopies ?? 0);
        settings = settings with { Copies = copies, MinimumCopies = Math.Min(request.MinCopies ?? settings.MinimumCopies, copies) };
        VaultKeys keys = VaultKeys.Create(home.Random);
        home.Vault(keys).Catalog.Add(Genesis.Create(keys, home.Device.Key, home.Clock, home.Random, name, settings));
        KeyRingEntry made = home.Ring.Add(name, keys);
        Tell();
        return new VaultCreated(made.Vault.ToString(), made.Name, NotExported());
    }

    public async Task<VaultRenamed> RenameAsync(RenameVault request, CancellationToken stop)
    {
        KeyRingEntry entry = await FindAsync(request.Vault, stop);
        string before = entry.Name;
        home.Ring.Rename(entry.Vault, VaultNames.Checked(home.Ring, request.Name, entry.Vault));
        return new VaultRenamed(entry.Vault.ToString(), request.Name, before);
    }

    public async Task<VaultLeft> LeaveAsync(string vault, CancellationToken stop)
    {
        KeyRingEntry entry = await FindAsync(vault, stop);
        VaultLeft left = new(entry.Vault.ToString(), entry.Name);
        home.Forget(entry);
        Tell();
        return left;
    }

    public async Task<IReadOnlyList<VaultListed>> ListVaultsAsync(CancellationToken stop)
    {
        if (!home.Exists) return []; // nothing is made where one only looks
        await EnterAsync(stop);
        VaultListed[] listed = [.. Named().Select(entry => new VaultListed(entry.Vault.ToString(), entry.Name, entry.Keys.CanRead, entry.IsExported))];
        Tell();
        return listed;
    }

    public async Task<StoreStatus> StatusAsync(string? vault, CancellationToken stop)
    {
        if (vault is null && !home.Exists) return new StoreStatus([], null);
        KeyRingEntry? only = vault is null ? null : await FindAsync(vault, stop);
        await EnterAsync(stop);
        VaultStatus[] vaults = [.. Named().Where(entry => only is null || entry == only).Select(StatusOf)];
        StoreStatus status = new(vaults, home.Opened.MendedSince);
        Tell();
        return status;
    }

    public async Task<VaultRoot> RootAsync(string vault, CancellationToken stop)
    {
        (KeyRingEntry entry, VaultCatalog catalog) = await OpenVaultAsync(vault, stop);
        return new VaultRoot(entry.Vault.ToString(), entry.Name, catalog.Root.ToString());
    }

    /// <summary>What others hold is told a moment after what there is to hold.</summary>
    static readonly TimeSpan RedAfter = TimeSpan.FromMinutes(1);

    IEnumerable<KeyRingEntry> Named() => home.Ring.Entries.OrderBy(entry => entry.Name, StringComparer.Ordinal);

    async Task<(KeyRingEntry Entry, VaultCatalog Catalog)> OpenVaultAsync(string vault, CancellationToken stop)
    {
        KeyRingEntry entry = await FindAsync(vault, stop);
        VaultCatalog catalog = home.Vault(entry.Keys).Catalog;
        Tell();
        return (entry, catalog);
    }

    VaultStatus StatusOf(KeyRingEntry entry)
    {
        VaultCatalog catalog = home.Vault(entry.Keys).Catalog;
        long conflicts = catalog.Conflicts().LongCount(), unreadable = catalog.Unreadable().LongCount(record => record.Damaged);
        long damaged = home.Store.Damaged(entry.Vault.Tag).LongCount();
        List<string> red = [], amber = [];
        if (damaged > 0) red.Add($"{Amounts.Count(damaged, "damaged block")}: vault verify names them");
        if (unreadable > 0) red.Add($"{Amounts.Count(unreadable, "record")} can't be read: vault verify names them");
        if (daemon?.RefusalOf(entry.Vault) is { } refusal) red.Add($"a member says that this device isn't in any more: {refusal}; with a new ticket it can join again");
        if (conflicts > 0) amber.Add($"{Amounts.Count(conflicts, "conflict")}: vault conflicts shows them");
        if (catalog.Returned().LongCount() is > 0 and var returned) amber.Add($"{Amounts.Count(returned, "file")} that had been deleted came back: vault conflicts shows what");
        if (catalog.Suspicions.Select(suspicion => suspicion.Author).Distinct().LongCount() is > 0 and var flagged) amber.Add($"{Amounts.Count(flagged, "device")} did what a device shouldn't: vault members says what");
        foreach (WatchListed watch in daemon?.Watched.All.Where(watch => watch.Vault == entry.Vault.ToString()) ?? [])
        {
            amber.AddRange(watch.Held.Select(held => held.Text));
            if (watch.State == "paused") amber.Add($"{watch.Folder} waits: {watch.Why}");
        }
        if (catalog.IsPullOnly) amber.Add("it may have forgotten something, and takes from other machines until it has caught up");
        if (!entry.IsExported) amber.Add("its keys are on this device only: vault key export FILE");
        CopiesStatus? copies = catalog.Membership.Members.Count(member => member.IsActive) > 1 ? CopiesOf(entry) : null;
        if (copies is { UnderMinimum: > 0 } && daemon?.KeepingOf(entry.Vault)?.UnderMinimumFor > RedAfter)
            red.Add($"{Amounts.Count(copies.UnderMinimum, "block")} of which fewer than {Amounts.Count(copies.Minimum, "copy")} can be counted on: connect the devices that hold them");
        else if (copies is { UnderTarget: > 0 }) amber.Add($"{Amounts.Count(copies.UnderTarget, "block")} of which fewer than {Amounts.Count(copies.Target, "copy")} are proven");
        TransferStatus? transfer = daemon?.TransferOf(entry.Vault);
        (long lacking, long bytes) = HoldsShare(catalog) ? (0, 0) : catalog.Wanted(); // of a share it isn't known what will come
        bool onDemand = catalog.IsOnDemand;
        (long elsewhere, long elsewhereBytes) = onDemand ? (lacking, bytes) : (0, 0);
        if (onDemand) (lacking, bytes) = (transfer?.MissingBlocks ?? home.Store.Missing(entry.Vault.Tag, wanted: false).LongCount(), 0);
        long blocks = lacking == 0 ? 0 : onDemand ? lacking : transfer is null ? home.Store.Missing(entry.Vault.Tag).LongCount() : Math.Max(transfer.MissingBlocks, 1); // at least one, if none is known yet
        if (blocks == 0) bytes = 0; // all has come, and will be counted as here at the next start
        double rate = blocks > 0 ? transfer?.BytesPerSecond ?? 0 : 0;
        CatalogTotals totals = catalog.Totals;
        return new VaultStatus(entry.Vault.ToString(), entry.Name, catalog.Root.ToString(), totals.Files + totals.Folders, totals.Bytes, totals.Files,
            conflicts, damaged, blocks, bytes, Math.Round(rate), blocks > 0 && rate >= 1 ? Math.Round(bytes / rate) : null, Policies.Text(onDemand), elsewhere, elsewhereBytes, transfer?.InStepWith ?? [], red.Count > 0 ? "red" : amber.Count > 0 ? "amber" : "good", [.. red, .. amber], copies);
    }
}
