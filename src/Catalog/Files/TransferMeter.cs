namespace Vault.Catalog;

/// <summary>Counts what has gone through and tells it on, at most some times in a second. For any thread.</summary>
sealed class TransferMeter(IProgress<TransferProgress>? progress, TimeProvider time)
{
    /// <summary>Faster than an eye follows a bar, slow enough to cost nothing.</summary>
    static readonly TimeSpan between = TimeSpan.FromMilliseconds(50);

    long files, bytes, told;
    (long Files, long Bytes)? total;

    public bool IsWatched => progress != null;

    public long Files => Interlocked.Read(ref files);

    public long Bytes => Interlocked.Read(ref bytes);

    public void Expect(long totalFiles, long totalBytes) => total = (totalFiles, totalBytes);

    public void Add(long moreFiles, long moreBytes)
    {
        if (moreFiles != 0) Interlocked.Add(ref files, moreFiles);
        if (moreBytes != 0) Interlocked.Add(ref bytes, moreBytes);
        if (progress is null) return;
        long now = time.GetTimestamp(), last = Interlocked.Read(ref told);
        if (last != 0 && time.GetElapsedTime(last, now) < between) return;
        if (Interlocked.CompareExchange(ref told, now, last) == last) Tell();
    }

    public void Tell() => progress?.Report(new TransferProgress(Files, Bytes, total?.Files, total?.Bytes));
}
