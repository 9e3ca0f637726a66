using Vault.Blocks;
using Vault.Catalog;
using Vault.Chat;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Host;

/// <summary>
/// A data folder and all that is opened in it: the lock, the device's keys, the two databases, the catalogs of the vaults. Each
/// is opened when it is first asked for, because most commands need little. There is no step to set one up: what a command
/// makes (<see cref="EnterAsync"/> says which) makes the folder too, and what only looks leaves an empty place empty.
/// </summary>
sealed class Home(string path, string program, AskPassphrase ask, TimeProvider time, RandomSource random) : IDisposable
{
    public const string KeysFolder = "keys";

    readonly List<string> warnings = [];
    readonly Lock opening = new();
    readonly Dictionary<VaultId, OpenVault> vaults = [];
    DataFolder? folder;
    SecretBytes? passphrase;
    KeyFolder? keys;
    DeviceKey? device;
    KeyRing? ring;
    SwarmKeyRing? swarmKeys;
    StoreMemory? memory;
    OpenedStore? opened;
    int keyWarningsTold;

    public string FullPath { get; } = Path.GetFullPath(path);
    public TimeProvider Time => time;
    public RandomSource Random => random;

    /// <summary>One for the whole device, so that nothing it writes anywhere bears the time of another thing.</summary>
    public HybridClock Clock { get; } = new(time);

    /// <summary>Whether there is anything of ours in the folder.</summary>
    public bool Exists => File.Exists(FullPath) ? throw new ConfigException($"{FullPath} is a file", "name a folder with --data DIR or VAULT_HOME") : ((string[])[KeysFolder, StoreDatabases.BlocksFolder, StoreDatabases.MetaFolder]).Any(name => Directory.Exists(Path.Combine(FullPath, name)));

    /// <summary>What was found amiss since the last time this was asked, in sentences for the user.</summary>
    public IReadOnlyList<string> TakeWarnings()
    {
        lock (opening)
        {
            if (keys != null)
            {
                warnings.AddRange(keys.Warnings.Skip(keyWarningsTold));
                keyWarningsTold = keys.Warnings.Count;
            }
            string[] taken = [.. warnings];
            warnings.Clear();
            return taken;
        }
    }

    /// <summary>
    /// Takes the lock and what the keys need to be read. Where there is no data folder, one that may be made is, and without
    /// <paramref name="make"/> the caller is told where it looked.
    /// </summary>
    public async Task EnterAsync(bool make, CancellationToken stop)
    {
        if (folder != null) return;
        PathText.Check(); // what is stored under a name in another form stays there for good
        if (!make && !Exists) throw new ConfigException($"there is no store in {FullPath}", "vault create NAME makes a vault there; another folder is named with --data DIR or VAULT_HOME");
        folder = await DataFolder.TakeAsync(FullPath, program, time, stop);
        string keysPath = Path.Combine(FullPath, KeysFolder);
        if (KeyFolder.IsSealed(keysPath)) passphrase = await ask(new PassphraseQuestion($"passphrase of the keys in {FullPath}: ", Twice: false), stop);
        keys = new KeyFolder(keysPath, random, passphrase);
    }

    /// <summary>Who this device is; made when it is first asked for.</summary>
    public DeviceKey Device
    {
        get
        {
            lock (opening) return device ??= DeviceKey.LoadOrCreate(Keys);
        }
    }

    /// <summary>The keys of the vaults this device takes part in.</summary>
    public KeyRing Ring
    {
        get
        {
            lock (opening) return ring ??= KeyRing.Load(Keys);
        }
    }

    /// <summary>The networks this device belongs to; its own is made when it is first asked for.</summary>
    public SwarmKeyRing SwarmKeys
    {
        get
        {
            lock (opening) return swarmKeys ??= SwarmKeyRing.LoadOrCreate(Keys, time);
        }
    }

    /// <summary>Whether the keys on the disk need a passphrase.</summary>
    public bool KeysAreSealed => passphrase != null;

    KeyFolder Keys => keys ?? throw new InvalidOperationException("The folder hasn't been entered.");

    public OpenedStore Opened
    {
        get
        {
            lock (opening)
            {
                if (opened != null) return opened;
                memory ??= new StoreMemory();
                opened = OpenedStore.Open(folder ?? throw new InvalidOperationException("The folder hasn't been entered."), memory, time, [.. CatalogFamilies.All, ChatKeys.Chat]);
                warnings.AddRange(opened.Findings);
                return opened;
            }
        }
    }

