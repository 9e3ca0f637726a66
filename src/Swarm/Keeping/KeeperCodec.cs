using Vault.Blocks;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>The bytes of <see cref="KeeperMessage"/>: a byte for the kind, then the fields, integers big-endian. docs/protocols.md has the table.</summary>
static class KeeperCodec
{
    /// <summary>Of a whole message: the largest is an answer with all cells.</summary>
    public const int MaxSize = 128 << 10;

    public const int BlocksInChallenge = 64, BlocksInLevels = 512;

    public static byte[] Encode(KeeperMessage message)
    {
        ByteWriter writer = new(1024);
        switch (message)
        {
            case KeeperMessage.Ask ask:
                writer.Byte(1).UInt16((ushort)ask.Cells);
                break;
            case KeeperMessage.Tell tell:
                writer.Byte(2).UInt64(tell.Run).UInt64(tell.Sequence).UInt64((ulong)tell.Digest.Count).UInt64(tell.Digest.Sum).UInt16((ushort)tell.Cells.Length);
                Span<byte> bytes = stackalloc byte[Cell.Size];
                foreach (Cell cell in tell.Cells)
                {
                    cell.CopyTo(bytes);
                    writer.Bytes(bytes);
                }
                break;
            case KeeperMessage.AskList ask:
                writer.Byte(3).UInt32(ask.From);
                break;
            case KeeperMessage.TellList tell:
                writer.Byte(4).UInt32(tell.Next).UInt16((ushort)tell.Ids.Length);
                foreach (HeldId id in tell.Ids) writer.UInt64(id.Value);
                break;
            case KeeperMessage.Challenge challenge:
                writer.Byte(5).Hash(challenge.Nonce).UInt16((ushort)challenge.Blocks.Length);
                foreach (HeldId id in challenge.Blocks) writer.UInt64(id.Value);
                break;
            case KeeperMessage.Proof proof:
                Macs(writer.Byte(6).Hash(proof.Nonce), proof.Macs);
                break;
            case KeeperMessage.AskLock ask:
                Ids(writer.Byte(7).Hash(ask.Nonce), ask.Blocks);
                break;
            case KeeperMessage.Locked locked:
                Macs(writer.Byte(8).Hash(locked.Nonce), locked.Macs);
                writer.Bytes(locked.Signature);
                break;
            case KeeperMessage.AskLevels ask:
                Ids(writer.Byte(9), ask.Blocks);
                break;
            case KeeperMessage.TellLevels tell:
                Ids(writer.Byte(10), tell.Blocks);
                writer.Bytes(tell.Levels);
                break;
            case KeeperMessage.StandIn stand:
                writer.Byte(11).UInt16((ushort)stand.Buckets.Length);
                foreach (ushort bucket in stand.Buckets) writer.UInt16(bucket);
                break;
        }
        return writer.ToArray();
    }

    /// <summary>Null for what is none, or breaks a limit: the stream ends.</summary>
    public static KeeperMessage? Decode(ReadOnlySpan<byte> bytes)
    {
        ByteReader reader = new(bytes);
        KeeperMessage? message = null;
        switch (reader.TakeByte())
        {
            case 1:
                message = reader.TakeUInt16() is var cells && cells <= HoldingsLimits.Cells ? new KeeperMessage.Ask(cells) : null;
                break;
            case 2:
                (ulong run, ulong sequence, ulong count, ulong sum) = (reader.TakeUInt64(), reader.TakeUInt64(), reader.TakeUInt64(), reader.TakeUInt64());
                ushort length = reader.TakeUInt16();
                if (count > HoldingsLimits.Rows || length > HoldingsLimits.Cells) return null;
                Cell[] row = new Cell[length];
                for (int i = 0; i < row.Length && reader.Take(Cell.Size) is { Length: Cell.Size } cell; i++) row[i] = Cell.Read(cell);
                message = new KeeperMessage.Tell(run, sequence, new HeldDigest((long)count, sum), row);
                break;
            case 3:
                message = new KeeperMessage.AskList(reader.TakeUInt32());
                break;
            case 4:
                uint next = reader.TakeUInt32();
                message = Held(ref reader, HoldingsLimits.IdsInList) is { } listed ? new KeeperMessage.TellList(listed, next) : null;
                break;
            case 5:
                Hash32 nonce = reader.TakeHash();
                message = Held(ref reader, BlocksInChallenge) is { Length: > 0 } asked ? new KeeperMessage.Challenge(nonce, asked) : null;
                break;
            case 6:
                nonce = reader.TakeHash();
                message = Macs(ref reader, BlocksInChallenge) is { } macs ? new KeeperMessage.Proof(nonce, macs) : null;
                break;
            case 7:
                nonce = reader.TakeHash();
                message = Ids(ref reader, FreeingLimits.BlocksInQuestion) is { Length: > 0 } wanted ? new KeeperMessage.AskLock(nonce, wanted) : null;
                break;
            case 8:
                nonce = reader.TakeHash();
                message = Macs(ref reader, FreeingLimits.BlocksInQuestion) is { } proofs ? new KeeperMessage.Locked(nonce, proofs, reader.Take(Ed25519PublicKey.SignatureSize).ToArray()) : null;
                break;
            case 9:
                message = Ids(ref reader, BlocksInLevels) is { Length: > 0 } blocks ? new KeeperMessage.AskLevels(blocks) : null;
                break;
            case 10:
                message = Ids(ref reader, BlocksInLevels) is { } told ? new KeeperMessage.TellLevels(told, reader.Take(told.Length).ToArray()) : null;
                break;
            case 11:
                message = Buckets(ref reader) is { Length: > 0 } stretches ? new KeeperMessage.StandIn(stretches) : null;
                break;
        }
        return reader.AtEnd ? message : null;
    }

    static void Ids(ByteWriter writer, BlockId[] ids)
    {
        writer.UInt16((ushort)ids.Length);
        foreach (BlockId id in ids) writer.Hash(id.Hash);
    }

    static BlockId[]? Ids(ref ByteReader reader, int most)
    {
        if (reader.TakeUInt16() is var count && count > most) return null;
        BlockId[] ids = new BlockId[count];
        for (int i = 0; i < count; i++) ids[i] = new BlockId(reader.TakeHash());
        return ids;
    }

    static ushort[]? Buckets(ref ByteReader reader)
    {
        if (reader.TakeUInt16() is var count && count > HealingLimits.Buckets) return null;
        ushort[] buckets = new ushort[count];
        for (int i = 0; i < count; i++) buckets[i] = reader.TakeUInt16();
        return buckets;
    }

    static HeldId[]? Held(ref ByteReader reader, int most)
    {
        if (reader.TakeUInt16() is var count && count > most) return null;
        HeldId[] ids = new HeldId[count];
        for (int i = 0; i < count; i++) ids[i] = new HeldId(reader.TakeUInt64());
        return ids;
    }

    static void Macs(ByteWriter writer, Hash32?[] macs)
    {
        writer.UInt16((ushort)macs.Length);
        foreach (Hash32? mac in macs)
            if (mac is { } there) writer.Byte(1).Hash(there);
            else writer.Byte(0);
    }

    static Hash32?[]? Macs(ref ByteReader reader, int most)
    {
        if (reader.TakeUInt16() is var count && count > most) return null;
        Hash32?[] macs = new Hash32?[count];
        for (int i = 0; i < count; i++)
            switch (reader.TakeByte())
            {
                case 0: break;
                case 1: macs[i] = reader.TakeHash(); break;
                default: return null;
            }
        return macs;
    }
}
