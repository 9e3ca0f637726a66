using System.Security.Cryptography;
using System.Text;
using Vault.Identity;
using Vault.Libp2p.Gossipsub;
using Vault.Libp2p.Pubsub;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>
/// What one application of a vault says to all its members at once. Nobody outside is told of the topic, is sent anything on it or is heard
/// there: the node's gossip asks, for each peer, whether it is a member. Name and payload are keyed by the newest epoch as well,
/// so that a device that relays learns nothing. What is said may be lost: truth is what a stream compares.
/// </summary>
public sealed class VaultTopic : IDisposable
{
    /// <summary>One message, before it is sealed: news, not files.</summary>
    public const int MaxPayload = 32 << 10;

    const int Overhead = XChaCha20Poly1305.NonceSize + XChaCha20Poly1305.TagSize;

    readonly Gossip gossip;
    readonly GateVault vault;
    readonly string application;
    readonly RandomSource random;
    readonly Lock gate = new();
    SecretEpoch? epoch; // null before the first and after the last
    string name = "";

    /// <param name="gossip">Borrowed; disposed after this.</param>
    /// <param name="application">Tells one application's topic from another's.</param>
    public VaultTopic(Gossip gossip, GateVault vault, string application, RandomSource random)
    {
        (this.gossip, this.vault, this.application, this.random) = (gossip, vault, application, random);
        gossip.Received += Receive;
        Recheck();
    }

    /// <summary>A member said something. Told from a connection's loop: be quick.</summary>
    public event Action<Member, ReadOnlyMemory<byte>>? Received;

    /// <summary>Members or secrets have changed: from now on those count.</summary>
    public void Recheck()
    {
        lock (gate)
        {
            if (vault.Keys.Current is var newest && newest != epoch)
            {
                Leave();
                (epoch, name) = (newest, NameOf(newest));
            }
            Membership known = vault.Membership();
            gossip.SetFilter(name, peer => known.Find(peer) is { IsActive: true }); // before anybody hears of it
            gossip.Subscribe(name, Judge);
        }
    }

    /// <summary>To all members in reach; returns to how many it goes at once.</summary>
    public int Publish(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > MaxPayload) throw new ArgumentException($"A message has at most {MaxPayload} bytes.", nameof(payload));
        byte[] message = new byte[payload.Length + Overhead];
        lock (gate)
        {
            if (epoch is null) return 0;
            Span<byte> nonce = message.AsSpan(0, XChaCha20Poly1305.NonceSize);
            random.Fill(nonce);
            XChaCha20Poly1305.Encrypt(epoch.Gossip.Span, nonce, payload, Encoding.ASCII.GetBytes(name), message.AsSpan(nonce.Length));
            return gossip.Publish(name, message);
        }
    }

    string NameOf(SecretEpoch of) => "/vault/" + Convert.ToHexStringLower(HmacSha256.Hash(of.Topic.Span, Encoding.ASCII.GetBytes(application)));

    ValueTask<Libp2p.Gossipsub.Verdict> Judge(Message message, PeerId via, CancellationToken cancel)
    {
        // Somebody who was put out a moment ago, or whom others know already: no blame on who passed it on.
        if (message.Author is not { } author || vault.Membership().Find(author) is not { IsActive: true }) return new(Libp2p.Gossipsub.Verdict.Ignore);
        return new(Open(message) is null ? Libp2p.Gossipsub.Verdict.Reject : Libp2p.Gossipsub.Verdict.Accept);
    }

    void Receive(Message message, PeerId via)
    {
        if (message.Author is { } author && Open(message) is { } payload && vault.Membership().Find(author) is { IsActive: true } member) Received?.Invoke(member, payload);
    }

    byte[]? Open(Message message)
    {
        lock (gate)
        {
            if (epoch is null || message.Topic != name || message.Data.Length is < Overhead or > MaxPayload + Overhead) return null;
            ReadOnlySpan<byte> all = message.Data.Span;
            byte[] payload = new byte[all.Length - Overhead];
            return XChaCha20Poly1305.TryDecrypt(epoch.Gossip.Span, all[..XChaCha20Poly1305.NonceSize], all[XChaCha20Poly1305.NonceSize..], Encoding.ASCII.GetBytes(name), payload) ? payload : null;
        }
    }

    void Leave()
    {
        if (epoch is null) return;
        gossip.Unsubscribe(name);
        gossip.SetFilter(name, null);
        epoch = null;
    }

    public void Dispose()
    {
        gossip.Received -= Receive;
        lock (gate) Leave();
    }
}
