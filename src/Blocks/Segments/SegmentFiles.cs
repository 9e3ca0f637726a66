using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Blocks;

/// <summary>
/// The segment files of a store, numbered in one folder: bytes by place, and what concerns whole files. A file is appended to by
/// the process that made it and never again; what isn't in the index of it is garbage.
/// </summary>
public sealed partial class SegmentFiles : IDisposable
{
    public const string FolderName = "segments";

    const string Ending = ".seg";

    /// <summary>Handles kept open for reading: a few hundred megabytes of neighbours, and far from what a process may have open.</summary>
    const int MostOpen = 64;

    readonly Lock gate = new();
    readonly Dictionary<uint, SafeFileHandle> open = [];
    readonly Queue<uint> opened = new(); // in this order they are closed again
    uint last;

    /// <param name="folder">Made if it isn't there.</param>
    public SegmentFiles(string folder)
    {
        FullPath = folder;
        DurableFolder.Create(folder);
        last = Numbers().DefaultIfEmpty().Max();
    }

    public static SegmentFiles Of(string dataFolder) => new(Path.Combine(dataFolder, FolderName));

    public string FullPath { get; }

    internal BlockBuffers Buffers { get; } = new();

    public IEnumerable<uint> Numbers() => Directory.EnumerateFiles(FullPath, "*" + Ending).Select(NumberOf).OfType<uint>().Order();

    public long SizeOf(uint segment) => new FileInfo(PathOf(segment)) is { Exists: true } file ? file.Length : 0;

    /// <summary>A new file with its header, whose name is durable. The caller owns the handle.</summary>
    internal (uint Number, SafeFileHandle Handle) Create()
    {
        uint number;
        lock (gate) number = ++last;
        SafeFileHandle handle = File.OpenHandle(PathOf(number), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            RandomAccess.Write(handle, SegmentRecord.FileHeader, 0);
            DurableFolder.Sync(FullPath);
            return (number, handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Bytes at a place; null when the segment is gone or ends before them.</summary>
    internal StoredValue? Read(SegmentPlace place, int length)
    {
        byte[] bytes = Buffers.Rent(length);
        try
        {
            while (Open(place.Segment) is { } handle)
            {
                try
                {
                    if (ReadFully(handle, bytes.AsSpan(0, length), place.Offset)) return new Borrowed(Buffers, bytes, length);
                    break;
                }
                catch (ObjectDisposedException)
                {
                    // Others have opened so many meanwhile that this one was closed.
                }
            }
        }
        catch (IOException fault)
        {
            Buffers.Return(bytes);
            throw new CorruptDataException($"{PathOf(place.Segment)} can't be read at {place.Offset}: {fault.Message}", null, fault);
        }
        Buffers.Return(bytes);
        return null;
    }

    /// <summary>Every record behind a point whose header is good, in the order of the file, wherever damage left one.</summary>
    internal IEnumerable<SegmentScan.Found> Records(uint segment, long from) => new SegmentScan(PathOf(segment), segment).Records(from);

    internal void Sync(uint segment)
    {
        using SafeFileHandle handle = File.OpenHandle(PathOf(segment), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.FlushToDisk(handle);
        DurableFolder.Sync(FullPath);
    }

    /// <summary>For good. The name goes first: a reader that opened it again after it was closed would hold its space.</summary>
    internal void Delete(uint segment)
    {
        File.Delete(PathOf(segment));
        lock (gate)
            if (open.Remove(segment, out SafeFileHandle? handle)) handle.Dispose();
    }

    /// <summary>The same files once more in another folder: linked where that is on the same file system, for they don't change any more, else copied.</summary>
    internal void CopyTo(string folder)
    {
        DurableFolder.Create(folder);
        foreach (uint number in Numbers())
        {
            string to = Path.Combine(folder, Path.GetFileName(PathOf(number)));
            if (link(PathOf(number), to) == 0) continue;
            File.Copy(PathOf(number), to);
            using SafeFileHandle copy = File.OpenHandle(to, FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.FlushToDisk(copy);
        }
        DurableFolder.Sync(folder);
    }

    public long BytesOnDisk() => Numbers().Sum(SizeOf);

    string PathOf(uint segment) => Path.Combine(FullPath, segment.ToString("00000000", CultureInfo.InvariantCulture) + Ending);

    static uint? NumberOf(string path) => uint.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? number : null;

    SafeFileHandle? Open(uint segment)
    {
        lock (gate)
        {
            if (open.TryGetValue(segment, out SafeFileHandle? known)) return known;
            SafeFileHandle handle;
            try
            {
                handle = File.OpenHandle(PathOf(segment), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            }
            catch (FileNotFoundException)
            {
                return null;
            }
            while (open.Count >= MostOpen && opened.TryDequeue(out uint oldest))
                if (open.Remove(oldest, out SafeFileHandle? closing)) closing.Dispose();
            open.Add(segment, handle);
            opened.Enqueue(segment);
            return handle;
        }
    }

    static bool ReadFully(SafeFileHandle handle, Span<byte> bytes, long at)
    {
        while (bytes.Length > 0)
        {
            int read = RandomAccess.Read(handle, bytes, at);
            if (read == 0) return false;
            bytes = bytes[read..];
            at += read;
        }
        return true;
    }

    public void Dispose()
    {
        lock (gate)
        {
            foreach (SafeFileHandle handle in open.Values) handle.Dispose();
            open.Clear();
        }
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int link(string from, string to);

    sealed class Borrowed(BlockBuffers owner, byte[] bytes, int length) : StoredValue
    {
        byte[]? borrowed = bytes;

        public override ReadOnlySpan<byte> Span => (borrowed ?? throw new ObjectDisposedException(nameof(Borrowed))).AsSpan(0, length);

        public override void Dispose()
        {
            if (Interlocked.Exchange(ref borrowed, null) is { } mine) owner.Return(mine);
        }
    }
}
