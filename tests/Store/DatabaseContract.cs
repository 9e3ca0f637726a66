using System.Text;
using Xunit;

namespace Vault.Store.Tests;

/// <summary>What every database keeps, whatever it is made of.</summary>
public abstract class DatabaseContract : IDisposable
{
    protected static readonly Family A = new("a"), B = new("b");

    protected abstract IDatabase Create(params Family[] families);

    /// <summary>The same database after it was closed and opened again.</summary>
    protected abstract IDatabase Reopen(IDatabase database, params Family[] families);

    /// <summary>What another process would find if this one ended now.</summary>
    protected abstract IDatabase Kill(IDatabase database, params Family[] families);

    public virtual void Dispose() => GC.SuppressFinalize(this);

    protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected static Batch Put(Family family, params string[] keys)
    {
        Batch batch = new();
        foreach (string key in keys) batch.Put(family, Bytes(key), Bytes($"value of {key}"));
        return batch;
    }

    protected static string Keys(IDatabase database, Family family, string from = "", string to = "", ISnapshot? at = null, bool reverse = false)
    {
        using ICursor cursor = database.Range(family, Bytes(from), Bytes(to), at, reverse);
        List<string> keys = [];
        while (cursor.MoveNext())
        {
            keys.Add(Encoding.UTF8.GetString(cursor.Key));
            Assert.Equal($"value of {keys[^1]}", Encoding.UTF8.GetString(cursor.Value));
        }
        return string.Join(' ', keys);
    }

    [Fact]
    public void A_value_comes_back_and_an_absent_key_is_null()
    {
        using IDatabase database = Create(A);
        database.Commit(Put(A, "k"), Durability.Synced);
        Assert.Equal(Bytes("value of k"), database.Get(A, Bytes("k")));
        using StoredValue? found = database.Find(A, Bytes("k"));
        Assert.Equal(Bytes("value of k"), found!.Span.ToArray());
        Assert.Null(database.Get(A, Bytes("absent")));
        Assert.Null(database.Find(A, Bytes("absent")));
    }

    [Fact]
    public void Families_are_apart()
    {
        using IDatabase database = Create(A, B);
        database.Commit(new Batch().Put(A, Bytes("k"), Bytes("in a")).Put(B, Bytes("k"), Bytes("in b")), Durability.Synced);
        database.Commit(new Batch().Delete(A, Bytes("k")), Durability.Synced);
        Assert.Null(database.Get(A, Bytes("k")));
        Assert.Equal(Bytes("in b"), database.Get(B, Bytes("k")));
        Assert.Throws<ArgumentException>(() => database.Get(new Family("other"), Bytes("k")));
    }

    [Fact]
    public void A_batch_applies_its_changes_in_order()
    {
        using IDatabase database = Create(A);
        database.Commit(Put(A, "x", "y").Delete(A, Bytes("x")).DeleteRange(A, Bytes("y"), Bytes("z")).Put(A, Bytes("y"), Bytes("value of y")), Durability.Synced);
        Assert.Equal("y", Keys(database, A));
    }

    [Fact]
    public void A_batch_that_cannot_be_applied_changes_nothing()
    {
        using IDatabase database = Create(A);
        Batch batch = Put(A, "k").Put(new Family("other"), Bytes("k"), Bytes("v"));
        Assert.Throws<ArgumentException>(() => database.Commit(batch, Durability.Synced));
        Assert.Equal("", Keys(database, A));
    }

    [Fact]
    public void A_cleared_batch_can_be_used_again()
    {
        using IDatabase database = Create(A);
        Batch batch = Put(A, "first");
        database.Commit(batch, Durability.Synced);
        batch.Clear();
        Assert.Equal(0, batch.Bytes);
        database.Commit(batch.Delete(A, Bytes("first")).Put(A, Bytes("second"), Bytes("value of second")), Durability.Synced);
        Assert.Equal("second", Keys(database, A));
        database.Commit(new Batch(), Durability.Synced);
    }

