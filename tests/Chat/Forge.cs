using Vault.Identity;
using Vault.Primitives;

namespace Vault.Chat.Tests;

/// <summary>Messages as a changed program would sign them.</summary>
static class Forge
{
    public static MessageBody Text(string text, string room = "general") => new(BodyKind.Text, room, text, Witness.None);

    public static SignedMessage Message(
        ChatWorld world, ChatDevice by, ulong sequence, Hash32 previous, MessageBody body, uint chain = 0, HybridTime? time = null, IReadOnlyList<FeedHead>? heads = null, Hash32? witness = null)
    {
        FeedId feed = new(by.Id, chain);
        RoomTag room = RoomTag.Of(world.Keys.Current, body.Room);
        byte[] sealedBody = new BodySealer(world.Keys, world.Random).Seal(world.Keys.Current, room, feed, sequence, body);
        MessageHeader header = new(feed, sequence, previous, time ?? by.Clock.Next(), world.Keys.Current.Number, room, Hash32.Of(sealedBody), sealedBody.Length, heads ?? [],
            witness ?? BodySealer.Commit(world.Keys.Current, feed, sequence, body.Witness));
        return SignedMessage.Sign(world.Keys.Vault, by.Key, header, sealedBody);
    }
}

static class Verification
{
    /// <summary>Everything a device holds, looked at again.</summary>
    public static ChatVerdict Of(ChatWorld world, ChatDevice device, Func<Hash32, bool>? hadRoot = null)
    {
        BodySealer sealer = new(world.Keys, world.Random);
        ChatVerifier verifier = new(world.Keys.Vault, world.Membership, (header, body) => sealer.Open(header, body.Span), hadRoot ?? (_ => false));
        foreach (FeedHead head in device.Log.Heads) verifier.Walk(head.Feed, device.Log.Range(head.Feed, 1, (int)head.Sequence));
        return verifier.Finish(device.Log.Forks, device.Log.Gaps);
    }
}