    public BlockStore Store => Opened.Store;

    /// <summary>Memory that is only kept because it may be needed again goes back to the system.</summary>
    public void GiveBackMemory()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        lock (opening) memory?.GiveBack();
    }

    /// <summary>A vault whose keys are here, with its catalog opened.</summary>
    public OpenVault Vault(VaultKeys of)
    {
        OpenedStore store = Opened;
        Ed25519Key signer = Device.Key;
        lock (opening)
        {
            if (vaults.TryGetValue(of.Vault, out OpenVault? open)) return open;
            CatalogPorts ports = new(store.Store, store.Meta, of, signer, Clock, random, time, store.MendedSince);
            VaultCatalog catalog = VaultCatalog.Open(ports);
            open = new OpenVault(catalog, ports, new Lazy<ChatLog>(() => ChatLog.Open(new ChatPorts(store.Meta, of, signer, Clock, random, time, () => catalog.Membership, () => ChatWitness.Of(catalog)), store.MendedSince != null)));
            warnings.AddRange(open.Catalog.Findings);
            vaults.Add(of.Vault, open);
            KeepSecrets();
            return open;
        }
    }

    /// <summary>Secrets that the catalog found in its records at opening: an earlier process ended between the two.</summary>
    void KeepSecrets()
    {
        try
        {
            Ring.Keep();
        }
        catch (StoreException fault)
        {
            warnings.Add(fault.Message); // what the records hold is found there again
        }
    }

    /// <summary>Parts with a vault: what is known of it, its blocks, and at last its keys. Cut short, it is done by doing it again.</summary>
    public void Forget(KeyRingEntry entry)
    {
        OpenedStore store = Opened;
        lock (opening)
            if (vaults.Remove(entry.Vault, out OpenVault? open)) open.Catalog.Dispose();
        VaultCatalog.Forget(store.Meta, entry.Vault.Tag);
        ChatLog.Forget(store.Meta, entry.Vault.Tag);
        string holdings = Daemon.HoldingsFile(FullPath, entry.Vault);
        if (File.Exists(holdings)) File.Delete(holdings); // without the question, it is an error when no daemon has made its folder yet
        store.Store.Forget(entry.Vault.Tag);
        Ring.Remove(entry.Vault)?.Dispose();
    }

    /// <summary>Becomes the device that a recovery file describes, and takes over its vaults.</summary>
    public void Restore(Recovery recovery)
    {
        lock (opening)
        {
            device?.Dispose();
            device = null;
            device = DeviceKey.Restore(Keys, recovery.Device);
        }
        Ring.Merge(recovery);
        foreach (KeyRingEntry entry in Ring.Entries) ChatLog.Doubt(Opened.Meta, entry.Vault.Tag);
        if (recovery.SwarmKeys.Count > 0) SwarmKeys.Adopt(recovery.SwarmKeys[0]);
        foreach (SwarmKey key in recovery.SwarmKeys) SwarmKeys.Add(key);
    }

    /// <summary>Keeps the keys under another passphrase from now on, or with null under none.</summary>
    public void Reseal(SecretBytes? under)
    {
        KeyFolder resealed = new(Path.Combine(FullPath, KeysFolder), random, under);
        Device.Save(resealed);
        Ring.Save(resealed);
        SwarmKeys.Save(resealed);
    }

    public void Dispose()
    {
        foreach (OpenVault open in vaults.Values) open.Catalog.Dispose();
        opened?.Dispose();
        memory?.Dispose();
        swarmKeys?.Dispose();
        ring?.Dispose();
        device?.Dispose();
        passphrase?.Dispose();
        folder?.Dispose();
    }
}

/// <param name="Ports">What the catalog stands on, for those who work on both.</param>
/// <param name="Feeds">What is said in it; opened when first asked for.</param>
sealed record OpenVault(VaultCatalog Catalog, CatalogPorts Ports, Lazy<ChatLog> Feeds)
{
    public ChatLog Chat => Feeds.Value;
}

/// <param name="Twice">Whether it is a new one, which a slip of the finger would lock up for good.</param>
sealed record PassphraseQuestion(string Prompt, bool Twice);

/// <summary>Brings a passphrase from wherever there is one, or says in a fault where it could come from. The caller disposes it.</summary>
delegate Task<SecretBytes> AskPassphrase(PassphraseQuestion question, CancellationToken stop);
