using System.Text;
using Vault.Store;

namespace Vault.Tests.Faults.Child;

/// <summary>The same promises made through Vault.Store: each commit puts its key into every family of the database.</summary>
public sealed class Stored : IDisposable
{
    const int CommitsPerFlush = 25;

    readonly StoreMemory memory = new(8 << 20);
    readonly RocksDatabase database;
    readonly Family[] families;

    /// <summary>Logged commits may touch several families, unlogged ones one only.</summary>
    public Stored(string folder, Durability durability)
    {
        families = durability == Durability.Unlogged ? [new Family("blocks")] : [new Family("main"), new Family("other")];
        database = RocksDatabase.Open(new DatabaseOptions
        {
            Path = folder,
            Families = families,
            Memory = memory,
            WriteBufferBytes = 64 << 10, // small, so that a short run flushes and compacts
            Blobs = new BlobOptions(MinBytes: 2048),
        });
    }

    public Opening Opening => database.Opening;

    /// <summary>Says each commit when it has the durability asked for; unlogged ones when they are flushed.</summary>
    public void Commit(Durability durability, int count, Action<string> promise)
    {
        for (int i = 0; i < count; i++)
        {
            Batch batch = new();
            foreach (Family family in families) batch.Put(family, Encoding.UTF8.GetBytes(Child.Commit.Key(i)), Child.Commit.Value(i));
            database.Commit(batch, durability);
            if (durability != Durability.Unlogged) promise(Child.Commit.Key(i));
            else if (i % CommitsPerFlush == CommitsPerFlush - 1)
            {
                database.Flush();
                for (int flushed = i - CommitsPerFlush + 1; flushed <= i; flushed++) promise(Child.Commit.Key(flushed));
            }
        }
    }

    /// <summary>In how many families commit number i is there; -1 when something else is.</summary>
    public int Copies(int i)
    {
        byte[]?[] found = [.. families.Select(family => database.Get(family, Encoding.UTF8.GetBytes(Child.Commit.Key(i))))];
        return found.All(value => value is null || value.AsSpan().SequenceEqual(Child.Commit.Value(i))) ? found.Count(value => value is not null) : -1;
    }

    public int Families => families.Length;

    public void Dispose()
    {
        database.Dispose();
        memory.Dispose();
    }
}
