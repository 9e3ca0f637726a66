using System.Buffers;
using Vault.Primitives;

namespace Vault.Libp2p.Multistream;

/// <summary>The dialing side of multistream-select as a pure machine: proposes protocols in order until one is echoed.</summary>
sealed class Proposer
{
    readonly IReadOnlyList<string> protocols;
    int at;
    bool greeted;

    public Proposer(IReadOnlyList<string> protocols)
    {
        if (protocols.Count == 0) throw new ArgumentException("At least one protocol must be proposed.", nameof(protocols));
        this.protocols = protocols;
    }

    /// <summary>The protocol both sides will speak, once there is one.</summary>
    public string? Agreed { get; private set; }

    /// <summary>True when the other side refused everything.</summary>
    public bool Refused { get; private set; }

    public bool Decided => Agreed is not null || Refused;

    /// <summary>Header and first proposal, in one write: the header alone would cost a round trip.</summary>
    public void Start(IBufferWriter<byte> output)
    {
        output.Write(MultistreamMessage.Header);
        output.Write(MultistreamMessage.Encode(protocols[0]));
    }

    /// <summary>Consumes what belongs to the negotiation and leaves what follows it, which is the agreed protocol's.</summary>
    public void Receive(ref ReadOnlySequence<byte> input, IBufferWriter<byte> output)
    {
        while (!Decided && MultistreamMessage.TryRead(ref input) is { } message)
        {
            if (!greeted)
            {
                if (message != MultistreamMessage.Version) throw new ProtocolException("The other side doesn't speak multistream 1.0.");
                greeted = true;
            }
            else if (message == protocols[at]) Agreed = message;
            else if (message != MultistreamMessage.NotAvailable) throw new ProtocolException("The answer to a proposal is neither an echo nor na.");
            else if (++at == protocols.Count) Refused = true;
            else output.Write(MultistreamMessage.Encode(protocols[at]));
        }
    }
}
