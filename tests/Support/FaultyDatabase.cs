using Vault.Primitives;
using Vault.Store;

namespace Vault.Tests.Support;

/// <summary>Which operations of a <see cref="FaultyDatabase"/> go wrong, and how. Operations are counted from 0, each kind by itself.</summary>
public sealed record FaultPlan
{
    /// <summary>This commit throws and changes nothing.</summary>
    public int? CommitLost { get; init; }

    /// <summary>This commit is applied, and throws all the same: what a power cut between log and answer looks like.</summary>
    public int? CommitUnanswered { get; init; }

    /// <summary>From this commit on, commits and flushes find the disk full, until <see cref="FaultyDatabase.MakeRoom"/>.</summary>
    public int? FullFrom { get; init; }

    public int? FlushFails { get; init; }

    /// <summary>This read gives a value with one bit flipped.</summary>
    public int? ReadFlipped { get; init; }

    /// <summary>This read throws <see cref="CorruptDataException"/>.</summary>
    public int? ReadCorrupt { get; init; }

    /// <summary>One fault, somewhere in the first <paramref name="operations"/>.</summary>
    public static FaultPlan Random(RandomSource random, int operations)
    {
        int n = random.Below(operations);
        return random.Below(6) switch
        {
            0 => new FaultPlan { CommitLost = n },
            1 => new FaultPlan { CommitUnanswered = n },
            2 => new FaultPlan { FullFrom = n },
            3 => new FaultPlan { FlushFails = n },
            4 => new FaultPlan { ReadFlipped = n },
            _ => new FaultPlan { ReadCorrupt = n },
        };
    }
}

/// <summary>A database that fails as planned; without a plan it is the inner one.</summary>
public sealed class FaultyDatabase(IDatabase inner, FaultPlan? plan = null) : IDatabase
{
    int commits, flushes, reads, full;

    public FaultPlan Plan { get; set; } = plan ?? new FaultPlan();

    public int Commits => commits;

    public void MakeRoom()
    {
        Plan = Plan with { FullFrom = null };
        full = 0;
    }

    public byte[]? Get(Family family, ReadOnlySpan<byte> key, ISnapshot? at = null) => Read(inner.Get(family, key, at));

    public StoredValue? Find(Family family, ReadOnlySpan<byte> key)
    {
        StoredValue? found = inner.Find(family, key);
        if (found is null || (Plan.ReadCorrupt is null && Plan.ReadFlipped is null)) return found;
        using (found) return new Copy(Read(found.Span.ToArray())!);
    }

    byte[]? Read(byte[]? value)
    {
        if (value is null) return null;
        int n = Interlocked.Increment(ref reads) - 1;
        if (n == Plan.ReadCorrupt) throw new CorruptDataException($"read {n} fails as planned");
        if (n == Plan.ReadFlipped && value.Length > 0) value[value.Length / 2] ^= 1;
        return value;
    }

    public void Commit(Batch batch, Durability durability)
    {
        int n = Interlocked.Increment(ref commits) - 1;
        if (n >= Plan.FullFrom) full = 1;
        ThrowIfFull();
        if (n == Plan.CommitLost) throw new StoreException($"commit {n} is lost as planned");
        inner.Commit(batch, durability);
        if (n == Plan.CommitUnanswered) throw new StoreException($"commit {n} goes unanswered as planned");
    }

    public void Flush()
    {
        int n = Interlocked.Increment(ref flushes) - 1;
        ThrowIfFull();
        if (n == Plan.FlushFails) throw new StoreException($"flush {n} fails as planned");
        inner.Flush();
    }

    void ThrowIfFull()
    {
        if (Volatile.Read(ref full) == 1) throw new StoreException("the disk is full, as planned");
    }

    public ISnapshot Snapshot() => inner.Snapshot();
    public ICursor Range(Family family, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, ISnapshot? at = null, bool reverse = false) => inner.Range(family, from, to, at, reverse);
    public void Compact(Family family, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) => inner.Compact(family, from, to);
    public void Checkpoint(string folder) => inner.Checkpoint(folder);
    public void Dispose() => inner.Dispose();

    sealed class Copy(byte[] value) : StoredValue
    {
        public override ReadOnlySpan<byte> Span => value;
        public override void Dispose() { }
    }
}
