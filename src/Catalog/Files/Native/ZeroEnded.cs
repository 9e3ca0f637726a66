namespace Vault.Catalog;

/// <summary>A name as the C library wants it. Names of a folder's entries are short; only a path from the user can be long.</summary>
static class ZeroEnded
{
    /// <summary>NAME_MAX on every Linux file system.</summary>
    public const int MaxName = 255;

    /// <summary>False for what is no single name: too long, or with a zero byte, or a slash that would lead elsewhere.</summary>
    public static bool TryWrite(ReadOnlySpan<byte> name, Span<byte> destination)
    {
        if (name.Length > MaxName || name.ContainsAny((byte)0, (byte)'/')) return false;
        name.CopyTo(destination);
        destination[name.Length] = 0;
        return true;
    }

    public static byte[]? Path(ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty || path.Contains((byte)0)) return null;
        byte[] ended = new byte[path.Length + 1];
        path.CopyTo(ended);
        return ended;
    }
}
