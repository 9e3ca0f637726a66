namespace Vault.Catalog;

/// <summary>What the last comparison cost this side, as it was when it ended.</summary>
/// <param name="RoundTrips">How often this side had spoken and then waited for an answer.</param>
/// <param name="BytesSent">On the stream, after compression.</param>
public sealed record SyncCost(SyncResult Result, int RoundTrips, long BytesSent, long BytesReceived)
{
    public TimeSpan Took { get; init; }
}

/// <summary>Counts messages as they pass, from the beginning of a comparison to its end.</summary>
sealed class SyncMeter(TimeProvider time)
{
    long begun = time.GetTimestamp();
    int roundTrips;
    long sent, received;
    bool spoke;

    public void Begin() => (begun, roundTrips, sent, received, spoke) = (time.GetTimestamp(), 0, 0, 0, false);

    public void Sent(int bytes)
    {
        sent += bytes;
        spoke = true;
    }

    public void Received(int bytes)
    {
        received += bytes;
        if (spoke) roundTrips++;
        spoke = false;
    }

    public SyncCost End(SyncResult result) => new(result, roundTrips, sent, received) { Took = time.GetElapsedTime(begun) };
}
