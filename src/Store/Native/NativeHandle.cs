using System.Runtime.InteropServices;

namespace Vault.Store.Native;

/// <summary>
/// Owns one native object. What was made from a database (an iterator, a snapshot) keeps the database's handle alive until it
/// is itself released, so that no order of disposing, no double dispose and no forgotten dispose can touch freed memory: a
/// database is really closed when its handle and everything made from it are gone. What was forgotten goes with the finalizer.
/// </summary>
sealed class NativeHandle : SafeHandle
{
    const int Retired = int.MinValue;

    readonly Action<nint> destroy;
    readonly NativeHandle? owner;
    int users; // running calls and living objects made from this one; negative once retired

    internal NativeHandle(nint pointer, Action<nint> destroy, NativeHandle? owner = null) : base(0, ownsHandle: true)
    {
        this.destroy = destroy;
        owner?.AddUser();
        this.owner = owner;
        SetHandle(pointer);
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>The pointer for the length of a call; throws <see cref="ObjectDisposedException"/> once disposed.</summary>
    internal Use Borrow()
    {
        AddUser();
        return new Use(this);
    }

    /// <summary>False once retired; throws once disposed.</summary>
    internal bool TryBorrow(out Use use)
    {
        bool added = TryAddUser();
        use = added ? new Use(this) : default;
        return added;
    }

    /// <summary>Closes the object if nobody uses it at this moment, and then nobody can any more.</summary>
    internal bool TryRetire()
    {
        if (Interlocked.CompareExchange(ref users, Retired, 0) != 0) return false;
        Dispose();
        return true;
    }

    protected override bool ReleaseHandle()
    {
        destroy(handle);
        owner?.RemoveUser();
        return true;
    }

    void AddUser() => ObjectDisposedException.ThrowIf(!TryAddUser(), this);

    bool TryAddUser()
    {
        for (int seen = Volatile.Read(ref users); ;)
        {
            if (seen < 0) return false;
            int before = Interlocked.CompareExchange(ref users, seen + 1, seen);
            if (before == seen) break;
            seen = before;
        }
        bool added = false;
        try
        {
            DangerousAddRef(ref added);
        }
        finally
        {
            if (!added) Interlocked.Decrement(ref users);
        }
        return true;
    }

    void RemoveUser()
    {
        Interlocked.Decrement(ref users);
        DangerousRelease();
    }

    internal readonly ref struct Use(NativeHandle handle)
    {
        internal nint Pointer => handle.DangerousGetHandle();

        public void Dispose() => handle.RemoveUser();
    }
}
