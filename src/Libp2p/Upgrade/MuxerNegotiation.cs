using System.Buffers;
using System.IO.Pipelines;
using Vault.Libp2p.Multistream;
using Vault.Libp2p.Noise;
using Vault.Primitives;

namespace Vault.Libp2p.Upgrade;

/// <summary>Agreeing on the muxer: inside the handshake where both sides announced theirs, by multistream over Noise where not.</summary>
static class MuxerNegotiation
{
    public const string Yamux = "/yamux/1.0.0";
    public static readonly string[] Spoken = [Yamux];

    /// <summary>True when the handshake has decided; false when it left the question open. No common muxer is an error.</summary>
    public static bool IsEarly(IReadOnlyList<string> theirs)
    {
        if (theirs.Count == 0) return false;
        return theirs.Contains(Yamux) ? true : throw new ProtocolException("The peer speaks no muxer that we speak.");
    }

    /// <summary>Returns what followed the negotiation.</summary>
    public static async ValueTask<ReadOnlyMemory<byte>> ProposeAsync(IDuplexPipe pipe, NoiseTransport noise, CancellationToken cancel)
    {
        Proposer proposer = new(Spoken);
        ArrayBufferWriter<byte> first = new();
        proposer.Start(first);
        Send(pipe.Output, noise, first.WrittenSpan);
        ReadOnlyMemory<byte> rest = await PumpAsync(pipe, noise, proposer.Receive, () => proposer.Decided, cancel);
        return proposer.Refused ? throw new ProtocolException("The peer doesn't speak Yamux.") : rest;
    }

    public static ValueTask<ReadOnlyMemory<byte>> ChooseAsync(IDuplexPipe pipe, NoiseTransport noise, CancellationToken cancel)
    {
        Chooser chooser = new(protocol => protocol == Yamux, () => Spoken);
        return PumpAsync(pipe, noise, chooser.Receive, () => chooser.Agreed is not null, cancel);
    }

    delegate void Receiver(ref ReadOnlySequence<byte> input, IBufferWriter<byte> output);

    static async ValueTask<ReadOnlyMemory<byte>> PumpAsync(IDuplexPipe pipe, NoiseTransport noise, Receiver receive, Func<bool> decided, CancellationToken cancel)
    {
        byte[] pending = [];
        while (true)
        {
            await pipe.Output.FlushAsync(cancel);
            ReadResult result = await pipe.Input.ReadAsync(cancel);
            ReadOnlySequence<byte> rest = result.Buffer;
            while (!decided() && noise.TryOpen(ref rest, out ReadOnlySpan<byte> plaintext))
            {
                pending = [.. pending, .. plaintext];
                ReadOnlySequence<byte> input = new(pending);
                ArrayBufferWriter<byte> answer = new();
                receive(ref input, answer);
                pending = input.ToArray();
                if (pending.Length > NoiseTransport.MaxPlaintext) throw new ProtocolException("The peer sends more than a negotiation needs.");
                if (answer.WrittenCount > 0) Send(pipe.Output, noise, answer.WrittenSpan);
            }
            pipe.Input.AdvanceTo(rest.Start, decided() ? rest.Start : rest.End);
            if (decided()) return pending;
            if (result.IsCompleted) throw new ProtocolException("The peer closed the connection during the handshake.");
        }
    }

    static void Send(PipeWriter output, NoiseTransport noise, ReadOnlySpan<byte> plaintext)
    {
        Span<byte> frame = output.GetSpan(plaintext.Length + NoiseTransport.Overhead);
        plaintext.CopyTo(frame[NoiseTransport.PrefixSize..]);
        output.Advance(noise.Seal(frame, plaintext.Length));
    }
}
