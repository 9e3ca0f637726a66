using System.Buffers;
using System.IO.Pipelines;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>
/// Answers one peer's questions for blocks of one vault, from disk to socket: what waits is ids, and one block is in memory at a
/// time, read when the stream has taken the last. What is known to be damaged on this disk counts as not here; what isn't shows at the other
/// side, which hashes all it gets and parts: then what was sent last is looked at, and from then on everything before it is sent.
/// </summary>
sealed class BlockServing(BlockStore store, VaultTag vault, RateLimit? upload = null, ServedBlocks? served = null)
{
    readonly Lock gate = new();
    readonly Queue<(uint Number, BlockId Id)>[] waiting = [new(), new()]; // by lane
    readonly AsyncPulse pulse = new();
    readonly Queue<(BlockId Id, int Length)> sent = []; // the last ones: what the other side may not have looked at yet
    long sentBytes;
    uint next;
    bool ended;

    public long Blocks { get; private set; }
    public long Bytes { get; private set; }

    /// <summary>Runs until the peer has no more questions and has all its answers.</summary>
    public async Task RunAsync(IDuplexPipe stream, CancellationToken cancel)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task answering = AnswerAsync(stream.Output, stop.Token);
        try
        {
            await ListenAsync(stream.Input, answering, stop.Token);
            lock (gate) ended = true;
            pulse.Set();
            await answering;
        }
        catch
        {
            stop.Cancel();
            await answering.ContinueWith(static done => _ = done.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            if (!cancel.IsCancellationRequested) LookAgain();
            throw;
        }
    }

    async Task ListenAsync(PipeReader input, Task answering, CancellationToken cancel)
    {
        while (!answering.IsFaulted)
        {
            ReadResult result = await input.ReadAsync(cancel);
            ReadOnlySequence<byte> rest = result.Buffer;
            while (ExchangeCodec.TryReadAsk(ref rest, out Lane lane, out BlockId[] ids)) Enqueue(lane, ids);
            bool whole = rest.IsEmpty;
            input.AdvanceTo(rest.Start, rest.End);
            if (!result.IsCompleted) continue;
            if (!whole) throw new ProtocolException("the stream ended inside a question");
            return;
        }
    }

    void Enqueue(Lane lane, BlockId[] ids)
    {
        lock (gate)
        {
            if (waiting[0].Count + waiting[1].Count + ids.Length > ExchangeLimits.Outstanding) throw new ProtocolException("the peer asks for more blocks than it may at once");
            foreach (BlockId id in ids) waiting[(int)lane].Enqueue((next++, id));
        }
        pulse.Set();
    }

    async Task AnswerAsync(PipeWriter output, CancellationToken cancel)
    {
        while (true)
        {
            (uint Number, BlockId Id) question;
            while (!TryTake(out question))
            {
                if ((await output.FlushAsync(cancel)).IsCompleted) return;
                if (Ended) return;
                await pulse.WaitAsync(cancel);
            }
            using StoredBlock? block = store.ReadToSend(vault, question.Id);
            if (block is null)
            {
                ExchangeCodec.WriteLack(output, question.Number);
                if (output.UnflushedBytes >= ExchangeLimits.FlushBytes && (await output.FlushAsync(cancel)).IsCompleted) return;
                continue;
            }
            int length = block.Bytes.Length;
            Remember(question.Id, length);
            ExchangeCodec.WriteGive(output, question.Number, length);
            for (int at = 0; at < length;)
            {
                int piece = Math.Min(length - at, ExchangeLimits.FlushBytes);
                if (upload is not null) await upload.TakeAsync(piece, cancel);
                block.Bytes.Slice(at, piece).CopyTo(output.GetSpan(piece)); // one piece of memory; Write would take many small ones
                output.Advance(piece);
                at += piece;
                if (output.UnflushedBytes >= ExchangeLimits.FlushBytes && (await output.FlushAsync(cancel)).IsCompleted) return;
            }
            served?.Add(length);
            Blocks++;
            Bytes += length;
        }
    }

    void Remember(BlockId id, int length)
    {
        sent.Enqueue((id, length));
        sentBytes += length;
        while (sentBytes > ExchangeLimits.MostInFlight || sent.Count > ExchangeLimits.Outstanding) sentBytes -= sent.Dequeue().Length;
    }

    void LookAgain()
    {
        foreach ((BlockId id, _) in sent) store.Read(vault, id)?.Dispose();
    }

    bool Ended
    {
        get { lock (gate) return ended && waiting[0].Count + waiting[1].Count == 0; }
    }

    bool TryTake(out (uint Number, BlockId Id) question)
    {
        lock (gate) return waiting[0].TryDequeue(out question) || waiting[1].TryDequeue(out question);
    }
}
