using System.Security.Cryptography;
using System.Text;
using Vault.Blocks;
using Vault.Catalog;
using Vault.Identity;
using Vault.Primitives;
using Vault.Swarm;

namespace Vault.Host;

// Who holds what, and what may go.
sealed partial class LocalCommands
{
    const string NeedsDaemon = "only a running daemon knows what other devices hold";

    /// <summary>Files that are freed together: everything else that is kept is walked once for them.</summary>
    const int FreedAtOnce = 1000;

    public async Task<SpaceOffered> OfferAsync(OfferSpace request, CancellationToken stop)
    {
        (KeyRingEntry entry, VaultCatalog catalog) = await OpenVaultAsync(request.Vault, stop);
        DeviceProfile before = catalog.Membership.Find(home.Device.Key.Public)?.Profile ?? Daemon.UsualProfile(entry.Keys, home.Random);
        DeviceProfile after = Offered(request, entry.Vault, before);
        if (after.Capacity > 0) RequireUnwatched(entry);
        if (after != before) catalog.Add([AuthorOf(entry).Introduce(catalog.Membership, after)]);
        return new SpaceOffered(entry.Vault.ToString(), entry.Name, (long)after.Capacity, Classes.Text(after.Class), after.Site == 0 ? null : after.Site.ToString("x16", System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>Whether this device holds a share of the vault: what isn't here isn't missing.</summary>
    bool HoldsShare(VaultCatalog catalog) => catalog.Membership.Find(home.Device.Key.Public)?.Profile?.Capacity > 0;

    static DeviceProfile Offered(OfferSpace request, VaultId vault, DeviceProfile before)
    {
        if (request.Capacity < 0) throw new ConfigException("that is no space to offer", "write 500 GB, or 0 to hold everything");
        return before with
        {
            Capacity = (ulong?)request.Capacity ?? before.Capacity,
            Class = request.Class is { } text ? Classes.Parse(text) : before.Class,
            Site = request.Site is { } site ? SiteOf(vault, site) : before.Site,
        };
    }

    /// <summary>Everyone in the vault sees which devices stand together, and nobody reads where: the name goes no further than this device.</summary>
    static ulong SiteOf(VaultId vault, string name) =>
        name.Length == 0 ? 0 : BitConverter.ToUInt64(SHA256.HashData([.. "vault/v1/site"u8, .. vault.Key.ToArray(), .. Encoding.UTF8.GetBytes(name.Normalize())])) | 1;

    public async Task<CopiesFound> WhereIsAsync(FindCopies request, CancellationToken stop)
    {
        (KeyRingEntry entry, VaultCatalog catalog) = await OpenVaultAsync(request.Vault, stop);
        VaultKeeping keeping = KeepingOf(entry);
        Dictionary<DeviceId, (CopyStanding Standing, long Blocks)> holders = [];
        (long files, long bytes, long blocks, long under) = (0, 0, 0, 0);
        int target = catalog.Membership.Settings.Copies, fewest = int.MaxValue;
        HashSet<BlockId> seen = [];
        foreach (CatalogEntry file in FilesBelow(catalog, entry, request.Path, stop))
        {
            files++;
            bytes += file.Size;
            foreach (NeededBlock block in home.Store.Tree(entry.Vault.Tag, file.Root!.Value))
            {
                if (!seen.Add(block.Id)) continue;
                blocks++;
                IReadOnlyList<CopyStanding> copies = keeping.WhoHolds(block.Id);
                foreach (CopyStanding copy in copies) holders[copy.Device] = (copy, holders.GetValueOrDefault(copy.Device).Blocks + 1);
                int proven = copies.Where(copy => copy.Counts).Select(copy => copy.Site).Distinct().Count();
                fewest = Math.Min(fewest, proven);
                if (proven < target) under++;
            }
        }
        CopyHolder[] told = [.. holders.Values.OrderByDescending(holder => holder.Blocks).Select(holder => Told(holder.Standing, holder.Blocks, catalog.Membership, entry))];
        return new CopiesFound(entry.Vault.ToString(), entry.Name, request.Path ?? "", files, bytes, blocks, target, blocks == 0 ? 0 : fewest, under, told);
    }

    CopyHolder Told(CopyStanding copy, long blocks, Membership membership, KeyRingEntry entry)
    {
        Member? member = membership.Find(copy.Device);
        bool self = member?.Key == home.Device.Key.Public;
        string state = copy.Belief switch { Belief.Lied => "liar", Belief.Doubted => "doubted", _ => copy.Counts ? "proven" : "claimed" };
        return new CopyHolder(member?.Peer.ToString() ?? copy.Device.ToString(), member?.Profile?.OpenName(entry.Keys), self, blocks, state, copy.Connected, copy.LastProven?.TotalSeconds, copy.LastHeard?.TotalSeconds);
    }

    public async Task<FilesFreed> FreeAsync(FreeFiles request, IProgress<TransferProgress>? progress, CancellationToken stop)
    {
        (KeyRingEntry entry, VaultCatalog catalog) = await OpenVaultAsync(request.Vault, stop);
        VaultKeeping keeping = KeepingOf(entry);
        VaultSettings settings = catalog.Membership.Settings;
        int needed = request.Min ?? settings.Copies;
        if (needed < settings.MinimumCopies) throw new ConfigException($"{entry.Name} wants at least {Amounts.Count(settings.MinimumCopies, "copy")} of everything", $"--min {settings.MinimumCopies} is the least");
        (BlockId Root, long Bytes, int Copies)[] here = [.. FilesBelow(catalog, entry, request.Path, stop).DistinctBy(file => file.Root)
            .Select(file => (Root: file.Root!.Value, Bytes: HereOf(entry, file.Root.Value), Copies: keeping.Reachable(file.Root.Value))).Where(file => file.Bytes > 0)];
        if (here.Length == 0) return new FilesFreed(entry.Vault.ToString(), entry.Name, 0, 0, 0, 0, needed, null);
        if (here.Max(file => file.Copies) is var most && most < needed)
            throw new StoreException($"nothing is freed: {Amounts.Count(needed, "copy")} must be elsewhere, and {(most == 0 ? "none is" : most == 1 ? "one is" : $"{most} are")} within reach",
                most >= settings.MinimumCopies && most > 0 ? $"vault whereis says who holds it; --min {most} makes do with less" : "vault peers shows who is connected, vault whereis who holds it");

        long over = request.To is { } allowed ? home.Store.List(entry.Vault.Tag).Sum(block => (long)block.Info.Length) - allowed : long.MaxValue;
        FilesFreed sum = new(entry.Vault.ToString(), entry.Name, 0, 0, 0, 0, needed, null);
        foreach ((BlockId Root, long Bytes, int Copies)[] some in here.OrderByDescending(file => file.Copies).ThenByDescending(file => file.Bytes).Chunk(FreedAtOnce))
        {
            (BlockId Root, long Bytes, int Copies)[] chosen = [.. Enough(some.Where(file => file.Copies >= needed), over - sum.FreedBytes)];
            if (over - sum.FreedBytes <= 0) break;
            BlockId[] roots = [.. chosen.Select(file => file.Root)];
            catalog.Free(roots);
            FreeReport report = await keeping.FreeAsync(roots, needed, freed => progress?.Report(new TransferProgress(sum.Freed, sum.FreedBytes + freed, null, null)), stop);
            long[] left = [.. chosen.Select(file => HereOf(entry, file.Root))];
            catalog.Keep([.. roots.Where((_, i) => left[i] == chosen[i].Bytes)]);
            int[] tooFew = [.. some.Select(file => file.Copies).Where(copies => copies < needed)];
            int? fewest = tooFew.Length > 0 ? tooFew.Min() : null;
            if (report.Fewest is { } few) fewest = Math.Min(few, fewest ?? few);
            sum = sum with
            {
                Freed = sum.Freed + left.LongCount(bytes => bytes == 0),
                FreedBytes = sum.FreedBytes + report.FreedBytes,
                KeptFiles = sum.KeptFiles + left.LongCount(bytes => bytes > 0) + tooFew.Length,
                KeptBlocks = sum.KeptBlocks + report.Kept,
                Fewest = fewest is { } least ? Math.Min(least, sum.Fewest ?? least) : sum.Fewest,
            };
        }
        await new SpaceReturn(home.Store, home.Opened.BlocksFolder).RunAsync(stop: stop);
        return sum;
    }

    /// <summary>So many of them that their bytes are enough, and no more.</summary>
    static IEnumerable<(BlockId Root, long Bytes, int Copies)> Enough(IEnumerable<(BlockId Root, long Bytes, int Copies)> files, long bytes)
    {
        foreach ((BlockId Root, long Bytes, int Copies) file in files)
        {
            if (bytes <= 0) yield break;
            yield return file;
            bytes -= file.Bytes;
        }
    }

    public async Task<FilesKept> KeepAsync(FindCopies request, CancellationToken stop)
    {
        (KeyRingEntry entry, VaultCatalog catalog) = await OpenVaultAsync(request.Vault, stop);
        (long files, long coming) = (0, 0);
        // Together: each commit makes the daemon look through everything for what is to come.
        foreach (BlockId[] some in FilesBelow(catalog, entry, request.Path, stop).Select(file => file.Root!.Value).Distinct().Where(catalog.IsFreed).Chunk(FreedAtOnce))
        {
            files += some.Length;
            catalog.Keep(some);
            coming += some.LongCount(root => !home.Store.IsWhole(entry.Vault.Tag, root));
        }
        return new FilesKept(entry.Vault.ToString(), entry.Name, files, coming);
    }

    public async Task<LossShown> WhatIfAsync(LoseDevices request, CancellationToken stop)
    {
        (KeyRingEntry entry, VaultCatalog catalog) = await OpenVaultAsync(request.Vault, stop);
        VaultKeeping keeping = KeepingOf(entry);
        Member[] lose = [.. request.Lose.Select(device => FindMember(catalog.Membership, entry, device))];
        HashSet<DeviceId> lost = [.. lose.Select(member => member.Device)];
        List<FileLost> files = [];
        (long lostBytes, long healBlocks, long healBytes) = (0, 0, 0);
        int target = catalog.Membership.Settings.Copies;
        HashSet<BlockId> counted = [];
        foreach (CatalogEntry file in FilesBelow(catalog, entry, null, stop))
        {
            bool dies = false;
            foreach (NeededBlock block in home.Store.Tree(entry.Vault.Tag, file.Root!.Value))
            {
                CopyStanding[] left = [.. keeping.WhoHolds(block.Id).Where(copy => copy.Belief is Belief.Good or Belief.Unknown && !lost.Contains(copy.Device))];
                int copies = left.Select(copy => copy.Site).Distinct().Count();
                dies |= copies == 0;
                if (copies == 0 || copies >= target || !counted.Add(block.Id)) continue;
                healBlocks += target - copies;
                healBytes += (target - copies) * (block.Info?.Length ?? ChunkSizes.Default.Normal);
            }
            if (!dies) continue;
            files.Add(new FileLost(file.Path.Text, file.Size));
            lostBytes += file.Size;
        }
        return new LossShown(entry.Vault.ToString(), entry.Name, [.. lose.Select(member => member.Profile?.OpenName(entry.Keys) ?? member.Peer.ToString())], files, lostBytes, healBlocks, healBytes,
            healBytes == 0 ? null : (double)healBytes / HealingLimits.BytesPerSecond);
    }

    long HereOf(KeyRingEntry entry, BlockId root) => home.Store.Tree(entry.Vault.Tag, root).Where(block => block.Level == 0).Sum(block => block.Info?.Length ?? 0L);

    VaultKeeping KeepingOf(KeyRingEntry entry) => daemon is null
        ? throw new ConfigException(NeedsDaemon, "start one: vault daemon run")
        : daemon.KeepingOf(entry.Vault) ?? throw new ConfigException($"{entry.Name} isn't in the swarm");

    static IEnumerable<CatalogEntry> FilesBelow(VaultCatalog catalog, KeyRingEntry entry, string? path, CancellationToken stop)
    {
        IEnumerable<CatalogEntry> all = VaultPaths.ParseOrAll(path) is { } top ? WithAllBelow(catalog, Find(catalog, entry, top), stop) : catalog.List(null, true);
        return all.Where(one => one.Kind == RecordKind.File && one.Root is not null);
    }

    CopiesStatus? CopiesOf(KeyRingEntry entry)
    {
        if (daemon?.KeepingOf(entry.Vault) is not { } keeping) return null;
        CopyFigures figures = keeping.Figures();
        double rate = keeping.HealingRate;
        (DateTimeOffset begun, _) = keeping.Scrubbing;
        return new CopiesStatus(figures.Target, figures.Minimum, figures.Fewest, figures.Needed, figures.UnderTarget, figures.UnderMinimum, figures.OldestProof?.TotalSeconds, figures.Healing, rate,
            rate > 0 && keeping.HealingLeft is { } left ? left / rate : null, begun.ToUnixTimeMilliseconds() <= 0 ? null : begun);
    }
}

/// <summary>Device classes as people write them.</summary>
static class Classes
{
    public static DeviceClass Parse(string text) => text switch
    {
        "server" => DeviceClass.Server,
        "desktop" => DeviceClass.Desktop,
        "mobile" => DeviceClass.Mobile,
        _ => throw new ConfigException($"'{text}' is no class of devices", "classes are server, desktop and mobile"),
    };

    public static string Text(DeviceClass kind) => kind.ToString().ToLowerInvariant();
}
