using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;

namespace Vault.Catalog.Tests;

/// <summary>A device's catalog in memory, with nothing clever and nothing durable: versions by place, and what waits for its time.</summary>
sealed class Replica
{
    readonly Writers writers;
    readonly Dictionary<Hash32, IReadOnlyList<FileRecord>> heads = [];
    readonly Dictionary<Leaf, FileRecord> records = [];
    readonly Dictionary<Leaf, FileRecord> early = [];
    readonly Dictionary<string, VersionVector> looked = [];

    public Replica(Writers writers, int device, TimeSpan skew)
    {
        this.writers = writers;
        Device = device;
        Clock = new HybridClock(new SkewedTime(writers.Time, skew));
        Set = new MemorySet { RecordOf = leaf => records[leaf].Encode() };
    }

    public int Device { get; }
    public HybridClock Clock { get; }
    public MemorySet Set { get; }
    public DeviceId Id => writers.Ids[Device];

    public IEnumerable<FileRecord> Records => records.Values;
    public int Early => early.Count;

    /// <summary>Records that claimed a version of this device that it never wrote.</summary>
    public List<FileRecord> Invented { get; } = [];

    public IReadOnlyList<FileRecord> At(string path) => heads.GetValueOrDefault(writers.Sealer.PositionOf(VaultPath.Parse(path)!), []);

    public Heads? HeadsAt(string path) => At(path) is { Count: > 0 } at ? Heads.Of(at.Select(record => new Head(record, writers.Sealer.Open(record)))) : null;

    /// <summary>The user looks at a path: what is written next has seen what stands there now.</summary>
    public void Look(string path) => looked[path] = Register.Seen(At(path));

    /// <summary>Writes in the knowledge of what the user last looked at, which others may have replaced since.</summary>
    public FileRecord Write(string path, string? content)
    {
        VersionVector basis = looked.GetValueOrDefault(path, VersionVector.Empty);
        VersionVector versions = basis.With(Id, Clock.Next(after: basis.Latest));
        FileRecord record = content == null ? writers.Delete(Device, path, versions) : writers.Write(Device, path, versions, content);
        looked[path] = versions;
        Put(record);
        return record;
    }

    /// <summary>Takes in what came from elsewhere; null if the bytes are no record.</summary>
    public RecordVerdict? Receive(ReadOnlyMemory<byte> bytes)
    {
        if (FileRecord.Parse(bytes.ToArray()) is not { } record) return null;
        RecordVerdict verdict = RecordRules.Judge(record, writers.Membership);
        if (verdict != RecordVerdict.Stands) return verdict;
        if (RecordRules.IsEarly(record, Clock)) early[record.Leaf] = record;
        else Put(record);
        return verdict;
    }

    /// <summary>What waited for its time, and whose time has come.</summary>
    public void Catch()
    {
        foreach (FileRecord record in early.Values.Where(record => !RecordRules.IsEarly(record, Clock)).ToList())
        {
            early.Remove(record.Leaf);
            Put(record);
        }
    }

    void Put(FileRecord record)
    {
        Clock.Witness(record.Time);
        IReadOnlyList<FileRecord> before = heads.GetValueOrDefault(record.Position, []);
        if (OwnVersions.IsInvented(record, Id, OwnVersions.Known(before, Id))) Invented.Add(record);
        RegisterChange change = Register.Merge(before, record);
        heads[record.Position] = change.Heads;
        foreach (FileRecord gone in change.Removed)
        {
            records.Remove(gone.Leaf);
            Set.Remove(gone.Leaf);
        }
        foreach (FileRecord added in change.Added)
        {
            records.Add(added.Leaf, added);
            Set.Add(added.Leaf);
        }
    }

    /// <summary>Compares two catalogs over a line that breaks after so many flights.</summary>
    public static SyncResult? Meet(Replica one, Replica other, TimeSpan now, int flights = int.MaxValue)
    {
        using SyncMachine primary = new(SyncSide.Primary, Pair.Channel, one.Standing), secondary = new(SyncSide.Secondary, Pair.Channel, other.Standing);
        primary.Begin();
        SyncResult? result = null;
        for (int flight = 0; flight < flights; flight++)
        {
            List<byte[]> forward = one.Drain(primary, ref result), back = other.Drain(secondary, ref result);
            if (forward.Count + back.Count == 0) return result;
            foreach (byte[] message in forward) secondary.Receive(message, now);
            foreach (byte[] message in back) primary.Receive(message, now);
        }
        return null;
    }

    SyncStanding Standing() => new(Set.View(), Clock: Clock.Now.Value);

    List<byte[]> Drain(SyncMachine machine, ref SyncResult? result)
    {
        List<byte[]> messages = [];
        while (machine.Next() is { } output)
            switch (output)
            {
                case SyncOutput.Send send: messages.Add(send.Message.ToArray()); break;
                case SyncOutput.Merge merge:
                    foreach (ReadOnlyMemory<byte> record in merge.Records) Receive(record);
                    break;
                case SyncOutput.Settle: machine.Settled(); break;
                case SyncOutput.Finished finished: result = finished.Result; break;
            }
        return messages;
    }

    sealed class SkewedTime(TimeProvider time, TimeSpan skew) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + skew;
    }
}
