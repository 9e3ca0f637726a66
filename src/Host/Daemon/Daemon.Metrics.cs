using System.Diagnostics;
using Vault.Blocks;
using Vault.Libp2p;
using Vault.Store;
using Vault.Swarm;

namespace Vault.Host;

// Numbers for programs that watch: what is counted anyway, told when somebody asks.
sealed partial class Daemon
{
    /// <summary>In the text form of OpenMetrics.</summary>
    public byte[] Metrics()
    {
        OpenMetrics metrics = new();
        metrics.Info("vault_build", "The program.").Add(1, ("version", VersionText.Line.Split(' ')[^1]));
        metrics.Gauge("vault_start_time_seconds", "When the daemon began.", "seconds").Add(since.ToUnixTimeMilliseconds() / 1000.0);
        using (Process process = Process.GetCurrentProcess())
        {
            metrics.Counter("process_cpu_seconds", "Processor time, of user and system.", "seconds").Add(process.TotalProcessorTime.TotalSeconds);
            metrics.Gauge("process_resident_memory_bytes", "Resident memory.", "bytes").Add(process.WorkingSet64);
        }
        TellPeers(metrics, [.. node.Peers]);
        TellVaults(metrics, Parts());
        TellCopies(metrics, Parts());
        (long blockBytes, int blockFiles) = home.Opened.BlocksOnDisk();
        DatabaseFigures meta = home.Opened.Meta.Figures();
        metrics.Gauge("vault_store_bytes", "What the two databases take up on the disk.", "bytes").Add(blockBytes, ("database", "blocks")).Add(meta.FileBytes, ("database", "meta"));
        metrics.Gauge("vault_store_files", "Files of the two databases.").Add(blockFiles, ("database", "blocks")).Add(meta.Files, ("database", "meta"));
        metrics.Gauge("vault_limit_bytes_per_second", "Bandwidth that blocks may use; none where there is no limit.");
        foreach ((string direction, RateLimit limit) in ((string, RateLimit)[])[("upload", Limits.Upload), ("download", Limits.Download)])
            if (limit.BytesPerSecond is { } rate) metrics.Add(rate, ("direction", direction));
        return metrics.ToBytes();
    }

    static void TellPeers(OpenMetrics metrics, PeerStatus[] peers)
    {
        metrics.Gauge("vault_peers", "Peers that are known, by whether they are connected.")
            .Add(peers.Count(IsConnected), ("state", "connected")).Add(peers.Count(peer => !IsConnected(peer)), ("state", "away"));
        peers = [.. peers.Where(IsConnected)];
        metrics.Counter("vault_peer_received_bytes", "Bytes on the connections that there are, with all that frames and seals them.", "bytes");
        foreach (PeerStatus peer in peers) metrics.Add(peer.BytesIn, ("peer", peer.Peer.ToString()));
        metrics.Counter("vault_peer_sent_bytes", "The same the other way.", "bytes");
        foreach (PeerStatus peer in peers) metrics.Add(peer.BytesOut, ("peer", peer.Peer.ToString()));
        metrics.Gauge("vault_peer_round_trip_seconds", "The latest answer to a ping.", "seconds");
        foreach (PeerStatus peer in peers)
            if (peer.RoundTrip is { } time) metrics.Add(time.TotalSeconds, ("peer", peer.Peer.ToString()), ("path", peer.Path?.ToString().ToLowerInvariant() ?? ""));

        static bool IsConnected(PeerStatus peer) => peer.State == PeerState.Connected;
    }

