using System.IO.Pipelines;
using Vault.Libp2p.Bandwidth;
using Vault.Libp2p.Noise;

namespace Vault.Libp2p.Yamux;

// The loop that writes: what is due, in frames, as fast as the link and the limits allow.
sealed partial class Mux
{
    /// <summary>Noise frames that one send takes along, if so much is due: half the calls, and half the wakings of the other side.</summary>
    const int FramesAtOnce = 2;

    Turn smallTurn, bulkTurn, creditTurn;
    ITimer? turnComes;

    async Task WriteAsync()
    {
        try
        {
            while (true)
            {
                if (Fill())
                {
                    for (int more = 1; more < FramesAtOnce && Fill();) more++;
                    FlushResult flushed = await pipe.Output.FlushAsync();
                    if (flushed.IsCompleted) break;
                }
                else if (closing) break;
                else await wake.WaitAsync();
            }
            await pipe.Output.CompleteAsync();
        }
        catch (Exception e)
        {
            ShutDown(e, null);
            await pipe.Output.CompleteAsync(e);
        }
    }

    /// <summary>
    /// Gathers one Noise frame of what is due and may go now, control before data, straight into the link's own buffer, and seals it
    /// there: outside the lock, as nobody else seals. At most a few such frames, each under 64 KiB, lie between a stream's turn and the socket.
    /// </summary>
    bool Fill()
    {
        Span<byte> frame = default;
        int filled;
        lock (gate) filled = Gather(ref frame);
        if (filled == 0) return false;
        int sealedSize = noise.Seal(frame, filled);
        pipe.Output.Advance(sealedSize);
        Volatile.Write(ref bytesOut, bytesOut + sealedSize);
        return true;
    }

    int Gather(ref Span<byte> frame)
    {
        if (!session.HasOutput) return 0;
        // A farewell waits for nobody's turn.
        bool limited = !closing && (upload.IsOn || download.IsOn);
        if (!limited) return Gather(ref frame, NoiseTransport.MaxPlaintext, int.MaxValue, smallOnly: false);

        int credit = session.HasCredit ? creditTurn.Take() : 0;
        bool smallOnly = session.HasSmallOutput || credit > 0;
        int room = smallOnly ? smallTurn.Take() : 0;
        if (room == 0)
        {
            smallOnly = false;
            room = bulkTurn.Take();
        }
        int filled = room > 0 ? Gather(ref frame, Math.Min(room, NoiseTransport.MaxPlaintext), credit, smallOnly) : 0;
        int used = filled > 0 ? filled + NoiseTransport.Overhead : 0;
        if (room > 0 && smallOnly) smallTurn.Used(used);
        else if (room > 0) bulkTurn.Used(used);
        if (filled == 0) WakeAtNextTurn();
        return filled;
    }

    /// <summary>What goes into one frame of at most <paramref name="room"/> bytes; zero when there is nothing for it.</summary>
    int Gather(ref Span<byte> frame, int room, int credit, bool smallOnly)
    {
        const int worthATurn = FrameHeader.Size + 256; // less room than this is left for the next frame
        frame = pipe.Output.GetSpan(NoiseTransport.Overhead + room);
        Span<byte> body = frame.Slice(NoiseTransport.PrefixSize, room);
        int at = 0;
        while (body.Length - at >= worthATurn)
        {
            if (session.TryControl(Now, out FrameHeader header))
            {
                header.Write(body[at..]);
                at += FrameHeader.Size;
                if (header.Has(FrameFlags.Fin)) NoteIdle();
            }
            else if (credit > 0 && session.TryCredit(credit, out header))
            {
                header.Write(body[at..]);
                at += FrameHeader.Size;
                if (!download.IsOn) continue;
                creditTurn.Used((int)header.Length);
                credit = 0;
            }
            else if (session.TryTurn(body.Length - at - FrameHeader.Size, out StreamState state, out int length, smallOnly))
            {
                new FrameHeader(FrameType.Data, FrameFlags.None, state.Id, (uint)length).Write(body[at..]);
                at += FrameHeader.Size;
                MuxStream stream = (MuxStream)state.Owner!;
                stream.Take(body.Slice(at, length));
                at += length;
                if (state is { Pending: 0, Finishing: true }) stream.EndOfOutput();
            }
            else break;
        }
        return at;
    }

    /// <summary>What waits for its turn under a limit is looked at again then. Under the lock.</summary>
    void WakeAtNextTurn()
    {
        TimeSpan next = Timeout.InfiniteTimeSpan;
        foreach (TimeSpan? wait in new[] { smallTurn.Wait, bulkTurn.Wait, session.HasCredit ? creditTurn.Wait : null })
            if (wait > TimeSpan.Zero && (next < TimeSpan.Zero || wait < next)) next = wait.Value;
        turnComes ??= time.CreateTimer(_ => wake.Set(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        turnComes.Change(next, Timeout.InfiniteTimeSpan);
    }
}
