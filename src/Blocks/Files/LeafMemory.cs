using System.Security.Cryptography;
using Vault.Primitives;

namespace Vault.Blocks;

/// <summary>
/// Which leaf some content became a while ago, so that what comes twice is compressed and sealed once. Only a hint: whoever takes it
/// must see that the vault has the block still. Safe for use from several threads.
/// </summary>
sealed class LeafMemory
{
    /// <summary>As many again may be older: 4 MiB in all, for some 6 GB of content.</summary>
    const int Remembered = 1 << 14;

    readonly Lock gate = new();
    readonly byte[] key = RandomNumberGenerator.GetBytes(32);
    Dictionary<Hash16, (BlockId Id, ContentKey Key)> recent = [], older = [];

    /// <summary>A way to tell contents apart, for one caller at a time; all of one memory come to the same.</summary>
    public FingerPrint NewFingerPrint() => new(key);

    public (BlockId Id, ContentKey Key)? Find(Hash16 print)
    {
        lock (gate) return recent.TryGetValue(print, out (BlockId, ContentKey) leaf) || older.TryGetValue(print, out leaf) ? leaf : null;
    }

    public void Remember(Hash16 print, BlockId id, ContentKey contentKey)
    {
        lock (gate)
        {
            recent[print] = (id, contentKey);
            if (recent.Count >= Remembered) (older, recent) = (recent, []);
        }
    }

    /// <summary>
    /// GMAC under a key that nobody else knows: that two contents share a fingerprint has a chance of 1 in 2^112, however they were
    /// chosen, as long as nobody is shown one. At 5 GB/s and more it costs a tenth of a SHA-256.
    /// </summary>
    internal sealed class FingerPrint(byte[] key) : IDisposable
    {
        readonly AesGcm mac = new(key, Hash16.Size);

        public Hash16 Of(ReadOnlySpan<byte> content)
        {
            Span<byte> tag = stackalloc byte[Hash16.Size];
            mac.Encrypt(stackalloc byte[AesGcm.NonceByteSizes.MinSize], [], [], tag, content);
            return new Hash16(tag);
        }

        public void Dispose() => mac.Dispose();
    }
}
