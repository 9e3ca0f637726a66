using System.Security.Cryptography;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>Which of the two sides one is: the primary has the smaller device id.</summary>
public enum SyncSide : byte
{
    Primary = 1,
    Secondary = 2,
}

/// <summary>
/// Shows a peer that one knew a root, without saying the root: who has another can't repeat the tag on another channel, nor as
/// its own. It shows knowledge at some time, not possession: nothing that frees or counts copies may rest on it.
/// </summary>
public static class RootTag
{
    static ReadOnlySpan<byte> Label => "vault/v1/sync-tag"u8;

    /// <param name="by">The side that sends it.</param>
    /// <param name="channel">What binds it to this channel: the handshake's hash.</param>
    public static Hash32 Of(Hash32 root, SyncSide by, ReadOnlySpan<byte> channel)
    {
        if (channel.Length != Hash32.Size) throw new ArgumentException("A channel binding has exactly 32 bytes.", nameof(channel));
        Span<byte> key = stackalloc byte[Hash32.Size], input = stackalloc byte[Label.Length + 1 + Hash32.Size], tag = stackalloc byte[Hash32.Size];
        root.CopyTo(key);
        Label.CopyTo(input);
        input[Label.Length] = (byte)by;
        channel.CopyTo(input[(Label.Length + 1)..]);
        HmacSha256.Hash(key, input, tag);
        return new Hash32(tag);
    }
}
