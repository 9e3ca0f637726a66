using System.Threading.Channels;

namespace Vault.Host;

/// <summary>Something that happened, as everyone who listens is told.</summary>
/// <param name="Kind">
/// "changed": a vault has another root. "member": a device joined or was put out. "message": something was said in a vault.
/// "fork": a device has signed two histories.
/// "refused": a member says that this device isn't in any more. "behind", "caughtup": this device may have forgotten something and
/// only takes from others; it has caught up.
/// "healed": copies were made here. "liar": a device gave a wrong proof. "copy-lost", "copy-proven": a device lacks what it said it holds, and is believed again.
/// "under-minimum", "under-target", "enough-copies": how a vault's copies stand from now on, when it has lasted for a moment.
/// "watch-held", "watch-released", "watch-paused", "watch-resumed", "watch-problem": a folder that is kept in step; the text says all.
/// "device-lost": one was away for too long. "connected", "disconnected": a peer. "missed": you listened too slowly, and something was left out: ask how things stand.
/// </param>
/// <param name="Text">The same in words, where there is more to say than the kind.</param>
sealed record DaemonEvent(string Kind, DateTimeOffset Time, string? Vault = null, string? Name = null, string? Root = null, string? Peer = null, string? Text = null, ChatShown? Message = null);

/// <summary>From those to whom something happens to those who listen. It keeps nothing: who comes later asks how things stand.</summary>
sealed class DaemonEvents(TimeProvider time)
{
    const int MostListeners = 64;

    /// <summary>What one listener may be behind, before things are left out for him.</summary>
    const int MostWaiting = 1000;

    readonly Lock gate = new();
    readonly List<Listener> listeners = [];

    /// <summary>Whether it is worth while to work out what to tell.</summary>
    public bool AnyoneListens
    {
        get { lock (gate) return listeners.Count > 0; }
    }

    DaemonEvent Missed() => new("missed", time.GetUtcNow());

    public void Publish(DaemonEvent happened)
    {
        lock (gate)
            foreach (Listener listener in listeners) listener.Offer(happened);
    }

    /// <summary>Told of everything from now on, until it is disposed; null when too many listen already.</summary>
    public Listener? Listen()
    {
        lock (gate)
        {
            if (listeners.Count >= MostListeners) return null;
            Listener listener = new(this);
            listeners.Add(listener);
            return listener;
        }
    }

    public sealed class Listener(DaemonEvents events) : IDisposable
    {
        readonly Channel<DaemonEvent> waiting = Channel.CreateBounded<DaemonEvent>(MostWaiting);
        bool missed;

        public ChannelReader<DaemonEvent> Waiting => waiting.Reader;

        internal void Offer(DaemonEvent happened)
        {
            if (missed && waiting.Writer.TryWrite(events.Missed())) missed = false;
            if (missed || !waiting.Writer.TryWrite(happened)) missed = true;
        }

        public void Dispose()
        {
            lock (events.gate) events.listeners.Remove(this);
        }
    }
}
