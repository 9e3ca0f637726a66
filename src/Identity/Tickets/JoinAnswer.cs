using System.Diagnostics.CodeAnalysis;
using Vault.Primitives;

namespace Vault.Identity;

/// <summary>
/// The joiner's side of the answer: the vault's keys, and the records that show it is in. Nothing of it rests on the member's
/// word: records are signed up to the root that the ticket names, and secrets are checked against the ticket and those records.
/// </summary>
public sealed class JoinAnswer
{
    /// <summary>What a joiner reads before it hangs up: secrets, and records that show the way to the root and of the epochs.</summary>
    public const int MaxSize = 4 * 1024 * 1024;

    JoinAnswer(VaultKeys keys, IReadOnlyList<ControlRecord> records)
    {
        Keys = keys;
        Records = records;
    }

    /// <summary>For the ring, which takes them over.</summary>
    public VaultKeys Keys { get; }

    /// <summary>For the catalog: the first that this device knows of the vault.</summary>
    public IReadOnlyList<ControlRecord> Records { get; }

    /// <summary>Null when the joiner was refused, or told what isn't so; then the fault is a sentence for the person who waits.</summary>
    public static JoinAnswer? Open(ReadOnlySpan<byte> answer, Ticket ticket, Ed25519Key device, [NotNullWhen(false)] out string? fault)
    {
        fault = null;
        if (answer is [not 0]) return Faulty(out fault, ((JoinRefusal)answer[0]).Sentence());
        if (answer.Length > MaxSize || Read(answer, ticket.Vault) is not var (secrets, records)) return Faulty(out fault, Nonsense);
        Membership membership = Membership.Of(ticket.Vault, records);
        if (membership.Find(device.Public) is not { IsActive: true }) return Faulty(out fault, "the device that was asked doesn't belong to this vault: use another");

        using SecretEpochs? opened = SecretEpochs.Open(secrets, ticket.Vault, device);
        if (opened?.Epochs is not [{ Number: 0 } first, ..] || !ticket.IsRight(first)) return Faulty(out fault, "the device that was asked gave secrets that aren't this vault's: use another");
        VaultKeys keys = new(ticket.Vault, [new SecretEpoch(0, first.SyncSecret.Span, first.CanRead ? first.ReadSecret.Span : default)]);
        _ = SealedSecrets.Open(secrets, membership, device, keys);
        return new JoinAnswer(keys, records);
    }

    const string Nonsense = "the device that was asked answered with something that is no answer: use another";

    static JoinAnswer? Faulty(out string? fault, string says)
    {
        fault = says;
        return null;
    }

    internal static byte[] Encode(Membership membership, ControlRecord admission, ReadOnlySpan<byte> secrets)
    {
        ByteWriter writer = new();
        writer.Byte((byte)JoinRefusal.None).UInt32((uint)secrets.Length).Bytes(secrets);
        // The settings too: the vault's name is in them, and who joins calls it so at once.
        RecordList.Write(writer, membership.Foundation([admission, .. membership.Epochs, .. membership.Standing.Where(record => record.Kind == ControlKind.Settings)]));
        return writer.ToArray();
    }

    static (byte[] Secrets, IReadOnlyList<ControlRecord> Records)? Read(ReadOnlySpan<byte> answer, VaultId vault)
    {
        ByteReader reader = new(answer);
        byte status = reader.TakeByte();
        uint length = reader.TakeUInt32();
        if (status != 0 || length > SealedSecrets.MaxSize) return null;
        byte[] secrets = reader.Take((int)length).ToArray();
        return RecordList.Read(ref reader, vault) is { } records && reader.AtEnd ? (secrets, records) : null;
    }
}

/// <summary>Control records behind one another, as joiners and those at the gate show them.</summary>
static class RecordList
{
    /// <summary>Certificates of a chain and of those who admitted, and epochs. Each is a signature to verify before we know who asks.</summary>
    public const int MaxRecords = 1024;

    public static void Write(ByteWriter writer, IReadOnlyCollection<ControlRecord> records)
    {
        if (records.Count > MaxRecords) throw new LimitExceededException($"the way to the root is longer than {MaxRecords} records", "let an admin certify this device anew");
        writer.UInt16((ushort)records.Count);
        foreach (ControlRecord record in records) writer.UInt16((ushort)record.Encode().Length).Bytes(record.Encode().Span);
    }

    /// <summary>Null unless every one is a good record of the vault.</summary>
    public static IReadOnlyList<ControlRecord>? Read(ref ByteReader reader, VaultId vault)
    {
        int count = reader.TakeUInt16();
        if (reader.Failed || count > MaxRecords) return null;
        List<ControlRecord> records = [];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> bytes = reader.Take(reader.TakeUInt16());
            if (reader.Failed || ControlRecord.Parse(vault, bytes.ToArray()) is not { } record) return null;
            records.Add(record);
        }
        return records;
    }
}
