using System.Buffers.Binary;
using System.Text;
using Vault.Primitives;

namespace Vault.Store;

/// <summary>One step of a migration, from the version before <paramref name="To"/> to it.</summary>
/// <param name="Advance">
/// Adds to the batch the changes for the entries behind the cursor (empty at the start), as many as fit in about
/// <see cref="Schema.BatchBytes"/>, and returns the cursor to go on from; null when the step is done. It must depend on the
/// database and the cursor alone: after an interruption it is called again with the last committed cursor.
/// </param>
/// <param name="Estimate">How much there is to do, in the units of <see cref="MigrationProgress.Done"/>; for the plan and the time left.</param>
public sealed record Migration(int To, string Name, MigrationAdvance Advance, Func<IDatabase, long> Estimate);

/// <summary>Returns the new cursor, null at the end, and how many units of work the batch is.</summary>
public delegate (byte[]? Cursor, long Done) MigrationAdvance(IDatabase database, ReadOnlyMemory<byte> cursor, Batch batch);

/// <param name="Remaining">The time left, as the time so far tells; null while nothing is known.</param>
public sealed record MigrationProgress(string Name, long Done, long Total, TimeSpan? Remaining);

/// <summary>
/// The version of what a database holds, kept in the database itself, and the way from older versions to the current one. A
/// step's changes and its cursor are in one synced batch, so that a migration interrupted anywhere goes on where it was.
/// </summary>
public sealed class Schema
{
    /// <summary>What one batch of a migration should move: small enough for memory and for a short wait, large enough for speed.</summary>
    public const int BatchBytes = 1 << 20;

    /// <summary>The reserved key: two zero bytes first, which no key of a family's own may begin with.</summary>
    static readonly byte[] Key = [0, 0, .. "schema"u8];

    readonly Family family;
    readonly int current;
    readonly string program;
    readonly IReadOnlyList<Migration> migrations;

    /// <param name="family">Where the version is kept: the database's first.</param>
    /// <param name="program">This program and its version; a database made by a newer one says which.</param>
    /// <param name="migrations">One for each version behind the oldest that is still understood, in order.</param>
    public Schema(Family family, int current, string program, params IReadOnlyList<Migration> migrations)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(current);
        if (migrations.Where((step, i) => step.To != current - migrations.Count + 1 + i).Any())
            throw new ArgumentException("The migrations are not one for each version up to the current one.", nameof(migrations));
        this.family = family;
        this.current = current;
        this.program = program;
        this.migrations = migrations;
    }

    /// <summary>What <see cref="Apply"/> would do: nothing is written. Empty for a new database and for one that is up to date.</summary>
    public IReadOnlyList<MigrationProgress> Plan(IDatabase database)
    {
        State? state = Read(database);
        return state is null ? [] : [.. Steps(state).Select(step => new MigrationProgress(step.Name, 0, step.Estimate(database), null))];
    }

    /// <summary>Brings the database to the current version; a new one is only marked with it.</summary>
    public void Apply(IDatabase database, TimeProvider time, Action<MigrationProgress>? progress = null, CancellationToken stop = default)
    {
        if (Read(database) is not State state)
        {
            RequireEmpty(database);
            database.Commit(new Batch().Put(family, Key, new State(current, [], program).Encode()), Durability.Synced);
            return;
        }
        foreach (Migration step in Steps(state).ToList())
        {
            Run(step, state, database, time, progress, stop);
            state = new State(step.To, [], program);
        }
    }

    /// <summary>After a repair, which may have lost the version with other things: what has none is of the current one.</summary>
    public void Assume(IDatabase database)
    {
        if (database.Get(family, Key) is null) database.Commit(new Batch().Put(family, Key, new State(current, [], program).Encode()), Durability.Synced);
    }

    void Run(Migration step, State state, IDatabase database, TimeProvider time, Action<MigrationProgress>? progress, CancellationToken stop)
    {
        long begun = time.GetTimestamp(), done = 0, total = step.Estimate(database);
        Batch batch = new();
        for (byte[]? cursor = state.Cursor; cursor is not null;)
        {
            stop.ThrowIfCancellationRequested();
            batch.Clear();
            (cursor, long units) = step.Advance(database, cursor, batch);
            State after = cursor is null ? new State(step.To, [], program) : state with { Cursor = cursor, Program = program };
            database.Commit(batch.Put(family, Key, after.Encode()), Durability.Synced);
            done += units;
            TimeSpan? remaining = done == 0 ? null : time.GetElapsedTime(begun) * (Math.Max(0, total - done) / (double)done);
            progress?.Invoke(new MigrationProgress(step.Name, done, total, remaining));
        }
    }

    IEnumerable<Migration> Steps(State state)
    {
        if (state.Version > current)
            throw new ConfigException(
                $"the store was written by a newer version ({state.Program}, format {state.Version}); this one understands up to format {current}",
                "use that version, or a newer one; nothing was changed");
        if (state.Version < current - migrations.Count)
            throw new ConfigException(
                $"the store is of format {state.Version}, which this version can't bring up to date any more",
                "open it once with an older version of this program first");
        return migrations.Where(step => step.To > state.Version);
    }

    void RequireEmpty(IDatabase database)
    {
        using ICursor cursor = database.Range(family, default, default);
        if (cursor.MoveNext()) throw new CorruptDataException("the store holds data but no format version", "restore the data folder from a backup, or run doctor");
    }

    State? Read(IDatabase database) => database.Get(family, Key) is byte[] stored ? State.Decode(stored) : null;

    // Version (4), length of the cursor (4), cursor, the program's name in UTF-8. Little-endian.
    sealed record State(int Version, byte[] Cursor, string Program)
    {
        internal byte[] Encode()
        {
            byte[] bytes = new byte[8 + Cursor.Length + Encoding.UTF8.GetByteCount(Program)];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, Version);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), Cursor.Length);
            Cursor.CopyTo(bytes, 8);
            Encoding.UTF8.GetBytes(Program, bytes.AsSpan(8 + Cursor.Length));
            return bytes;
        }

        internal static State Decode(byte[] bytes)
        {
            int cursor = bytes.Length < 8 ? -1 : BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(4));
            if (cursor < 0 || cursor > bytes.Length - 8) throw new CorruptDataException("the store's format version is damaged");
            return new State(BinaryPrimitives.ReadInt32LittleEndian(bytes), bytes[8..(8 + cursor)], Encoding.UTF8.GetString(bytes.AsSpan(8 + cursor)));
        }
    }
}
