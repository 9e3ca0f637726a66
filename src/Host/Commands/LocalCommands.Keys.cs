using System.Text;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Host;

sealed partial class LocalCommands
{
    /// <summary>A recovery file of every vault and epoch a device may hold stays below it.</summary>
    const int MaxRecoveryFile = 16 << 20;

    public async Task<DeviceIdentity> IdAsync(CancellationToken stop)
    {
        await EnterAsync(stop, make: true);
        DeviceKey device = home.Device;
        DeviceIdentity identity = new(device.Id.ToString(), device.Key.Public.ToString(), home.FullPath, home.KeysAreSealed, home.Ring.Entries.Count, NotExported());
        Tell();
        return identity;
    }

    public async Task<KeysExported> ExportKeysAsync(MachinePath file, SecretBytes passphrase, CancellationToken stop)
    {
        await EnterAsync(stop);
        if (Path.Exists(file.Full)) throw new StoreException($"{file} exists already", "name a file that doesn't exist yet");
        RecoveryFile recovery = RecoveryFile.Create(home.Device, home.Ring, [.. home.SwarmKeys.Keys], passphrase, home.Random);
        recovery.WriteTo(file.Full);
        home.Ring.MarkExported(recovery); // only now is it safely somewhere
        Tell();
        return new KeysExported(file.Full, home.Ring.Entries.Count);
    }

    public async Task<KeysImported> ImportKeysAsync(MachinePath file, SecretBytes passphrase, CancellationToken stop)
    {
        using Recovery recovery = RecoveryFile.Open(Text(file), passphrase); // before a folder is made for what may be no recovery file
        await EnterAsync(stop, make: true);
        home.Restore(recovery);
        Tell();
        return new KeysImported(home.Device.Id.ToString(), [.. home.Ring.Entries.Select(entry => entry.Name)]);
    }

    public async Task<KeysSealed> SealKeysAsync(SecretBytes? passphrase, CancellationToken stop)
    {
        await EnterAsync(stop);
        home.Reseal(passphrase);
        Tell();
        return new KeysSealed(passphrase != null);
    }

    static string Text(MachinePath file)
    {
        try
        {
            using FileStream stream = File.OpenRead(file.Full);
            if (stream.Length > MaxRecoveryFile) throw new ConfigException($"{file} is no recovery file: it is too large for one");
            using StreamReader reader = new(stream, Encoding.Latin1);
            return reader.ReadToEnd();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ConfigException($"the recovery file can't be read: {fault.Message}", inner: fault);
        }
    }
}
