using Vault.Identity;

namespace Vault.Blocks;

/// <summary>Where an interrupted write goes on: the journal, and the source as it knows it.</summary>
public sealed record Import(ImportJournal Journal, SourceStamp Source);

/// <summary>
/// Files on their way in: read, cut, compressed, sealed and stored, on all cores, with a bounded number of leaves in flight.
/// The result depends on nothing but the content and the vault's secrets. Safe for use from several threads.
/// </summary>
public sealed class FileWriter : IDisposable
{
    /// <summary>Content read at once. Four largest chunks: what is left over at its end is copied to the front.</summary>
    const int WindowSize = 4 << 20;

    /// <summary>Content between two checkpoints of an import: what a crash costs at most, beside what is in flight.</summary>
    const int CheckpointContent = 20 << 20;

    readonly SecretEpoch epoch;
    readonly Chunker chunker;
    readonly LeafSealer sealer;
    readonly LeafBuffers buffers;

    /// <summary>Writes with the secrets of one epoch, which must outlive the writer.</summary>
    public FileWriter(SecretEpoch epoch, ChunkSizes? sizes = null)
    {
        this.epoch = epoch;
        chunker = new Chunker(new GearTable(epoch.Chunker.Span), sizes ?? ChunkSizes.Default);
        sealer = new LeafSealer(epoch.Convergence, chunker.Sizes.Max);
        buffers = new LeafBuffers(chunker.Sizes.Max + LeafSealer.Overhead, Limits.LeavesInFlight);
    }

    /// <summary>
    /// Stores all of <paramref name="content"/> from its position on. The file is durable after the session's next flush, and
    /// needs a pin before the session ends. With an <paramref name="import"/>, what an earlier run stored is not read again.
    /// </summary>
    public async Task<FileRef> WriteAsync(Stream content, WriteSession session, Import? import = null, CancellationToken stop = default)
    {
        if (import?.Journal.Finished(import.Source) is { } finished) return finished;
        FileWrite write = new(this, session, content.CanSeek ? import : null);
        try
        {
            return await write.RunAsync(content, stop);
        }
        finally
        {
            await write.SettleAsync();
        }
    }

    public void Dispose()
    {
        sealer.Dispose();
        buffers.Dispose();
    }

    /// <summary>One file on its way.</summary>
    sealed class FileWrite(FileWriter writer, WriteSession session, Import? import)
    {
        readonly TreeBuilder tree = new(writer.epoch.Convergence);
        readonly Queue<Task<Child>> inFlight = new();
        readonly List<byte[]> inner = [];
        List<Child> sinceCheckpoint = [];
        long contentSinceCheckpoint;
        long checkpointedTo;
        uint nextCheckpoint;
        Task checkpoints = Task.CompletedTask;

        public async Task<FileRef> RunAsync(Stream content, CancellationToken stop)
        {
            if (import != null) await ResumeAsync(content, import);
            using ContentWindow window = new(content, WindowSize, writer.chunker.Sizes.Max);
            bool more = await window.FillAsync(stop);
            bool any = checkpointedTo > 0;
            while (more || !any)
            {
                any = true;
                int length = writer.chunker.Cut(window.Ready.Span);
                byte[] buffer = await writer.buffers.RentAsync(stop);
                window.Take(length).Span.CopyTo(buffer.AsSpan(LeafSealer.ContentOffset));
                bool only = inFlight.Count == 0 && window.IsEmpty; // a small file is done here and now, without a detour through the pool
                inFlight.Enqueue(only ? StoreAsync(buffer, length) : Task.Run(() => StoreAsync(buffer, length), CancellationToken.None));
                if (inFlight.Count >= Limits.LeavesInFlight) await TakeOldestAsync();
                more = await window.FillAsync(stop);
            }
            while (inFlight.Count > 0) await TakeOldestAsync();
            await checkpoints;
            FileRef file = tree.Finish(inner);
            await StoreInnerAsync();
            return file;
        }

        /// <summary>Waits for whatever is still under way, so that nothing of a failed write runs on.</summary>
        public Task SettleAsync() => Task.WhenAll([.. inFlight, checkpoints]).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

        async Task ResumeAsync(Stream content, Import from)
        {
            (IReadOnlyList<Child> stored, uint entries) = from.Journal.Progress(from.Source);
            long length = stored.Sum(leaf => leaf.Length);
            if (length == 0 || content.Position + length > content.Length) return;
            content.Seek(length, SeekOrigin.Current);
            foreach (Child leaf in stored) tree.Add(leaf, inner);
            await StoreInnerAsync();
            (nextCheckpoint, checkpointedTo) = (entries, length);
        }

        async Task<Child> StoreAsync(byte[] buffer, int length)
        {
            try
            {
                SealedLeaf leaf = writer.sealer.Seal(buffer, length, session.TryClaim);
                if (leaf.New is { } block) await session.AddAsync(block);
                return new Child(leaf.Id, leaf.Key, length);
            }
            finally
            {
                writer.buffers.Return(buffer);
            }
        }

        async Task TakeOldestAsync()
        {
            Child leaf = await inFlight.Peek();
            _ = inFlight.Dequeue();
            tree.Add(leaf, inner);
            if (inner.Count > 0) await StoreInnerAsync();
            if (import is null) return;
            sinceCheckpoint.Add(leaf);
            contentSinceCheckpoint += leaf.Length;
            if (contentSinceCheckpoint < CheckpointContent) return;
            checkpoints = CheckpointAsync(checkpoints, import, nextCheckpoint++, checkpointedTo, sinceCheckpoint);
            checkpointedTo += contentSinceCheckpoint;
            sinceCheckpoint = [];
            contentSinceCheckpoint = 0;
        }

        async Task CheckpointAsync(Task earlier, Import to, uint sequence, long offset, List<Child> leaves)
        {
            await earlier;
            await session.FlushAsync();
            to.Journal.Checkpoint(to.Source, sequence, offset, leaves);
            session.Release(leaves.Select(leaf => leaf.Id));
        }

        async Task StoreInnerAsync()
        {
            foreach (byte[] bytes in inner)
                await session.AddAsync(Block.TryParse(bytes, out Block block) ? block : throw new InvalidOperationException("An inner block is not in its own form."));
            inner.Clear();
        }
    }
}
