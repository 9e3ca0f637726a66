using System.Buffers;
using System.IO.Pipelines;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>
/// Answers one peer's questions for blocks of one vault, from disk to socket: what waits is ids, and one block is in memory at a
/// time, read when the stream has taken the last. What is damaged on this disk counts as not here.
/// </summary>
sealed class BlockServing(BlockStore store, VaultTag vault, RateLimit? upload = null, ServedBlocks? served = null)
{
    readonly Lock gate = new();
    readonly Queue<(uint Number, BlockId Id)>[] waiting = [new(), new()]; // by lane
    readonly AsyncPulse pulse = new();
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
            using StoredBlock? block = store.Read(vault, question.Id);
            if (block is null)
            {
                ExchangeCodec.WriteLack(output, question.Number);
                if (output.UnflushedBytes >= ExchangeLimits.FlushBytes && (await output.FlushAsync(cancel)).IsCompleted) return;
                continue;
            }
            int length = block.Bytes.Length;
            ExchangeCodec.WriteGive(output, question.Number, length);
            for (int at = 0; at < length;)
            {
                int piece = Math.Min(length - at, ExchangeLimits.FlushBytes);
                if (upload is not null) await upload.TakeAsync(piece, cancel);
                output.Write(block.Bytes.Slice(at, piece));
                at += piece;
                if (output.UnflushedBytes >= ExchangeLimits.FlushBytes && (await output.FlushAsync(cancel)).IsCompleted) return;
            }
            served?.Add(length);
            Blocks++;
            Bytes += length;
        }
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
