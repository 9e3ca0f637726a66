using System.Collections.Concurrent;
using System.Globalization;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Catalog;

// What a wrong clock dates, others hold back or take for older than it is: so with one that can be seen to be wrong, nothing is written.
public sealed partial class VaultCatalog
{
    readonly ConcurrentDictionary<DeviceId, TimeSpan> ahead = []; // of this clock, by those of peers met since the start; no more than there are members
    DateTimeOffset lastCommitted; // by this device's clock

    /// <summary>Refuses to write while this clock is behind what it said before, or ahead of those of most peers that were met.</summary>
    void RequireClock()
    {
        if (ClockFault() is { } fault) throw fault;
    }

    /// <summary>Why this machine's clock is wrong, where that can be seen.</summary>
    ConfigException? ClockFault()
    {
        DateTimeOffset now = parts.Now, known = LatestKnown;
        if (known > now + HybridClock.MaxAhead && known > AcceptedTime + HybridClock.MaxAhead)
            return new ConfigException($"this machine's clock says {Said(now)}, and there are changes of {Said(known)} here already", "set the clock right; if it was wrong then and is right now, vault doctor --accept goes on from there");
        int wrong = ahead.Values.Count(by => by > HybridClock.MaxAhead);
        return wrong * 2 <= ahead.Count ? null
            : new ConfigException($"this machine's clock says {Said(now)}, which is ahead of the other machines by {(long)ahead.Values.Max().TotalMinutes} minutes", "set the clock right: the others would hold back what is written now");
    }

    DateTimeOffset LatestKnown => Seen.Issued.Moment is var issued && issued > lastCommitted ? issued : lastCommitted;

    /// <summary>Up to when the owner has said that the times here count, though the clock is behind them.</summary>
    DateTimeOffset AcceptedTime => parts.Meta.Get(CatalogFamilies.Notes, CatalogKeys.Note(parts.Tag, CatalogKeys.AcceptedOf)) is { Length: 8 } value
        ? new HybridTime(System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(value)).Moment : DateTimeOffset.MinValue;

    void AcceptTime(Draft draft)
    {
        DateTimeOffset known = LatestKnown;
        if (known <= parts.Now + HybridClock.MaxAhead) return;
        draft.Also((batch, _) => batch.Put(CatalogFamilies.Notes, CatalogKeys.Note(parts.Tag, CatalogKeys.AcceptedOf), new ByteWriter(8).UInt64(HybridTime.At(known).Value).ToArray()));
    }

    void NoteClock(DeviceId peer, ulong clock)
    {
        if (clock != 0) ahead[peer] = parts.Now - new HybridTime(clock).Moment;
    }

    static string Said(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
