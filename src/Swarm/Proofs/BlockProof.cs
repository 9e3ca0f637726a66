using System.Security.Cryptography;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>
/// The answer to "do you hold this block?": a MAC that only whoever has all of its bytes can make, for a nonce that was drawn a moment
/// ago. The inner MAC may be made beforehand by whoever has the block; the outer one binds it to the connection and to who answers, so
/// that an answer got by asking somebody else is of no use. Who fetches the block from another to answer is limited by that only in time.
/// </summary>
public static class BlockProof
{
    public static Hash32 Of(ReadOnlySpan<byte> block, Hash32 nonce, Hash32 binding, DeviceId prover) => Bind(Inner(block, nonce), binding, prover);

    public static Hash32 Inner(ReadOnlySpan<byte> block, Hash32 nonce)
    {
        Span<byte> key = stackalloc byte[Hash32.Size];
        nonce.CopyTo(key);
        Span<byte> mac = stackalloc byte[Hash32.Size];
        HmacSha256.Hash(key, block, mac);
        return new Hash32(mac);
    }

    public static Hash32 Bind(Hash32 inner, Hash32 binding, DeviceId prover)
    {
        Span<byte> key = stackalloc byte[Hash32.Size];
        inner.CopyTo(key);
        byte[] bound = new ByteWriter(96).Bytes(SwarmLabels.Proof).Hash(binding).Device(prover).ToArray();
        Span<byte> mac = stackalloc byte[Hash32.Size];
        HmacSha256.Hash(key, bound, mac);
        return new Hash32(mac);
    }
}