    static void TellCopies(OpenMetrics metrics, OpenPart[] parts)
    {
        (OpenPart Part, VaultKeeping Keeping, CopyFigures Figures, KeeperCounts Counts)[] vaults =
            [.. parts.Where(part => part.Keeping is not null).Select(part => (part, part.Keeping!, part.Keeping!.Figures(), part.Keeping!.Counts))];
        Each(metrics.Gauge("vault_needed_blocks", "Blocks that the vault needs, here or elsewhere."), of => of.Figures.Needed);
        Each(metrics.Gauge("vault_under_target_blocks", "Those with fewer proven copies than the vault wants."), of => of.Figures.UnderTarget);
        Each(metrics.Gauge("vault_under_minimum_blocks", "Those of which fewer copies are known than there must be."), of => of.Figures.UnderMinimum);
        Each(metrics.Gauge("vault_fewest_proven_copies", "Proven copies of the block that has the fewest; none while nothing is needed."), of => of.Figures.Fewest);
        Each(metrics.Gauge("vault_oldest_proof_seconds", "Age of the oldest proof that counts; none while no other device has proven its copies.", "seconds"), of => of.Figures.OldestProof?.TotalSeconds);
        Each(metrics.Gauge("vault_healing_blocks", "Blocks under their target that are looked after."), of => of.Figures.Healing);
        Each(metrics.Counter("vault_healed_blocks", "Copies that were made here because they were missing elsewhere."), of => of.Keeping.HealedSoFar.Blocks);
        Each(metrics.Counter("vault_healed_bytes", "Their bytes.", "bytes"), of => of.Keeping.HealedSoFar.Bytes);
        Each(metrics.Counter("vault_proofs", "Blocks that others were asked to prove, by what came of it."), of => of.Counts.Right, "right");
        Each(metrics, of => of.Counts.Wrong, "wrong");
        Each(metrics, of => of.Counts.Absent, "absent");
        Each(metrics.Counter("vault_liars", "How often a device was found to give wrong proofs."), of => of.Counts.Liars);
        Each(metrics.Counter("vault_lost_devices", "How often a device was away for too long."), of => of.Counts.LostDevices);

        void Each(OpenMetrics family, Func<(OpenPart Part, VaultKeeping Keeping, CopyFigures Figures, KeeperCounts Counts), double?> value, string? result = null)
        {
            foreach (var vault in vaults)
                if (value(vault) is not { } number) continue;
                else if (result is null) family.Add(number, ("vault", vault.Part.Entry.Vault.ToString()), ("name", vault.Part.Entry.Name));
                else family.Add(number, ("vault", vault.Part.Entry.Vault.ToString()), ("name", vault.Part.Entry.Name), ("result", result));
        }
    }

    void TellVaults(OpenMetrics metrics, OpenPart[] parts)
    {
        (OpenPart Part, FetchProgress? Fetch, ServedBlocks? Served)[] vaults = [.. parts.Select(part => (part, swarm.FetchOf(part.Entry.Vault)?.Progress, swarm.ServedOf(part.Entry.Vault)))];
        Each(metrics.Gauge("vault_files", "Files in the catalog."), of => of.Part.Catalog.Totals.Files);
        Each(metrics.Gauge("vault_content_bytes", "What the files have together.", "bytes"), of => of.Part.Catalog.Totals.Bytes);
        Each(metrics.Gauge("vault_missing_blocks", "Blocks known to be wanted and not here yet."), of => of.Fetch?.Wanted ?? 0);
        Each(metrics.Counter("vault_fetched_blocks", "Blocks that came and are durable."), of => of.Fetch?.Blocks ?? 0);
        Each(metrics.Counter("vault_fetched_bytes", "Their bytes.", "bytes"), of => of.Fetch?.Bytes ?? 0);
        Each(metrics.Counter("vault_served_blocks", "Blocks that others asked for and were sent."), of => of.Served?.Blocks ?? 0);
        Each(metrics.Counter("vault_served_bytes", "Their bytes.", "bytes"), of => of.Served?.Bytes ?? 0);
        Each(metrics.Gauge("vault_peers_in_step", "Peers whose catalog has the same root."), InStep);
        Each(metrics.Counter("vault_sync_rounds", "Comparisons of catalogs with peers that have ended."), of => of.Part.Compared.Rounds);
        Each(metrics.Counter("vault_sync_round_trips", "How often one of them waited for an answer."), of => of.Part.Compared.RoundTrips);
        Each(metrics.Counter("vault_sync_bytes", "What they sent and received.", "bytes"), of => of.Part.Compared.Bytes);

        void Each(OpenMetrics family, Func<(OpenPart Part, FetchProgress? Fetch, ServedBlocks? Served), double> value)
        {
            foreach (var vault in vaults) family.Add(value(vault), ("vault", vault.Part.Entry.Vault.ToString()), ("name", vault.Part.Entry.Name));
        }

        double InStep((OpenPart Part, FetchProgress? Fetch, ServedBlocks? Served) of)
        {
            lock (gate) return of.Part.Sessions.Values.Count(session => session.IsInStep);
        }
    }
}
