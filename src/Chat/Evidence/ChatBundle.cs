using Vault.Identity;
using Vault.Primitives;

namespace Vault.Chat;

/// <summary>
/// A vault's chat as evidence in one file: who was in the vault, every signed header, what its author's device had of the vault at the time, every
/// proof of a fork. Whoever has it needs nothing else to check every chain, every signature, and what devices say of the vault against
/// each other. What was said isn't in it, only its hashes.
/// </summary>
public static class ChatBundle
{
    public static ReadOnlySpan<byte> Label => "vault/v1/chat-bundle\n"u8;

    /// <summary>Control records, feeds and proofs that one bundle may hold; a bundle comes from anybody.</summary>
    const int Most = 1 << 16;

    const int MostBytes = 64 << 10;

    /// <param name="show">A message's witness, where this device can read it.</param>
    public static void Write(Stream output, Membership members, ChatLog log, Func<SignedMessage, ShownWitness?> show)
    {
        output.Write(Label);
        Put(output, new ByteWriter(64).Hash(members.Vault.Key).UInt32((uint)members.Known.Count));
        foreach (ControlRecord record in members.Known)
        {
            Put(output, new ByteWriter(4).UInt32((uint)record.Encode().Length));
            output.Write(record.Encode().Span);
        }
        IReadOnlyList<FeedHead> heads = log.Heads;
        IReadOnlyList<ForkProof> forks = log.Forks;
        Put(output, new ByteWriter(4).UInt32((uint)heads.Count));
        foreach (FeedHead head in heads)
        {
            byte[] feed = new byte[FeedId.Size];
            head.Feed.CopyTo(feed);
            Put(output, new ByteWriter(32).Bytes(feed).UInt64(head.Sequence));
            foreach (SignedMessage message in log.Range(head.Feed, 1, (int)head.Sequence))
            {
                byte[] signed = message.EncodeHeader();
                byte[] witness = show(message)?.Encode() ?? [];
                Put(output, new ByteWriter(4 + signed.Length + witness.Length).UInt16((ushort)signed.Length).Bytes(signed).UInt16((ushort)witness.Length).Bytes(witness));
            }
        }
        Put(output, new ByteWriter(4).UInt32((uint)forks.Count));
        foreach (ForkProof fork in forks)
        {
            byte[] proof = fork.Encode();
            Put(output, new ByteWriter(4 + proof.Length).UInt32((uint)proof.Length).Bytes(proof));
        }
    }

    static void Put(Stream output, ByteWriter bytes) => output.Write(bytes.Written);

    /// <summary>Whether a file begins as one.</summary>
    public static bool IsOne(Stream input)
    {
        Span<byte> begins = stackalloc byte[Label.Length];
        return input.ReadAtLeast(begins, begins.Length, throwOnEndOfStream: false) == begins.Length && begins.SequenceEqual(Label);
    }

    /// <summary>Checks everything in it, once <see cref="IsOne"/> has read its beginning.</summary>
    /// <exception cref="CorruptDataException">It isn't whole, or holds what no bundle holds.</exception>
    public static (VaultId Vault, Membership Members, ChatVerdict Verdict) Verify(Stream input)
    {
        try
        {
            VaultId vault = new(Take(input, VaultId.Size));
            List<ControlRecord> records = [];
            for (uint left = Count(input); left > 0; left--)
                records.Add(ControlRecord.Parse(vault, Take(input, Size(input))) ?? throw new CorruptDataException("a certificate in the file is forged or malformed"));
            Membership members = Membership.Of(vault, records);
            ChatVerifier verifier = new(vault, members, (_, _) => null, hadRoot: null);
            for (uint left = Count(input); left > 0; left--)
            {
                FeedId feed = FeedId.Read(Take(input, FeedId.Size));
                verifier.Walk(feed, Messages(input, Number(input, sizeof(ulong))));
            }
            List<ForkProof> forks = [];
            for (uint left = Count(input); left > 0; left--)
            {
                if (ForkProof.Parse(Take(input, Size(input))) is not { } two || members.Find(two.A.Header.Feed.Device) is not { } member || ForkProof.Of(vault, member.Key, two.A, two.B) is not { } proof)
                    throw new CorruptDataException("a proof of a fork in the file proves nothing");
                forks.Add(proof);
            }
            if (input.ReadByte() >= 0) throw new CorruptDataException("something follows the evidence in the file");
            return (vault, members, verifier.Finish(forks, verifier.Missing()));
        }
        catch (EndOfStreamException)
        {
            throw new CorruptDataException("the file ends too early");
        }
    }

    static IEnumerable<(SignedMessage, Witness?)> Messages(Stream input, ulong count)
    {
        for (; count > 0; count--)
        {
            SignedMessage message = SignedMessage.From(Take(input, (int)Number(input, sizeof(ushort))), null) ?? throw new CorruptDataException("a header in the file is malformed");
            byte[] shown = Take(input, (int)Number(input, sizeof(ushort)));
            ShownWitness? witness = shown.Length == 0 ? null : ShownWitness.Parse(shown);
            if (shown.Length > 0 && witness?.IsOf(message.Header) != true) throw new CorruptDataException($"what is shown of message {message.Header.Sequence} of {message.Header.Feed} isn't what its author signed");
            yield return (message, witness?.Witness);
        }
    }

    static uint Count(Stream input) => Number(input, sizeof(uint)) is var count and <= Most ? (uint)count : throw new CorruptDataException("the file announces more than a chat has");

    static int Size(Stream input) => Number(input, sizeof(uint)) is var size and <= MostBytes ? (int)size : throw new CorruptDataException("the file announces more than a record has");

    static ulong Number(Stream input, int size)
    {
        ulong number = 0;
        foreach (byte one in Take(input, size)) number = (number << 8) | one;
        return number;
    }

    static byte[] Take(Stream input, int size)
    {
        byte[] bytes = new byte[size];
        input.ReadExactly(bytes);
        return bytes;
    }
}
