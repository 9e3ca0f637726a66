namespace Vault.Store;

/// <summary>
/// Changes that are applied together or not at all. It belongs to one caller at a time; several parts may add to it. Values
/// are not copied: what a <c>ReadOnlyMemory</c> shows must stay unchanged until the commit returns.
/// </summary>
public sealed class Batch
{
    readonly List<Change> changes = [];

    public IReadOnlyList<Change> Changes => changes;

    /// <summary>Keys and values together; what a commit of this batch moves.</summary>
    public long Bytes { get; private set; }

    public Batch Put(Family family, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value) => Add(new Change(ChangeKind.Put, family, key, value));

    public Batch Delete(Family family, ReadOnlyMemory<byte> key) => Add(new Change(ChangeKind.Delete, family, key, default));

    /// <summary>Deletes from <paramref name="from"/> up to but not including <paramref name="to"/>.</summary>
    public Batch DeleteRange(Family family, ReadOnlyMemory<byte> from, ReadOnlyMemory<byte> to) => Add(new Change(ChangeKind.DeleteRange, family, from, to));

    public void Clear()
    {
        changes.Clear();
        Bytes = 0;
    }

    Batch Add(Change change)
    {
        changes.Add(change);
        Bytes += change.Key.Length + change.Value.Length;
        return this;
    }
}

public enum ChangeKind { Put, Delete, DeleteRange }

/// <summary>For a range, Value is the end of the range.</summary>
public readonly record struct Change(ChangeKind Kind, Family Family, ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value);
