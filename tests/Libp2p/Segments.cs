using System.Buffers;
using Vault.Primitives;

namespace Vault.Libp2p.Tests;

/// <summary>The same bytes, cut into segments at random places, as a pipe may hand them out.</summary>
sealed class Segments : ReadOnlySequenceSegment<byte>
{
    Segments(ReadOnlyMemory<byte> memory, Segments? before)
    {
        Memory = memory;
        if (before is null) return;
        RunningIndex = before.RunningIndex + before.Memory.Length;
        before.Next = this;
    }

    public static ReadOnlySequence<byte> Of(byte[] bytes, RandomSource random)
    {
        Segments? first = null, last = null;
        for (int at = 0; at < bytes.Length;)
        {
            int length = Math.Min(bytes.Length - at, 1 + random.Below(random.Below(2) == 0 ? 5 : 5000));
            last = new Segments(bytes.AsSpan(at, length).ToArray(), last);
            first ??= last;
            at += length;
        }
        return first is null ? ReadOnlySequence<byte>.Empty : new ReadOnlySequence<byte>(first, 0, last!, last!.Memory.Length);
    }
}
