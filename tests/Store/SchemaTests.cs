using System.Buffers.Binary;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Store.Tests;

public sealed class SchemaTests
{
    const int Entries = 100, PerBatch = 7;
    static readonly Family Main = new("main");

    static byte[] Key(int n) => [(byte)'e', (byte)n];

    /// <summary>Two steps that don't commute: each adds or doubles what every entry holds, which doing twice would show.</summary>
    static Schema Current => new(Main, 3, "vault 3.0", Step(2, "add one", n => n + 1), Step(3, "double", n => n * 2));

    static Migration Step(int to, string name, Func<int, int> change) => new(to, name, (database, cursor, batch) =>
    {
        using ICursor entries = database.Range(Main, cursor.IsEmpty ? Key(0) : cursor.Span, "f"u8);
        for (int done = 0; done < PerBatch; done++)
        {
            if (!entries.MoveNext()) return (null, done);
            byte[] value = new byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(value, change(BinaryPrimitives.ReadInt32LittleEndian(entries.Value)));
            batch.Put(Main, entries.Key.ToArray(), value);
            if (done == PerBatch - 1) return ([.. entries.Key, 0], PerBatch);
        }
        throw new InvalidOperationException();
    }, _ => Entries);

    static MemoryDatabase Old()
    {
        MemoryDatabase database = new(Main);
        new Schema(Main, 1, "vault 1.0").Apply(database, TimeProvider.System);
        Batch batch = new();
        for (int n = 0; n < Entries; n++) batch.Put(Main, Key(n), BitConverter.GetBytes(n));
        database.Commit(batch, Durability.Synced);
        return database;
    }

    static List<string> All(MemoryDatabase database)
    {
        using ICursor cursor = database.Range(Main, default, default);
        List<string> entries = [];
        while (cursor.MoveNext()) entries.Add($"{Convert.ToHexString(cursor.Key)}={Convert.ToHexString(cursor.Value)}");
        return entries;
    }

    [Fact]
    public void A_new_database_is_marked_with_the_current_version()
    {
        using MemoryDatabase database = new(Main);
        Assert.Empty(Current.Plan(database));
        Current.Apply(database, TimeProvider.System);
        Assert.Single(All(database));
        Assert.Empty(Current.Plan(database));
        using MemoryDatabase survivor = database.PowerCut();
        Assert.Single(All(survivor));
    }

    [Fact]
    public void An_older_one_is_brought_up_step_by_step_and_the_plan_changes_nothing()
    {
        using MemoryDatabase database = Old();
        List<string> before = All(database);
        Assert.Equal(["add one", "double"], Current.Plan(database).Select(step => step.Name));
        Assert.Equal(before, All(database));
        List<MigrationProgress> progress = [];
        Current.Apply(database, TimeProvider.System, progress.Add);
        for (int n = 0; n < Entries; n++) Assert.Equal((n + 1) * 2, BitConverter.ToInt32(database.Get(Main, Key(n))));
        Assert.Equal(Entries, progress[^1].Done);
        Assert.Equal(TimeSpan.Zero, progress[^1].Remaining);
        Assert.Empty(Current.Plan(database));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Interrupted_at_any_commit_it_ends_the_same(bool lost)
    {
        using MemoryDatabase undisturbed = Old();
        using FaultyDatabase counted = new(undisturbed);
        Current.Apply(counted, TimeProvider.System);
        for (int n = 0; n < counted.Commits; n++)
        {
            using MemoryDatabase database = Old();
            using FaultyDatabase faulty = new(database, lost ? new FaultPlan { CommitLost = n } : new FaultPlan { CommitUnanswered = n });
            Assert.Throws<StoreException>(() => Current.Apply(faulty, TimeProvider.System));
            using MemoryDatabase afterPowerCut = database.PowerCut();
            Current.Apply(afterPowerCut, TimeProvider.System);
            Assert.Equal(All(undisturbed), All(afterPowerCut));
        }
    }

    [Fact]
    public void Interrupted_again_and_again_it_still_gets_there() => Seed.Check(LongRun.Cases(50, 2000), random =>
    {
        using MemoryDatabase undisturbed = Old();
        Current.Apply(undisturbed, TimeProvider.System);
        MemoryDatabase database = Old();
        for (bool done = false; !done;)
        {
            FaultyDatabase faulty = new(database, FaultPlan.Random(random, 6) with { ReadFlipped = null, ReadCorrupt = null });
            try
            {
                Current.Apply(faulty, TimeProvider.System);
                done = true;
            }
            catch (StoreException)
            {
                database = database.PowerCut();
            }
        }
        Assert.Equal(All(undisturbed), All(database));
    });

    [Fact]
    public void It_stops_where_it_is_told_to()
    {
        using MemoryDatabase database = Old();
        using CancellationTokenSource stop = new();
        Assert.Throws<OperationCanceledException>(() => Current.Apply(database, TimeProvider.System, _ => stop.Cancel(), stop.Token));
        Assert.Equal(2, Current.Plan(database).Count);
    }

    [Fact]
    public void A_newer_one_is_refused_with_the_name_of_what_made_it()
    {
        using MemoryDatabase database = new(Main);
        new Schema(Main, 9, "vault 9.1").Apply(database, TimeProvider.System);
        ConfigException refused = Assert.Throws<ConfigException>(() => Current.Apply(database, TimeProvider.System));
        Assert.Contains("vault 9.1", refused.Message);
        Assert.NotNull(refused.Hint);
    }

    [Fact]
    public void One_too_old_and_one_without_a_version_are_refused()
    {
        using MemoryDatabase old = Old();
        Schema far = new(Main, 5, "vault 5.0", Step(5, "only the last", n => n));
        Assert.Throws<ConfigException>(() => far.Apply(old, TimeProvider.System));
        using MemoryDatabase unmarked = new(Main);
        unmarked.Commit(new Batch().Put(Main, Key(1), default), Durability.Synced);
        Assert.Throws<CorruptDataException>(() => Current.Apply(unmarked, TimeProvider.System));
    }
}
