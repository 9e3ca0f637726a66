using Vault.Identity;
using Vault.Primitives;

namespace Vault.Chat;

/// <summary>
/// Two messages that one device signed as the same place of one chain. Nobody but who has its key can make one; whoever sees
/// it knows that the device showed different histories to different people, by intent or because a backup of it came back.
/// </summary>
public sealed class ForkProof
{
    ForkProof(SignedMessage first, SignedMessage second)
    {
        First = first;
        Second = second;
    }

    /// <summary>The one with the smaller hash; neither is the right one.</summary>
    public SignedMessage First { get; }
    public SignedMessage Second { get; }

    public FeedId Feed => First.Header.Feed;

    /// <summary>From here on the chain has no meaning.</summary>
    public ulong Sequence => First.Header.Sequence;

    /// <summary>Null when these two are no proof: other places, the same message, or not both signed.</summary>
    public static ForkProof? Of(VaultId vault, Ed25519PublicKey device, SignedMessage a, SignedMessage b)
    {
        if (a.Header.Feed != b.Header.Feed || a.Header.Sequence != b.Header.Sequence || a.Hash == b.Hash) return null;
        if (DeviceId.Of(device) != a.Header.Feed.Device || !a.IsSignedBy(vault, device) || !b.IsSignedBy(vault, device)) return null;
        return a.Hash.CompareTo(b.Hash) < 0 ? new(a.WithoutBody(), b.WithoutBody()) : new(b.WithoutBody(), a.WithoutBody());
    }

    public byte[] Encode()
    {
        ByteWriter writer = new(1024);
        Write(writer, First, Second);
        return writer.ToArray();
    }

    /// <summary>Null for what isn't two headers; whether they prove anything is for <see cref="Of"/> to say.</summary>
    public static (SignedMessage A, SignedMessage B)? Parse(ReadOnlySpan<byte> bytes)
    {
        ByteReader reader = new(bytes);
        return Read(ref reader) is { } two && reader.AtEnd ? two : null;
    }

    internal static void Write(ByteWriter writer, SignedMessage a, SignedMessage b)
    {
        byte[] first = a.EncodeHeader(), second = b.EncodeHeader();
        writer.UInt16((ushort)first.Length).Bytes(first).UInt16((ushort)second.Length).Bytes(second);
    }

    internal static (SignedMessage A, SignedMessage B)? Read(ref ByteReader reader)
    {
        ReadOnlySpan<byte> first = reader.Take(reader.TakeUInt16()), second = reader.Take(reader.TakeUInt16());
        return !reader.Failed && SignedMessage.From(first, null) is { } a && SignedMessage.From(second, null) is { } b ? (a, b) : null;
    }
}
