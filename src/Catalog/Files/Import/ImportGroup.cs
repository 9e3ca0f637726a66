using Vault.Blocks;

namespace Vault.Catalog;

/// <summary>What a file looked like on this machine, to be noted once the record that it became is durable.</summary>
readonly record struct StatNote(StatFolder Folder, byte[] Name, FileStat Stat);

/// <summary>
/// Files that become durable together: their blocks in one write session, then their records in one commit. Workers enter it
/// for the length of a file; when it is full it is closed, and the last one to leave hands it on.
/// </summary>
sealed class ImportGroup(WriteSession session, long began)
{
    readonly Lock gate = new();
    readonly List<(Edit.Put Edit, StatNote? Note, SourceStamp? Source)> edits = [];
    readonly List<(StatNote Note, Leaf Leaf)> known = [];
    readonly TaskCompletionSource empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int inside;
    bool closed;

    public WriteSession Session => session;

    /// <summary>When its first file came, by the clock that only goes forward.</summary>
    public long Began => began;

    public int Count { get; private set; }

    public long Bytes { get; private set; }

    public IReadOnlyList<(Edit.Put Edit, StatNote? Note, SourceStamp? Source)> Edits => edits;

    /// <summary>What turned out to stand in the catalog already.</summary>
    public IReadOnlyList<(StatNote Note, Leaf Leaf)> Known => known;

    /// <summary>Done when it is closed and nobody is inside.</summary>
    public Task Empty => empty.Task;

    public bool TryEnter()
    {
        lock (gate)
        {
            if (closed) return false;
            inside++;
            return true;
        }
    }

    public void Leave(long bytes)
    {
        lock (gate)
        {
            inside--;
            Count++;
            Bytes += bytes;
            if (closed && inside == 0) empty.SetResult();
        }
    }

    /// <summary>False when somebody else has closed it.</summary>
    public bool TryClose()
    {
        lock (gate)
        {
            if (closed) return false;
            closed = true;
            if (inside == 0) empty.SetResult();
            return true;
        }
    }

    public void Put(Edit.Put edit, StatNote? note, SourceStamp? source = null)
    {
        lock (gate) edits.Add((edit, note, source));
    }

    public void Note(StatNote note, Leaf leaf)
    {
        lock (gate) known.Add((note, leaf));
    }
}
