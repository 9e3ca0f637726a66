using Vault.Primitives;

namespace Vault.Chat;

/// <summary>A witness that is shown without the text beside it: whoever has the signed header can tell that it is the one its author meant.</summary>
public sealed class ShownWitness
{
    const int BlindSize = 32;

    readonly byte[] blind;

    internal ShownWitness(byte[] blind, Witness witness) => (this.blind, Witness) = (blind, witness);

    public Witness Witness { get; }

    public bool IsOf(MessageHeader header) => header.Witness != default && Witness.Committed(blind) == header.Witness;

    public byte[] Encode()
    {
        ByteWriter writer = new(256);
        writer.Bytes(blind);
        Witness.Write(writer);
        return writer.ToArray();
    }

    /// <summary>Null for what isn't in its one form.</summary>
    public static ShownWitness? Parse(ReadOnlySpan<byte> bytes)
    {
        ByteReader reader = new(bytes);
        byte[] blind = reader.Take(BlindSize).ToArray();
        Witness witness = Witness.Read(ref reader);
        return reader.AtEnd ? new ShownWitness(blind, witness) : null;
    }
}
