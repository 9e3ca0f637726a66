using System.Buffers;
using System.Text;
using Vault.Primitives;

namespace Vault.Libp2p.Multistream;

/// <summary>The listening side of multistream-select as a pure machine: answers proposals until one is known.</summary>
sealed class Chooser(Func<string, bool> speaks, Func<IEnumerable<string>> list)
{
    /// <summary>More refused proposals than anyone has protocols mean that somebody is guessing.</summary>
    public const int MaxProposals = 64;

    bool greeted;
    int proposals;

    public string? Agreed { get; private set; }

    /// <summary>Consumes what belongs to the negotiation and leaves what follows it, which is the agreed protocol's.</summary>
    public void Receive(ref ReadOnlySequence<byte> input, IBufferWriter<byte> output)
    {
        while (Agreed is null && MultistreamMessage.TryRead(ref input) is { } message)
        {
            if (!greeted)
            {
                if (message != MultistreamMessage.Version) throw new ProtocolException("The other side doesn't speak multistream 1.0.");
                greeted = true;
                output.Write(MultistreamMessage.Header);
            }
            else if (++proposals > MaxProposals) throw new LimitExceededException($"More than {MaxProposals} protocols were proposed on one stream.");
            else if (message == MultistreamMessage.List) output.Write(EncodeList(list()));
            else if (speaks(message))
            {
                Agreed = message;
                output.Write(MultistreamMessage.Encode(message));
            }
            else output.Write(MultistreamMessage.Encode(MultistreamMessage.NotAvailable));
        }
    }

    // One message whose body is a message per protocol, closed by the newline that every message ends with.
    static byte[] EncodeList(IEnumerable<string> protocols)
    {
        byte[] body = [.. protocols.SelectMany(MultistreamMessage.Encode), (byte)'\n'];
        Span<byte> prefix = stackalloc byte[Varint.MaxSize];
        return [.. prefix[..Varint.Write(prefix, (ulong)body.Length)], .. body];
    }
}
