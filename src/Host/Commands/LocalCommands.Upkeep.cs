using Vault.Blocks;
using Vault.Catalog;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Host;

sealed partial class LocalCommands
{
    public async Task<StoreHealth> VerifyAsync(string? vault, IProgress<TransferProgress>? progress, CancellationToken stop)
    {
        KeyRingEntry? only = vault is null ? null : await FindAsync(vault, stop);
        await EnterAsync(stop);
        return await CheckAsync(only, progress, stop);
    }

    public async Task<StoreDiagnosis> DoctorAsync(bool accept, IProgress<TransferProgress>? progress, CancellationToken stop)
    {
        await home.EnterAsync(make: false, stop);
        OpenedStore opened = home.Opened;
        Tell();
        if (accept)
        {
            opened.AcceptMending();
            foreach (KeyRingEntry entry in home.Ring.Entries) home.Vault(entry.Keys).Catalog.AcceptAsIs();
        }
        string? since = opened.MendedSince;
        (long bytes, int files) = opened.BlocksOnDisk();
        DatabaseFigures meta = opened.Meta.Figures();
        StoreHealth health = await CheckAsync(only: null, progress, stop);
        return new StoreDiagnosis(home.FullPath, opened.Findings, since, new DatabaseSize(bytes, files), new DatabaseSize(meta.FileBytes, meta.Files), health);
    }

    public async Task<CollectedSpace> CollectAsync(TimeSpan hold, IProgress<TransferProgress>? progress, CancellationToken stop)
    {
        if (hold < TimeSpan.Zero || hold > LongestPeriod) throw new ConfigException("that is no time to hold blocks for", $"up to {LongestPeriod.TotalDays:0} days can be given");
        await EnterAsync(stop);
        foreach (KeyRingEntry entry in home.Ring.Entries)
        {
            home.Vault(entry.Keys).Catalog.Tend(); // lets go of versions whose time is over
            StatCache.DropOld(home.Opened.Meta, entry.Vault.Tag, home.Time.GetUtcNow());
        }
        Collection collection = new(home.Store, home.Random);
        Tell();
        CollectedSpace sum = new(0, 0, 0, 0, 0, 0, false);
        foreach (VaultTag vault in home.Store.Vaults().ToList())
        {
            CollectionReport report = collection.Run(vault, hold, stop);
            sum = sum with
            {
                Deleted = sum.Deleted + report.Deleted,
                DeletedBytes = sum.DeletedBytes + report.DeletedBytes,
                Waiting = sum.Waiting + report.Waiting + report.Condemned,
                Hidden = sum.Hidden + report.Hidden,
                PinsInDoubt = report.PinsInDoubt,
            };
            progress?.Report(new TransferProgress(0, sum.DeletedBytes, null, null));
        }
        SpaceReport space = await new SpaceReturn(home.Store, home.Opened.BlocksFolder).RunAsync(stop: stop);
        return sum with { BytesReturned = space.BytesReturned, BytesHeld = space.BytesHeld };
    }

    public async Task<IReadOnlyList<BlockExplained>> ExplainAsync(string block, CancellationToken stop)
    {
        if (!BlockId.TryParse(block, out BlockId id)) throw new ConfigException($"'{block}' isn't the name of a block", "a block is named by 59 characters that begin with bafkrei, or by 64 hex digits");
        await EnterAsync(stop);
        Dictionary<VaultTag, KeyRingEntry> known = home.Ring.Entries.ToDictionary(entry => entry.Vault.Tag);
        List<BlockExplained> explained = [];
        foreach (VaultTag vault in home.Store.Vaults().ToList())
        {
            Explanation explanation = Explanation.Of(home.Store, vault, id);
            if (explanation is { Info: null, Damage: null, Pins.Count: 0, Importing: false }) continue;
            KeyRingEntry? entry = known.GetValueOrDefault(vault);
            explained.Add(new BlockExplained(
                id.ToString(), entry?.Vault.ToString() ?? vault.ToString(), entry?.Name, explanation.Info?.Length, explanation.Info?.Level,
                explanation.Damage is { } damage ? new BlockDamage(damage.Noticed, damage.Damage) : null,
                [.. explanation.Pins.Select(pin => new BlockReason(pin.Reason.ToString().ToLowerInvariant(), pin.Root.ToString(), PathOf(pin, entry), pin.Until))],
                explanation.Pins.Count == Explanation.MostPins, explanation.Importing, explanation.Condemned));
        }
        Tell();
        return explained;
    }

    public async Task<StoreCopied> BackupAsync(MachinePath target, CancellationToken stop)
    {
        await EnterAsync(stop);
        Backup.Run(home.Store, target.Full);
        Tell();
        return new StoreCopied(target.Full);
    }

    // A pin of the catalog's is owned by the leaf of a record.
    string? PathOf(Pin pin, KeyRingEntry? vault) =>
        vault != null && pin.Owner.Length == Leaf.Size ? home.Vault(vault.Keys).Catalog.PathOf(Leaf.Read(pin.Owner.Span))?.Text : null;

    async Task<StoreHealth> CheckAsync(KeyRingEntry? only, IProgress<TransferProgress>? progress, CancellationToken stop)
    {
        BlockStore store = home.Store;
        Tell();
        long blocks = 0, bytes = 0;
        SortedSet<string> bad = new(StringComparer.Ordinal), missing = new(StringComparer.Ordinal);
        HashSet<VaultTag> onDemand = [.. home.Ring.Entries.Where(entry => home.Vault(entry.Keys).Catalog.IsOnDemand).Select(entry => entry.Vault.Tag)];
        VaultTag[] vaults = [.. store.Vaults().Where(vault => only is null || vault == only.Vault.Tag)];
        long? total = progress is null ? null : vaults.Sum(vault => store.List(vault).Sum(block => (long)block.Info.Length));
        foreach (VaultTag vault in vaults)
        {
            long before = bytes;
            ScrubReport scrub = await new Scrub(store).RunAsync(vault, progress: read => progress?.Report(new TransferProgress(0, before + read, null, total)), stop: stop);
            blocks += scrub.Blocks;
            bytes += scrub.Bytes;
            bad.UnionWith(store.Damaged(vault).Select(damaged => damaged.Id.ToString()));
            bool share = home.Ring.Entries.FirstOrDefault(entry => entry.Vault.Tag == vault) is { } of && HoldsShare(home.Vault(of.Keys).Catalog);
            missing.UnionWith(store.Missing(vault, wanted: !share && !onDemand.Contains(vault)).Select(id => id.ToString()));
        }
        missing.ExceptWith(bad);
        if (bad.Count > 0)
            foreach (KeyRingEntry entry in home.Ring.Entries) daemon?.Fetch(entry.Vault); // others may have them whole
        CatalogHealth[] catalogs = [.. Named().Where(entry => only is null || entry == only).Select(CheckCatalog)];
        Tell();
        return new StoreHealth(blocks, bytes, [.. bad], [.. missing], catalogs);
    }

    CatalogHealth CheckCatalog(KeyRingEntry entry)
    {
        VaultCatalog catalog = home.Vault(entry.Keys).Catalog;
        CatalogCheck check = catalog.Verify();
        IEnumerable<string> unreadable = catalog.Unreadable().Where(record => record.Damaged).Select(record => $"the record {record.Leaf.Digest} can't be read: its sealed part is damaged");
        string[] wrongRoot = check.RootMatches ? [] : ["the root isn't that of a rebuild from the records"];
        return new CatalogHealth(entry.Vault.ToString(), entry.Name, catalog.Root.ToString(), check.Records, [.. wrongRoot, .. check.Faults, .. unreadable]);
    }
}
