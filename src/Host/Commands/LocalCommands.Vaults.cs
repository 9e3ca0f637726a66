using Vault.Identity;

namespace Vault.Host;

sealed partial class LocalCommands
{
    public async Task<VaultCreated> CreateAsync(CreateVault request, CancellationToken stop)
    {
        await EnterAsync(stop, make: true);
        string name = VaultNames.Checked(home.Ring, request.Name);
        KeyRingEntry made = home.Ring.Add(name, VaultKeys.Create(home.Random));
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

    public async Task<IReadOnlyList<VaultListed>> ListVaultsAsync(CancellationToken stop)
    {
        if (!home.Exists) return []; // nothing is made where one only looks
        await EnterAsync(stop);
        VaultListed[] listed = [.. home.Ring.Entries.OrderBy(entry => entry.Name, StringComparer.Ordinal).Select(entry => new VaultListed(entry.Vault.ToString(), entry.Name, entry.Keys.CanRead, entry.IsExported))];
        Tell();
        return listed;
    }

    public Task<VaultLeft> LeaveAsync(string vault, CancellationToken stop) => throw new NotSupportedException();

    public Task<StoreStatus> StatusAsync(string? vault, CancellationToken stop) => throw new NotSupportedException();

    public Task<VaultRoot> RootAsync(string vault, CancellationToken stop) => throw new NotSupportedException();
}
