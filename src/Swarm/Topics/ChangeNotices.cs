using Vault.Identity;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>
/// Tells the members of a vault that something was changed here: the new root, nothing else. Who is on a stream with this device
/// has the records already; a notice reaches those who get them from somebody else, and makes them compare when they still haven't
/// got them a moment later. A notice is a hint: it makes nobody believe anything.
/// </summary>
public sealed class ChangeNotices : IDisposable
{
    const byte Version = 1;

    /// <summary>Between two notices of one device, and from hearing one to looking whether its records have come.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1), Patience = TimeSpan.FromSeconds(0.5);

    /// <summary>Between two comparisons that notices cause: whatever members say, a comparison is what it costs.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    readonly VaultTopic topic;
    readonly Func<Hash32> root;
    readonly Action compare;
    readonly TimeProvider time;
    readonly ITimer telling, looking;
    readonly Lock gate = new();
    Hash32? heard; // waits to be looked at
    long? told, compared;
    bool hasNews;

    /// <param name="topic">Owned from now on.</param>
    /// <param name="compare">Begins a comparison with those who are on a stream.</param>
    public ChangeNotices(VaultTopic topic, Func<Hash32> root, Action compare, TimeProvider time)
    {
        (this.topic, this.root, this.compare, this.time) = (topic, root, compare, time);
        telling = time.CreateTimer(_ => Tell(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        looking = time.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        topic.Received += Hear;
    }

    /// <summary>Something was changed here, and is durable.</summary>
    public void Changed()
    {
        lock (gate)
        {
            if (hasNews) return;
            hasNews = true;
            telling.Change(Left(told, Pause), Timeout.InfiniteTimeSpan);
        }
    }

    public void Recheck() => topic.Recheck();

    void Tell()
    {
        lock (gate)
        {
            hasNews = false;
            told = time.GetTimestamp();
        }
        byte[] notice = new byte[1 + Hash32.Size];
        notice[0] = Version;
        root().CopyTo(notice.AsSpan(1));
        topic.Publish(notice);
    }

    void Hear(Member member, ReadOnlyMemory<byte> payload)
    {
        if (payload.Length != 1 + Hash32.Size || payload.Span[0] != Version) return; // of a later version
        Hash32 theirs = new(payload.Span[1..]);
        if (theirs == root()) return;
        lock (gate)
        {
            bool waits = heard is not null;
            heard = theirs;
            if (waits) return;
            TimeSpan rest = Left(compared, Rest);
            looking.Change(rest > Patience ? rest : Patience, Timeout.InfiniteTimeSpan);
        }
    }

    void Look()
    {
        Hash32? theirs;
        lock (gate)
        {
            (theirs, heard) = (heard, null);
            if (theirs is null || theirs == root()) return;
            compared = time.GetTimestamp();
        }
        compare();
    }

    TimeSpan Left(long? since, TimeSpan pause)
    {
        if (since is not { } begin) return TimeSpan.Zero;
        TimeSpan left = pause - time.GetElapsedTime(begin);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    public void Dispose()
    {
        topic.Received -= Hear;
        telling.Dispose();
        looking.Dispose();
        topic.Dispose();
    }
}
