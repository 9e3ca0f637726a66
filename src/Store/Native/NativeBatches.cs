using System.Collections.Concurrent;

namespace Vault.Store.Native;

/// <summary>Native write batches for reuse: their buffers keep their capacity, which saves growing them anew for each commit.</summary>
sealed class NativeBatches : IDisposable
{
    const int MaxKept = 4;               // about as many commits meet at once
    const long MaxKeptBytes = 1 << 20;   // a larger buffer is not worth keeping idle

    readonly ConcurrentBag<NativeHandle> idle = [];

    internal NativeHandle Rent() =>
        idle.TryTake(out NativeHandle? batch) ? batch : new NativeHandle(Rocks.rocksdb_writebatch_create(), Rocks.rocksdb_writebatch_destroy);

    internal void Return(NativeHandle batch, long bytes)
    {
        if (bytes > MaxKeptBytes || idle.Count >= MaxKept)
        {
            batch.Dispose();
            return;
        }
        using (NativeHandle.Use use = batch.Borrow()) Rocks.rocksdb_writebatch_clear(use.Pointer);
        idle.Add(batch);
    }

    public void Dispose()
    {
        while (idle.TryTake(out NativeHandle? batch)) batch.Dispose();
    }
}
