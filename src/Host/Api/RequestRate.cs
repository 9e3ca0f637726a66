namespace Vault.Host;

/// <summary>So many requests at once, and so many a second after that: a program that has gone wild must not keep the store from everyone else.</summary>
sealed class RequestRate(int burst, int perSecond, TimeProvider time)
{
    readonly Lock gate = new();
    double left = burst;
    long counted = time.GetTimestamp();

    public bool TryTake()
    {
        lock (gate)
        {
            long now = time.GetTimestamp();
            left = Math.Min(burst, left + time.GetElapsedTime(counted, now).TotalSeconds * perSecond);
            counted = now;
            if (left < 1) return false;
            left--;
            return true;
        }
    }
}