    [Theory]
    [InlineData("", "", "a ab b ba c")]
    [InlineData("ab", "c", "ab b ba")]
    [InlineData("aa", "bb", "ab b ba")]
    [InlineData("d", "", "")]
    [InlineData("b", "b", "")]
    [InlineData("c", "a", "")]
    public void A_range_has_its_start_and_not_its_end(string from, string to, string expected)
    {
        using IDatabase database = Create(A);
        database.Commit(Put(A, "b", "a", "c", "ba", "ab"), Durability.Synced);
        Assert.Equal(expected, Keys(database, A, from, to));
        Assert.Equal(string.Join(' ', expected.Split(' ').Reverse()), Keys(database, A, from, to, reverse: true));
    }

    [Fact]
    public void Keys_are_bytes_in_byte_order()
    {
        using IDatabase database = Create(A);
        byte[][] keys = [[0], [0, 0], [0, 1], [0x7F], [0x80], [0xFF], [0xFF, 0], [0xFF, 0xFF]];
        Batch batch = new();
        foreach (byte[] key in keys.Reverse()) batch.Put(A, key, key);
        database.Commit(batch, Durability.Synced);
        using ICursor cursor = database.Range(A, default, default);
        foreach (byte[] key in keys)
        {
            Assert.True(cursor.MoveNext());
            Assert.Equal(key, cursor.Key.ToArray());
        }
        Assert.False(cursor.MoveNext());
        Assert.False(cursor.MoveNext());
    }

    [Fact]
    public void Values_may_be_empty_or_large()
    {
        using IDatabase database = Create(A);
        byte[] large = new byte[(1 << 20) + 17];
        new Random(1).NextBytes(large);
        database.Commit(new Batch().Put(A, Bytes("empty"), default).Put(A, Bytes("large"), large), Durability.Synced);
        Assert.Empty(database.Get(A, Bytes("empty"))!);
        using (StoredValue? empty = database.Find(A, Bytes("empty"))) Assert.Equal(0, empty!.Span.Length);
        using (StoredValue? found = database.Find(A, Bytes("large"))) Assert.True(found!.Span.SequenceEqual(large));
        using IDatabase again = Reopen(database, A);
        Assert.Equal(large, again.Get(A, Bytes("large")));
    }

    [Fact]
    public void A_snapshot_does_not_change()
    {
        using IDatabase database = Create(A);
        database.Commit(Put(A, "old", "other"), Durability.Synced);
        using ISnapshot snapshot = database.Snapshot();
        database.Commit(Put(A, "new").Delete(A, Bytes("old")).DeleteRange(A, Bytes("ot"), Bytes("p")), Durability.Synced);
        Assert.Equal("old other", Keys(database, A, at: snapshot));
        Assert.Equal("other old", Keys(database, A, at: snapshot, reverse: true));
        Assert.Equal("new", Keys(database, A));
        Assert.NotNull(database.Get(A, Bytes("old"), snapshot));
        Assert.Null(database.Get(A, Bytes("new"), snapshot));
    }

    [Fact]
    public void A_cursor_shows_what_was_there_when_it_was_opened()
    {
        using IDatabase database = Create(A);
        database.Commit(Put(A, "a", "c"), Durability.Synced);
        using ICursor cursor = database.Range(A, default, default);
        database.Commit(Put(A, "b").Delete(A, Bytes("c")), Durability.Synced);
        Assert.True(cursor.MoveNext());
        Assert.True(cursor.MoveNext());
        Assert.Equal(Bytes("c"), cursor.Key.ToArray());
    }

    [Fact]
    public void A_range_is_deleted_up_to_its_end()
    {
        using IDatabase database = Create(A);
        database.Commit(Put(A, "a", "b", "ba", "c", "d"), Durability.Synced);
        database.Commit(new Batch().DeleteRange(A, Bytes("b"), Bytes("c")).DeleteRange(A, Bytes("z"), Bytes("a")), Durability.Synced);
        Assert.Equal("a c d", Keys(database, A));
        database.Compact(A, default, default);
        Assert.Equal("a c d", Keys(database, A));
    }

    [Fact]
    public void What_was_committed_is_there_after_opening_again()
    {
        IDatabase database = Create(A, B);
        database.Commit(Put(A, "a").Put(B, Bytes("b"), Bytes("value of b")), Durability.Logged);
        using IDatabase again = Reopen(database, A, B);
        Assert.Equal("a", Keys(again, A));
        Assert.Equal("b", Keys(again, B));
    }

