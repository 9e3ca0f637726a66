using Vault.Libp2p.Multiaddrs;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>One device of the demonstration: a data folder, a daemon that listens on loopback only, and its commands.</summary>
sealed class DemoDevice : IAsyncDisposable
{
    bool ended;

    DemoDevice(string name, Home home, Daemon daemon, Action<string> note)
    {
        (Name, Home, Daemon) = (name, home, daemon);
        Commands = new LocalCommands(home, note, daemon);
    }

    public string Name { get; }
    public Home Home { get; }
    public Daemon Daemon { get; }
    public ICommands Commands { get; }

    /// <param name="note">Told what the daemon would print.</param>
    public static async Task<DemoDevice> StartAsync(string name, string folder, Action<string> note, TimeProvider time, RandomSource random, CancellationToken stop)
    {
        Home home = new(folder, $"vault demo ({name})", (_, _) => throw new InvalidOperationException("The demonstration's keys have no passphrase."), time, random);
        try
        {
            await home.EnterAsync(make: true, stop);
            DaemonOptions alone = new(new Configuration { Listen = [Multiaddr.Parse("/ip4/127.0.0.1/tcp/0")!], Mdns = false }, Topics: []);
            return new DemoDevice(name, home, await Daemon.StartAsync(home, alone, note, stop), note);
        }
        catch
        {
            home.Dispose();
            throw;
        }
    }

    /// <summary>May be called again: the story ends devices in its course, and what is left when it breaks off.</summary>
    public async ValueTask DisposeAsync()
    {
        if (ended) return;
        ended = true;
        await Daemon.DisposeAsync();
        await Commands.DisposeAsync(); // and its home
    }
}
