using Vault.Chat;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Host.Simulation;

/// <summary>Drives the machine that keeps two chats in step over a simulated stream, by the rules of <see cref="ChatSession"/>.</summary>
sealed class ChatTalk : IDisposable
{
    const int QueuedNews = 1024, Burst = 64;

    static readonly TimeSpan CompareEvery = TimeSpan.FromMinutes(1);

    readonly Device device;
    readonly ChatLog log;
    readonly Wire wire;
    readonly ChatSync machine;
    readonly Queue<SignedMessage> news = new();
    readonly Queue<ForkProof> forks = new();
    readonly Nudge nudge;
    bool moved, ended;
    (bool Owed, long Answers) before;

    public ChatTalk(Device device, ChatLog log, Wire wire, DeviceId peer)
    {
        (this.device, this.log, this.wire) = (device, log, wire);
        machine = new ChatSync(log, peer, device.Id);
        nudge = new Nudge(device, wire, Pump);
        log.Added += OnAdded;
        log.Forked += OnForked;
    }

    public bool IsInStep => machine.IsInStep;

    public void Begin()
    {
        machine.Begin();
        Again();
        Pump();
    }

    public void Receive(byte[] message)
    {
        machine.Receive(message);
        Pump();
    }

    public void Pump()
    {
        while (!ended && wire.HasRoom(device.Number, Lane.Chat))
        {
            if (machine.Next() is { } message) wire.Send(device.Number, Lane.Chat, message.ToArray());
            else if (!Tell()) return;
        }
    }

    bool Tell()
    {
        bool told = false;
        for (; forks.TryDequeue(out ForkProof? proof); told = true) machine.Announce(proof);
        for (; news.TryDequeue(out SignedMessage? message); told = true) machine.Announce(message);
        if (!moved) return told;
        moved = false;
        machine.AnnounceHeads();
        return true;
    }

    // The first comparison comes at once, the others not all in the same second.
    void Again() => device.Network.After(CompareEvery * (0.75 + wire.Binding.Prefix64 % 512 / 1024.0), () =>
    {
        if (ended) return;
        device.Attempt(wire, () =>
        {
            (bool Owed, long Answers) now = (machine.IsOwed, machine.Answers);
            if (now.Owed && now == before) throw new ProtocolException("the peer doesn't bring what it has listed");
            before = now;
            machine.Begin();
            Pump();
        });
        Again();
    });

    void OnAdded(IReadOnlyList<SignedMessage> messages)
    {
        if (messages.Count > Burst || news.Count > QueuedNews) moved = true;
        else foreach (SignedMessage message in messages) news.Enqueue(message);
        Wake();
    }

    void OnForked(ForkProof proof)
    {
        forks.Enqueue(proof);
        Wake();
    }

    void Wake()
    {
        if (!ended) nudge.Give(); // one that comes after the end finds nothing to pump
    }

    public void Dispose()
    {
        if (ended) return;
        ended = true;
        log.Added -= OnAdded;
        log.Forked -= OnForked;
        machine.Dispose();
    }
}
