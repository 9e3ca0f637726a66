using System.Collections.Concurrent;

namespace Vault.Blocks;

/// <summary>
/// A fixed number of buffers, each large enough for any leaf, over all files of a writer: who wants one more waits. (The shared
/// pool of arrays keeps many of each size for ever, which came to a hundred megabytes.)
/// </summary>
sealed class LeafBuffers(int size, int count) : IDisposable
{
    readonly SemaphoreSlim places = new(count);
    readonly ConcurrentBag<byte[]> idle = [];

    public async ValueTask<byte[]> RentAsync(CancellationToken stop)
    {
        await places.WaitAsync(stop);
        return idle.TryTake(out byte[]? buffer) ? buffer : GC.AllocateUninitializedArray<byte>(size);
    }

    public void Return(byte[] buffer)
    {
        idle.Add(buffer);
        places.Release();
    }

    public void Dispose() => places.Dispose();
}
