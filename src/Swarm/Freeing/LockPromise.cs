using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>
/// A device's signed promise not to part with these blocks for ten minutes, given to another that wants to free its own copies. The
/// time runs on the holder's own clock, from the moment it signs; one that restarts begins it anew.
/// </summary>
/// <param name="Nonce">Of the question it answers: a promise counts once, for who asked.</param>
public sealed record LockPromise(DeviceId Holder, DeviceId Freer, Hash32 Nonce, IReadOnlyList<BlockId> Blocks)
{
    const byte Version = 1;

    /// <summary>How long it holds. Who frees has to be done well before.</summary>
    public static readonly TimeSpan Term = TimeSpan.FromMinutes(10);

    public byte[] Sign(VaultId vault, Ed25519Key holder) => holder.Sign(ToSign(vault));

    public bool IsSignedBy(VaultId vault, Ed25519PublicKey holder, ReadOnlySpan<byte> signature) =>
        Holder == DeviceId.Of(holder) && signature.Length == Ed25519PublicKey.SignatureSize && holder.Verify(ToSign(vault), signature);

    internal byte[] Encode()
    {
        ByteWriter writer = new(64 + Blocks.Count * BlockId.Size);
        writer.Byte(Version).Device(Holder).Device(Freer).Hash(Nonce).UInt32((uint)Term.TotalSeconds).UInt16((ushort)Blocks.Count);
        foreach (BlockId id in Blocks) writer.Hash(id.Hash);
        return writer.ToArray();
    }

    byte[] ToSign(VaultId vault) => [.. SwarmLabels.Lock, .. vault.Key.ToArray(), .. Encode()];
}
