using System.Runtime.InteropServices;
using Vault.Primitives;
using Vault.Store.Native;

namespace Vault.Store;

sealed unsafe class RocksValue(nint slice, NativeHandle database) : StoredValue
{
    readonly NativeHandle handle = new(slice, Rocks.rocksdb_pinnableslice_destroy, database);

    public override ReadOnlySpan<byte> Span
    {
        get
        {
            using NativeHandle.Use use = handle.Borrow();
            nuint length;
            byte* value = Rocks.rocksdb_pinnableslice_value(use.Pointer, &length);
            return new ReadOnlySpan<byte>(value, checked((int)length));
        }
    }

    public override void Dispose() => handle.Dispose();
}

sealed class RocksSnapshot : ISnapshot
{
    readonly NativeHandle handle;

    internal RocksSnapshot(NativeHandle database, nint pointer)
    {
        Database = database;
        nint snapshot = Rocks.rocksdb_create_snapshot(pointer);
        handle = new NativeHandle(snapshot, it => Rocks.rocksdb_release_snapshot(pointer, it), database);
        Read = RocksDatabase.ReadOptions();
        using NativeHandle.Use use = Read.Borrow();
        Rocks.rocksdb_readoptions_set_snapshot(use.Pointer, snapshot);
    }

    internal NativeHandle Database { get; }
    internal NativeHandle Handle => handle;

    /// <summary>For reads at this snapshot; borrowing it fails once the snapshot is disposed.</summary>
    internal NativeHandle Read { get; }

    public void Dispose()
    {
        Read.Dispose();
        handle.Dispose();
    }
}

sealed unsafe class RocksCursor : ICursor
{
    readonly NativeHandle iterator;
    readonly string path;
    readonly bool reverse;
    State state;

    enum State { Before, At, After }

    internal RocksCursor(NativeHandle database, string path, nint family, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, int prefixBytes, RocksSnapshot? at, bool reverse)
    {
        this.path = path;
        this.reverse = reverse;
        if (!to.IsEmpty && from.SequenceCompareTo(to) >= 0) state = State.After;
        using NativeHandle.Use db = database.Borrow();
        nint options = Rocks.rocksdb_readoptions_create();
        Rocks.rocksdb_readoptions_set_verify_checksums(options, 1);
        // Only within one prefix may the filters be asked: what they know of others isn't in order.
        bool one = !reverse && prefixBytes > 0 && HaveOnePrefix(from, to, prefixBytes);
        Rocks.rocksdb_readoptions_set_total_order_seek(options, one ? (byte)0 : (byte)1);
        Rocks.rocksdb_readoptions_set_prefix_same_as_start(options, one ? (byte)1 : (byte)0);
        // RocksDB keeps pointers to the bounds and to the options: both must live as long as the iterator.
        byte* bounds = (byte*)NativeMemory.Alloc((nuint)(from.Length + to.Length));
        from.CopyTo(new Span<byte>(bounds, from.Length));
        to.CopyTo(new Span<byte>(bounds + from.Length, to.Length));
        if (!from.IsEmpty) Rocks.rocksdb_readoptions_set_iterate_lower_bound(options, bounds, (nuint)from.Length);
        if (!to.IsEmpty) Rocks.rocksdb_readoptions_set_iterate_upper_bound(options, bounds + from.Length, (nuint)to.Length);
        nint native;
        if (at is null)
            native = Rocks.rocksdb_create_iterator_cf(db.Pointer, options, family);
        else
            using (NativeHandle.Use snapshot = at.Handle.Borrow())
            {
                Rocks.rocksdb_readoptions_set_snapshot(options, snapshot.Pointer);
                native = Rocks.rocksdb_create_iterator_cf(db.Pointer, options, family);
            }
        nint memory = (nint)bounds;
        iterator = new NativeHandle(native, it =>
        {
            Rocks.rocksdb_iter_destroy(it);
            Rocks.rocksdb_readoptions_destroy(options);
            NativeMemory.Free((void*)memory);
        }, at is null ? database : at.Handle);
    }

    public bool MoveNext()
    {
        using NativeHandle.Use use = iterator.Borrow();
        switch (state)
        {
            case State.After: return false;
            case State.Before when reverse: Rocks.rocksdb_iter_seek_to_last(use.Pointer); break;
            case State.Before: Rocks.rocksdb_iter_seek_to_first(use.Pointer); break;
            case State.At when reverse: Rocks.rocksdb_iter_prev(use.Pointer); break;
            case State.At: Rocks.rocksdb_iter_next(use.Pointer); break;
        }
        state = Rocks.rocksdb_iter_valid(use.Pointer) != 0 ? State.At : State.After;
        if (state == State.At) return true;
        byte* error = null;
        Rocks.rocksdb_iter_get_error(use.Pointer, &error);
        try
        {
            Rocks.Check(error, path);
        }
        catch (CorruptDataException damage)
        {
            throw DamageNote.Write(path, damage);
        }
        return false;
    }

    public ReadOnlySpan<byte> Key
    {
        get
        {
            using NativeHandle.Use use = BorrowAtEntry();
            nuint length;
            byte* key = Rocks.rocksdb_iter_key(use.Pointer, &length);
            return new ReadOnlySpan<byte>(key, checked((int)length));
        }
    }

    public ReadOnlySpan<byte> Value
    {
        get
        {
            using NativeHandle.Use use = BorrowAtEntry();
            nuint length;
            byte* value = Rocks.rocksdb_iter_value(use.Pointer, &length);
            return new ReadOnlySpan<byte>(value, checked((int)length));
        }
    }

    public void Dispose() => iterator.Dispose();

    /// <summary>Whether all keys of a range begin with the same bytes: its end does too, or is the first key that doesn't.</summary>
    internal static bool HaveOnePrefix(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, int length)
    {
        if (from.Length < length || to.IsEmpty) return false;
        ReadOnlySpan<byte> prefix = from[..length];
        if (to.StartsWith(prefix)) return true;
        int last = length - 1;
        while (last >= 0 && prefix[last] == 0xFF) last--; // where the counting up to the next prefix carries to
        return last >= 0 && to.Length == last + 1 && to[..last].SequenceEqual(prefix[..last]) && to[last] == prefix[last] + 1;
    }

    NativeHandle.Use BorrowAtEntry()
    {
        NativeHandle.Use use = iterator.Borrow();
        if (state == State.At) return use;
        use.Dispose();
        throw new InvalidOperationException("The cursor is not at an entry.");
    }
}
