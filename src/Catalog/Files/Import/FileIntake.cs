using System.Buffers;
using Vault.Blocks;

namespace Vault.Catalog;

/// <summary>What became of reading one file.</summary>
/// <param name="Stat">As the file was when this content was read.</param>
/// <param name="Settled">The file didn't change meanwhile, and couldn't have without showing it later.</param>
/// <param name="Torn">It changed each time it was read.</param>
readonly record struct TakenFile(FileRef File, FileStat Stat, bool Settled, bool Torn, SourceStamp? Source);

/// <summary>
/// Reads files and stores their content: small ones in one read, large ones as streams that an interrupted import resumes. A
/// file is looked at before and after; if it changed meanwhile it is read again.
/// </summary>
sealed class FileIntake(FileWriter writer, ImportJournal journal, TransferMeter meter, TimeProvider time)
{
    /// <summary>Up to here one read takes all of it. What is larger is read as it is cut.</summary>
    public const int Small = 256 << 10;

    /// <summary>Twice what the journal notes at a time: what is smaller is read again after a crash.</summary>
    const long WorthResuming = 40 << 20;

    const int Attempts = 3;

    /// <summary>0, or the error that keeps the file from being read. What stands at the name must be a file; a link or a pipe isn't followed or waited for.</summary>
    public async ValueTask<(int Error, TakenFile Taken)> TakeAsync(WalkedEntry entry, FileStat seen, WriteSession session, CancellationToken stop)
    {
        int error = entry.Folder.Handle.OpenFile(entry.Name, out FileHandle? file);
        if (error != 0) return (error, default);
        using (file)
        {
            for (int attempt = 1; ; attempt++)
            {
                if (attempt > 1)
                {
                    error = file!.Stat(out seen);
                    if (error != 0) return (error, default);
                }
                if (seen.Kind != FileKind.File) return (Errno.Invalid, default);
                (error, FileRef? content, SourceStamp? source) = seen.Size <= Small
                    ? await ReadSmallAsync(file!, seen, session, stop)
                    : await ReadLargeAsync(entry, file!, seen, session, stop);
                if (error != 0) return (error, default);
                error = file!.Stat(out FileStat after);
                if (error != 0) return (error, default);
                bool same = content != null && after == seen;
                if (same || (attempt == Attempts && content != null))
                    return (0, new TakenFile(content!.Value, seen, same && !after.MayStillChange(Clock.Nanoseconds(time)), !same, source));
                if (attempt == Attempts) return (Errno.Interrupted, default); // never as long as it said
            }
        }
    }

    /// <summary>No content when the file isn't as long as its stat said.</summary>
    async ValueTask<(int, FileRef?, SourceStamp?)> ReadSmallAsync(FileHandle file, FileStat seen, WriteSession session, CancellationToken stop)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)seen.Size + 1);
        try
        {
            int length = 0, error, read;
            do
            {
                error = file.Read(buffer.AsSpan(length, (int)seen.Size + 1 - length), length, out read);
                length += read;
            }
            while (error == 0 && read > 0 && length < seen.Size);
            if (error != 0 || length != seen.Size) return (error, null, null);
            FileRef content = await writer.WriteAsync(new MemoryStream(buffer, 0, length, writable: false), session, stop: stop);
            meter.Add(0, length);
            return (0, content, null);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    async ValueTask<(int, FileRef?, SourceStamp?)> ReadLargeAsync(WalkedEntry entry, FileHandle file, FileStat seen, WriteSession session, CancellationToken stop)
    {
        Import? import = null;
        if (seen.Size >= WorthResuming)
        {
            byte[] description = new byte[FileStat.EncodedSize + entry.Path.Length];
            seen.Write(description);
            entry.Path.CopyTo(description, FileStat.EncodedSize);
            import = new Import(journal, journal.Stamp(description));
        }
        long moved = 0;
        await using OpenFileStream stream = new(file, seen.Size, bytes =>
        {
            moved += bytes;
            meter.Add(0, bytes);
        });
        try
        {
            FileRef content = await writer.WriteAsync(stream, session, import, stop);
            meter.Add(0, seen.Size - moved); // what an earlier run had read
            return (0, content.Size == seen.Size ? content : null, import?.Source);
        }
        catch (IOException refused) when (refused.HResult > 0)
        {
            meter.Add(0, -moved);
            return (refused.HResult, null, null); // the disk's own error number: OpenFileStream
        }
    }
}

static class Clock
{
    public static long Nanoseconds(TimeProvider time) => (time.GetUtcNow().Ticks - DateTimeOffset.UnixEpoch.Ticks) * 100;
}
