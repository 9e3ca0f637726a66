using System.Diagnostics;
using Vault.Catalog;

namespace Vault.Host;

/// <summary>Counts what comparisons of a vault's catalog have cost since the start, and traces each.</summary>
sealed class Comparisons(string vault, TimeProvider time)
{
    long rounds, roundTrips, bytes;

    public long Rounds => Interlocked.Read(ref rounds);
    public long RoundTrips => Interlocked.Read(ref roundTrips);
    public long Bytes => Interlocked.Read(ref bytes);

    /// <summary>Counts every comparison of this session, once each.</summary>
    public void Watch(SyncSession session)
    {
        SyncCost? last = null;
        session.Moved += moved =>
        {
            if (moved.LastComparison is not { } cost || ReferenceEquals(cost, last)) return;
            last = cost;
            Interlocked.Increment(ref rounds);
            Interlocked.Add(ref roundTrips, cost.RoundTrips);
            Interlocked.Add(ref bytes, cost.BytesSent + cost.BytesReceived);
            using Activity? traced = Traces.Source.StartActivity("sync.compare", ActivityKind.Internal, parentContext: default, startTime: time.GetUtcNow() - cost.Took);
            traced?.SetTag("vault.id", vault).SetTag("peer", session.Peer.ToString()).SetTag("result", cost.Result.ToString()).SetTag("round_trips", cost.RoundTrips)
                .SetTag("bytes.sent", cost.BytesSent).SetTag("bytes.received", cost.BytesReceived);
        };
    }
}
