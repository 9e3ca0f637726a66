using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>What a catalog stands on. All of it is borrowed, and must outlive the catalog.</summary>
/// <param name="Meta">Opened with <see cref="CatalogFamilies.All"/> beside the families of the block store.</param>
/// <param name="Device">Signs what is written here; null where nothing is.</param>
/// <param name="Mended">The database had to be repaired, at this time: it may have forgotten something it knew. Null when it is whole.</param>
public sealed record CatalogPorts(
    BlockStore Store, IDatabase Meta, VaultKeys Keys, Ed25519Key? Device, HybridClock Clock, RandomSource Random, TimeProvider Time, string? Mended = null);
