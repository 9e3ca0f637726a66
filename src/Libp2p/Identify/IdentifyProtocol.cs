using System.IO.Pipelines;
using Vault.Libp2p.Protobuf;
using Vault.Primitives;

namespace Vault.Libp2p.Identify;

/// <summary>/ipfs/id/1.0.0, where the listener of a stream tells, and /ipfs/id/push/1.0.0, where the opener does.</summary>
static class IdentifyProtocol
{
    public const string Id = "/ipfs/id/1.0.0";
    public const string Push = "/ipfs/id/push/1.0.0";
    public const string ProtocolVersion = "ipfs/0.1.0";

    /// <summary>What everyone accepts in one message, and how many messages make one announcement.</summary>
    const int MaxMessage = 8 * 1024, MaxMessages = 10;

    public static async Task SendAsync(PeerStream stream, IdentifyMessage message, CancellationToken cancel)
    {
        await stream.Output.WriteAsync(message.Encode().ToFramed(), cancel);
        await stream.Output.CompleteAsync();
    }

    public static async Task<IdentifyMessage> ReceiveAsync(PeerStream stream, CancellationToken cancel)
    {
        IdentifyMessage? whole = null;
        for (int count = 0; count < MaxMessages && await Framing.ReadAsync(stream.Input, MaxMessage, cancel) is { } encoded; count++)
        {
            IdentifyMessage part = IdentifyMessage.Decode(encoded) ?? throw new ProtocolException("The peer's identify message is malformed.");
            whole = whole is null ? part : whole.Append(part);
        }
        if (whole is null) throw new ProtocolException("The peer's identify message is missing.");
        if (whole.PublicKey is { } key && PeerId.From(key) != stream.Peer) throw new ProtocolException("The peer identifies itself as another.");
        return whole;
    }
}
