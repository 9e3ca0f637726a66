using Vault.Identity;
using Vault.Store;

namespace Vault.Blocks;

/// <summary>Why a block is kept, or why it isn't: everything on this machine that has to do with it.</summary>
/// <param name="Info">Null when it isn't here.</param>
/// <param name="Condemned">Since when nothing needed it, as the last collection saw it.</param>
/// <param name="Pins">The pins from which it is reached, the first <see cref="MostPins"/>.</param>
/// <param name="Importing">An unfinished import counts on it.</param>
public sealed record Explanation(BlockId Id, BlockInfo? Info, DamagedBlock? Damage, DateTimeOffset? Condemned, IReadOnlyList<Pin> Pins, bool Importing)
{
    public const int MostPins = 100;

    /// <summary>Walks every pinned tree of the vault: as much work as the marking of a collection.</summary>
    public static Explanation Of(BlockStore store, VaultTag vault, BlockId id)
    {
        List<Pin> pins = [];
        foreach (Pin pin in store.Pins.Of(vault))
        {
            if (pins.Count == MostPins) break;
            if (new Reachability(store, vault).Walk(pin.Root, whole: false).Any(reached => reached.Id == id)) pins.Add(pin);
        }
        using ISnapshot view = store.Meta.Snapshot();
        bool importing = ImportJournal.BlocksOf(store.Meta, vault, store.Time.GetUtcNow(), view).Any(entry =>
            entry.Id == id || entry.Root && new Reachability(store, vault).Walk(entry.Id, whole: false).Any(reached => reached.Id == id));
        DateTimeOffset? condemned = store.Meta.Get(StoreKeys.Condemned, StoreKeys.MetaKey(vault, id)) is { } value ? StoreKeys.TimeIn(value) : null;
        return new Explanation(id, store.Info(vault, id), store.Quarantine.Find(vault, id), condemned, pins, importing);
    }
}
