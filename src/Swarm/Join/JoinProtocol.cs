using System.IO.Pipelines;
using Vault.Identity;
using Vault.Libp2p;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>
/// /vault/join/1: a request and an answer, one message each. Whoever has the swarm key may knock here; what is said and decided
/// is <see cref="JoinRequest"/>'s and <see cref="Admitting"/>'s. The request names the vault, so a joiner sends it only to devices
/// that its ticket names, or that are in the ticket's swarm.
/// </summary>
public static class JoinProtocol
{
    public const string Id = "/vault/join/1";

    /// <summary>The answer, or a fault with one sentence.</summary>
    public static async Task<JoinAnswer> AskAsync(Node node, PeerId member, Ticket ticket, Ed25519Key device, TimeProvider time, CancellationToken cancel)
    {
        using CancellationTokenSource deadline = new(GateLimits.Patience, time), either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        await using PeerStream stream = await node.OpenStreamAsync(member, Id, either.Token);
        await Frames.WriteAsync(stream.Output, JoinRequest.Create(ticket, device.Public, stream.ChannelBinding.ToArray()), either.Token);
        byte[] answer = await Frames.ReadAsync(stream.Input, JoinAnswer.MaxSize, either.Token) ?? throw new ProtocolException("the device that was asked said nothing");
        return JoinAnswer.Open(answer, ticket, device, out string? fault) ?? throw new ConfigException(fault!);
    }

    /// <summary>Answers one joiner.</summary>
    /// <param name="decide">Stores what the decision adds, durably, before it returns it.</param>
    public static async Task AnswerAsync(PeerStream stream, Func<JoinRequest, Ed25519PublicKey, byte[], Admitting> decide, TimeProvider time, CancellationToken cancel)
    {
        using CancellationTokenSource deadline = new(GateLimits.Patience, time), either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        if (await Frames.ReadAsync(stream.Input, JoinRequest.Size, either.Token) is not { } bytes) return;
        Admitting decided = JoinRequest.Parse(bytes) is { } request && stream.Peer.Key is { } peer
            ? decide(request, peer, stream.ChannelBinding.ToArray())
            : Admitting.Refuse(JoinRefusal.Forged);
        await Frames.WriteAsync(stream.Output, decided.Answer, either.Token);
    }
}
