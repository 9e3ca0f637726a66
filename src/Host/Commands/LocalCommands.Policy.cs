using Vault.Catalog;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Host;

sealed partial class LocalCommands
{
    public async Task<PolicyChosen> PolicyAsync(ChoosePolicy request, CancellationToken stop)
    {
        (KeyRingEntry entry, VaultCatalog catalog) = await OpenVaultAsync(request.Vault, stop);
        if (request.Policy is { } text)
        {
            bool onDemand = Policies.IsOnDemand(text);
            if (onDemand && !entry.Keys.CanRead) throw Policies.NothingToAsk();
            if (onDemand) RequireUnwatched(entry);
            catalog.SetOnDemand(onDemand);
            daemon?.UsePolicy(entry.Vault, onDemand);
        }
        return new PolicyChosen(entry.Vault.ToString(), entry.Name, Policies.Text(catalog.IsOnDemand));
    }
}
