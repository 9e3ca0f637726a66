using Vault.Identity;
using Vault.Primitives;

namespace Vault.Chat;

/// <summary>
/// What its author's copy of the vault held when a message was written: the root, and of each author of records the latest time
/// seen. Two devices with the same counters hold the same records, so the same root: whoever shows another has been shown, or
/// shows, something else.
/// </summary>
/// <param name="Counters">Ascending by device.</param>
public sealed record Witness(Hash32 Root, IReadOnlyList<(DeviceId Device, HybridTime Latest)> Counters)
{
    public static Witness None { get; } = new(default, []);

    /// <summary>
    /// What a header says of it: zero for nothing, else a hash that binds and, as long as the blind isn't shown, hides. Who is shown both knows what the
    /// author's device had, and nothing of what was said.
    /// </summary>
    internal Hash32 Committed(ReadOnlySpan<byte> blind)
    {
        if (Counters.Count == 0) return default;
        ByteWriter writer = new(128);
        writer.Bytes("vault/v1/chat-witness"u8).Bytes(blind);
        Write(writer);
        return Hash32.Of(writer.Written);
    }

    internal void Write(ByteWriter writer)
    {
        writer.Hash(Root).UInt16((ushort)Counters.Count);
        Span<byte> device = stackalloc byte[DeviceId.Size];
        foreach ((DeviceId author, HybridTime latest) in Counters)
        {
            author.CopyTo(device);
            writer.Bytes(device).UInt64(latest.Value);
        }
    }

    /// <summary>Fails the reader for what isn't in its one form.</summary>
    internal static Witness Read(ref ByteReader reader)
    {
        Hash32 root = reader.TakeHash();
        int count = reader.TakeUInt16();
        if (count > ChatLimits.WitnessAuthors) reader.Fail();
        List<(DeviceId, HybridTime)> counters = [];
        for (int i = 0; i < count && !reader.Failed; i++)
        {
            ReadOnlySpan<byte> device = reader.Take(DeviceId.Size);
            HybridTime latest = new(reader.TakeUInt64());
            if (reader.Failed) break;
            DeviceId author = new(device);
            if (counters.Count > 0 && counters[^1].Item1.CompareTo(author) >= 0) reader.Fail();
            counters.Add((author, latest));
        }
        return new Witness(root, counters);
    }
}
