using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Vault.Libp2p.Multistream;
using Vault.Libp2p.Noise;
using Vault.Primitives;

namespace Vault.Libp2p.Upgrade;

/// <summary>
/// Pumps the handshake machines over a pipe. What they write leaves only when there is nothing left to read, so that everything
/// one side can say without waiting goes out in one flight.
/// </summary>
sealed class HandshakePipe(IDuplexPipe pipe, CancellationToken cancel)
{
    public PipeWriter Output => pipe.Output;

    public async ValueTask<string?> ProposeAsync(Proposer proposer)
    {
        while (!proposer.Decided)
        {
            ReadOnlySequence<byte> buffer = await ReadAsync();
            ReadOnlySequence<byte> rest = buffer;
            proposer.Receive(ref rest, pipe.Output);
            pipe.Input.AdvanceTo(rest.Start, proposer.Decided ? rest.Start : rest.End);
        }
        return proposer.Agreed;
    }

    public async ValueTask<string> ChooseAsync(Chooser chooser)
    {
        while (chooser.Agreed is null)
        {
            ReadOnlySequence<byte> buffer = await ReadAsync();
            ReadOnlySequence<byte> rest = buffer;
            chooser.Receive(ref rest, pipe.Output);
            pipe.Input.AdvanceTo(rest.Start, chooser.Agreed is null ? rest.End : rest.Start);
        }
        return chooser.Agreed;
    }

    public void WriteNoise(HandshakeState noise, ReadOnlySpan<byte> payload)
    {
        const int overhead = 3 * Hash32.Size; // two keys and two tags at most
        Span<byte> frame = pipe.Output.GetSpan(NoiseTransport.PrefixSize + overhead + payload.Length);
        int length = noise.WriteMessage(payload, frame[NoiseTransport.PrefixSize..]);
        BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)length);
        pipe.Output.Advance(NoiseTransport.PrefixSize + length);
    }

    public async ValueTask<byte[]> ReadNoiseAsync(HandshakeState noise)
    {
        // Identity, signature and a few muxer names; a longer message only makes us hold bytes for a stranger.
        const int maxMessage = 4096;
        while (true)
        {
            ReadOnlySequence<byte> buffer = await ReadAsync();
            if (Frame(buffer, maxMessage) is { } frame)
            {
                byte[] payload = noise.ReadMessage(frame.ToArray());
                pipe.Input.AdvanceTo(frame.End);
                return payload;
            }
            pipe.Input.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    static ReadOnlySequence<byte>? Frame(in ReadOnlySequence<byte> buffer, int maxMessage)
    {
        if (buffer.Length < NoiseTransport.PrefixSize) return null;
        Span<byte> prefix = stackalloc byte[NoiseTransport.PrefixSize];
        buffer.Slice(0, prefix.Length).CopyTo(prefix);
        int length = BinaryPrimitives.ReadUInt16BigEndian(prefix);
        if (length is 0 || length > maxMessage) throw new ProtocolException("A Noise handshake message has an impossible length.");
        return buffer.Length >= prefix.Length + length ? buffer.Slice(prefix.Length, length) : null;
    }

    /// <summary>Bytes that are there, or the next that come; what we have written leaves before we wait.</summary>
    async ValueTask<ReadOnlySequence<byte>> ReadAsync()
    {
        if (!pipe.Input.TryRead(out ReadResult result))
        {
            if (pipe.Output.UnflushedBytes > 0) await pipe.Output.FlushAsync(cancel);
            result = await pipe.Input.ReadAsync(cancel);
        }
        if (result.Buffer.IsEmpty && (result.IsCompleted || result.IsCanceled)) throw Closed();
        if (!result.IsCompleted) return result.Buffer;
        // What is buffered may still complete a message; if it doesn't, the next read finds nothing new.
        if (result.Buffer.Length == lastLength) throw Closed();
        lastLength = result.Buffer.Length;
        return result.Buffer;
    }

    /// <summary>Who can't read what it is sent closes without a word, so all that is left is a guess.</summary>
    static ProtocolException Closed() => new("The peer closed the connection during the handshake.", "it may be in another private network: compare the swarm keys of both");

    long lastLength = -1;
}
