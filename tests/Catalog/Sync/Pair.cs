using Vault.Primitives;

namespace Vault.Catalog.Tests;

/// <summary>Two machines over sets in memory, joined by a line that counts bytes and takes half a round trip for every message.</summary>
sealed class Pair : IDisposable
{
    public static readonly byte[] Channel = Hash32.Of("one channel"u8).ToArray();

    readonly Side primary, secondary;
    TimeSpan now;

    public Pair(MemorySet one, MemorySet other, SyncStanding? primaryStanding = null, SyncStanding? secondaryStanding = null)
    {
        primary = new Side(SyncSide.Primary, one, primaryStanding);
        secondary = new Side(SyncSide.Secondary, other, secondaryStanding);
    }

    public Side Primary => primary;
    public Side Secondary => secondary;

    /// <summary>Half round trips until nothing was on the line any more.</summary>
    public int Flights { get; private set; }

    /// <summary>Lets everything happen that is due: both sides' messages of one flight arrive together.</summary>
    public void Run()
    {
        now += TimeSpan.FromMinutes(1);
        Flights = 0;
        while (true)
        {
            List<byte[]> fromPrimary = primary.Drain(), fromSecondary = secondary.Drain();
            if (fromPrimary.Count + fromSecondary.Count == 0) return;
            if (++Flights > 500) throw new InvalidOperationException("They never come to an end.");
            foreach (byte[] message in fromPrimary) secondary.Receive(message, now, Flights);
            foreach (byte[] message in fromSecondary) primary.Receive(message, now, Flights);
        }
    }

    public Pair Begin(bool both = true)
    {
        primary.Machine.Begin();
        if (both) secondary.Machine.Begin();
        Run();
        return this;
    }

    public void Dispose()
    {
        primary.Dispose();
        secondary.Dispose();
    }
}

sealed class Side : IDisposable
{
    readonly SyncStanding? template;

    public Side(SyncSide side, MemorySet set, SyncStanding? template)
    {
        Set = set;
        this.template = template;
        Machine = new SyncMachine(side, Pair.Channel, Standing);
    }

    public MemorySet Set { get; }
    public SyncMachine Machine { get; }
    public List<SyncResult> Results { get; } = [];
    public List<SyncOutput.RolledBack> RolledBack { get; } = [];

    public long BytesSent { get; private set; }
    public long RecordBytesSent { get; private set; }
    public long RecordsReceived { get; private set; }
    public List<string> Messages { get; } = [];

    /// <summary>In which flight the last record arrived, and in which this side's last question was answered.</summary>
    public int LastRecordAt { get; private set; }
    public int LastOtherAt { get; private set; }

    /// <summary>What merging does with a leaf; by default it goes into the set.</summary>
    public Action<MemorySet, Leaf> Merge { get; set; } = (set, leaf) => set.Add(leaf);

    /// <summary>Is called when everything is merged, before the machine hears of it.</summary>
    public Action? BeforeSettled { get; set; }

    public bool ControlCameFirst { get; private set; } = true;
    bool filesSeen;

    SyncStanding Standing() => (template ?? new SyncStanding(null!)) with { View = Set.View() };

    public List<byte[]> Drain()
    {
        List<byte[]> messages = [];
        while (Machine.Next() is { } output)
            switch (output)
            {
                case SyncOutput.Send send:
                    messages.Add(send.Message.ToArray());
                    Account(send.Message);
                    break;
                case SyncOutput.Merge merge:
                    foreach (Leaf leaf in merge.Records.Select(Record.LeafOf))
                    {
                        filesSeen |= !leaf.IsControl;
                        ControlCameFirst &= !leaf.IsControl || !filesSeen;
                        Merge(Set, leaf);
                        RecordsReceived++;
                    }
                    break;
                case SyncOutput.Settle:
                    BeforeSettled?.Invoke();
                    Machine.Settled();
                    break;
                case SyncOutput.RolledBack rolled: RolledBack.Add(rolled); break;
                case SyncOutput.Finished finished: Results.Add(finished.Result); break;
            }
        return messages;
    }

    public void Receive(byte[] message, TimeSpan now, int flight)
    {
        SyncMessage? read = SyncCodec.Decode(message);
        if (read is SyncMessage.Records { Values.Length: > 0 }) LastRecordAt = flight;
        // What tells of the difference; the records themselves and the closing tags are none of it.
        if (read is not (SyncMessage.Records or SyncMessage.Done or SyncMessage.Need)) LastOtherAt = flight;
        Machine.Receive(message, now);
    }

    void Account(ReadOnlyMemory<byte> message)
    {
        BytesSent += message.Length;
        SyncMessage read = SyncCodec.Decode(message)!;
        Messages.Add(read.GetType().Name);
        if (read is SyncMessage.Records records) RecordBytesSent += records.Values.Sum(record => record.Length + 2);
    }

    public void Dispose() => Machine.Dispose();
}