    [Fact]
    public void The_end_of_the_process_loses_only_unlogged_commits_since_the_last_flush()
    {
        using IDatabase database = Create(A);
        database.Commit(Put(A, "unlogged and flushed"), Durability.Unlogged);
        database.Flush();
        database.Commit(Put(A, "unlogged"), Durability.Unlogged);
        database.Commit(Put(A, "logged"), Durability.Logged);
        database.Commit(Put(A, "synced"), Durability.Synced);
        Assert.Equal("logged synced unlogged unlogged and flushed", Keys(database, A));
        using IDatabase survivor = Kill(database, A);
        Assert.Equal("logged synced unlogged and flushed", Keys(survivor, A));
    }

    [Fact]
    public void Unlogged_commits_need_a_database_of_one_family()
    {
        using IDatabase database = Create(A, B);
        Assert.Throws<InvalidOperationException>(() => database.Commit(Put(A, "k"), Durability.Unlogged));
    }

    [Fact]
    public async Task Commits_and_flushes_of_many_threads_all_arrive()
    {
        using IDatabase database = Create(A);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(() =>
        {
            for (int i = 0; i < 50; i++)
            {
                database.Commit(Put(A, $"{writer}-{i:00}"), (Durability)(i % 3));
                if (i % 10 == 0) database.Flush();
            }
        })));
        Assert.Equal(400, Keys(database, A).Split(' ').Length);
    }

    [Fact]
    public void Everything_may_be_disposed_twice_and_in_any_order()
    {
        IDatabase database = Create(A);
        database.Commit(Put(A, "k"), Durability.Synced);
        ISnapshot snapshot = database.Snapshot();
        ICursor cursor = database.Range(A, default, default, snapshot);
        StoredValue value = database.Find(A, Bytes("k"))!;
        Assert.True(cursor.MoveNext());
        database.Dispose();
        snapshot.Dispose();
        Assert.Equal(Bytes("k"), cursor.Key.ToArray()); // what was made from the database stays good
        Assert.Equal(Bytes("value of k"), value.Span.ToArray());
        cursor.Dispose();
        value.Dispose();
        cursor.Dispose();
        snapshot.Dispose();
        value.Dispose();
        database.Dispose();
    }

    [Fact]
    public void Use_after_dispose_is_refused()
    {
        IDatabase database = Create(A);
        database.Commit(Put(A, "k"), Durability.Synced);
        ISnapshot snapshot = database.Snapshot();
        ICursor cursor = database.Range(A, default, default);
        snapshot.Dispose();
        cursor.Dispose();
        Assert.Throws<ObjectDisposedException>(() => cursor.MoveNext());
        Assert.Throws<ObjectDisposedException>(() => cursor.Key.Length);
        Assert.Throws<ObjectDisposedException>(() => database.Get(A, Bytes("k"), snapshot));
        database.Dispose();
        Assert.Throws<ObjectDisposedException>(() => database.Get(A, Bytes("k")));
        Assert.Throws<ObjectDisposedException>(() => database.Find(A, Bytes("k")));
        Assert.Throws<ObjectDisposedException>(() => database.Commit(Put(A, "k"), Durability.Synced));
        Assert.Throws<ObjectDisposedException>(database.Flush);
        Assert.Throws<ObjectDisposedException>(() => database.Range(A, default, default));
        Assert.Throws<ObjectDisposedException>(database.Snapshot);
    }

    [Fact]
    public void A_cursor_is_somewhere_only_between_moves()
    {
        using IDatabase database = Create(A);
        database.Commit(Put(A, "k"), Durability.Synced);
        using ICursor cursor = database.Range(A, default, default);
        Assert.Throws<InvalidOperationException>(() => cursor.Key.Length);
        while (cursor.MoveNext()) { }
        Assert.Throws<InvalidOperationException>(() => cursor.Value.Length);
    }

    [Fact]
    public void Another_databases_snapshot_is_refused()
    {
        using IDatabase database = Create(A);
        using MemoryDatabase other = new(A);
        using ISnapshot snapshot = other.Snapshot();
        Assert.Throws<ArgumentException>(() => database.Get(A, Bytes("k"), snapshot));
    }
}
