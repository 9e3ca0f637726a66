using Vault.Identity;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>
/// What a device says of its own holdings, signed: blocks it has from now on, blocks it has no more, and the digest of all it holds by
/// then. It speaks of nobody else and makes nobody delete anything. Who said the same number before is not heard again.
/// </summary>
/// <param name="Run">Since when the device counts: another one after each start, and a later one.</param>
/// <param name="Sequence">Of this statement within the run, from 1.</param>
public sealed record HoldingStatement(
    DeviceId Device, ulong Run, ulong Sequence, HeldDigest Digest, IReadOnlyList<HeldId> Have, IReadOnlyList<HeldId> Gone)
{
    const byte Version = 1;
    const int Fixed = 1 + DeviceId.Size + 4 * sizeof(ulong) + 2 * sizeof(ushort);

    public const int MaxSize = Fixed + HoldingsLimits.IdsInStatement * HeldId.Size + Ed25519PublicKey.SignatureSize;

    /// <summary>The statement as it goes over the wire: body and signature.</summary>
    public byte[] Sign(VaultId vault, Ed25519Key device)
    {
        byte[] body = Encode();
        return [.. body, .. device.Sign(ToSign(vault, body))];
    }

    /// <summary>Null when it isn't one, or isn't signed by this member for this vault.</summary>
    public static HoldingStatement? Open(ReadOnlySpan<byte> bytes, VaultId vault, Ed25519PublicKey signer)
    {
        if (bytes.Length is < Fixed + Ed25519PublicKey.SignatureSize or > MaxSize) return null;
        ReadOnlySpan<byte> body = bytes[..^Ed25519PublicKey.SignatureSize];
        if (Parse(body) is not { } statement || statement.Device != DeviceId.Of(signer)) return null;
        return signer.Verify(ToSign(vault, body), bytes[body.Length..]) ? statement : null;
    }

    internal byte[] Encode()
    {
        if (Have.Count + Gone.Count > HoldingsLimits.IdsInStatement) throw new InvalidOperationException("A statement holds fewer ids.");
        ByteWriter writer = new(Fixed + (Have.Count + Gone.Count) * HeldId.Size);
        writer.Byte(Version).Device(Device).UInt64(Run).UInt64(Sequence).UInt64((ulong)Digest.Count).UInt64(Digest.Sum);
        writer.UInt16((ushort)Have.Count).UInt16((ushort)Gone.Count);
        foreach (HeldId id in Have.Concat(Gone)) writer.UInt64(id.Value);
        return writer.ToArray();
    }

    internal static HoldingStatement? Parse(ReadOnlySpan<byte> body)
    {
        ByteReader reader = new(body);
        if (reader.TakeByte() != Version) return null;
        DeviceId device = reader.TakeDevice();
        (ulong run, ulong sequence, ulong count, ulong sum) = (reader.TakeUInt64(), reader.TakeUInt64(), reader.TakeUInt64(), reader.TakeUInt64());
        (int have, int gone) = (reader.TakeUInt16(), reader.TakeUInt16());
        if (reader.Failed || sequence == 0 || count > HoldingsLimits.Rows || have + gone > HoldingsLimits.IdsInStatement) return null;
        HeldId[] ids = new HeldId[have + gone];
        for (int i = 0; i < ids.Length; i++) ids[i] = new HeldId(reader.TakeUInt64());
        return reader.AtEnd ? new HoldingStatement(device, run, sequence, new HeldDigest((long)count, sum), ids[..have], ids[have..]) : null;
    }

    static byte[] ToSign(VaultId vault, ReadOnlySpan<byte> body) => [.. SwarmLabels.Holdings, .. vault.Key.ToArray(), .. body];
}
