using Vault.Catalog;
using Vault.Chat;
using Vault.Identity;

namespace Vault.Host;

/// <summary>What a message says of the vault: only of a state that was whole, so that equal counters mean equal roots.</summary>
static class ChatWitness
{
    public static Witness Of(VaultCatalog catalog) => catalog.Settled is { } settled
        ? new Witness(settled.Root, [.. settled.Latest.OrderByDescending(author => author.Value).Take(ChatLimits.WitnessAuthors).OrderBy(author => author.Key).Select(author => (author.Key, author.Value))])
        : Witness.None;
}
