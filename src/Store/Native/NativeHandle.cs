using System.Runtime.InteropServices;

namespace Vault.Store.Native;

/// <summary>
/// Owns one native object. What was made from a database (an iterator, a snapshot) keeps the database's handle alive until it
/// is itself released, so that no order of disposing, no double dispose and no forgotten dispose can touch freed memory: a
/// database is really closed when its handle and everything made from it are gone. What was forgotten goes with the finalizer.
/// </summary>
sealed class NativeHandle : SafeHandle
{
    readonly Action<nint> destroy;
    readonly NativeHandle? owner;

    internal NativeHandle(nint pointer, Action<nint> destroy, NativeHandle? owner = null) : base(0, ownsHandle: true)
    {
        this.destroy = destroy;
        bool added = false;
        owner?.DangerousAddRef(ref added);
        this.owner = owner;
        SetHandle(pointer);
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>The pointer for the length of a call; throws <see cref="ObjectDisposedException"/> once disposed.</summary>
    internal Use Borrow() => new(this);

    protected override bool ReleaseHandle()
    {
        destroy(handle);
        owner?.DangerousRelease();
        return true;
    }

    internal readonly ref struct Use
    {
        readonly NativeHandle handle;

        internal Use(NativeHandle handle)
        {
            bool added = false;
            handle.DangerousAddRef(ref added);
            this.handle = handle;
        }

        internal nint Pointer => handle.DangerousGetHandle();

        public void Dispose() => handle.DangerousRelease();
    }
}
