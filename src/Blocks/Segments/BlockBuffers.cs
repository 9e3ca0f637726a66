namespace Vault.Blocks;

/// <summary>
/// Memory for blocks between disk and reader, used again and again. Unlike the runtime's shared pool it keeps no more than a
/// stated sum, whatever passed through it, and a block just over a power of two costs no double.
/// </summary>
sealed class BlockBuffers
{
    /// <summary>Kept while nobody uses them: what two readers on all cores of a small machine have in hand.</summary>
    const int MostKept = 16 << 20;

    /// <summary>Smaller arrays are made anew: the runtime is quick with them.</summary>
    const int WorthKeeping = 16 << 10;

    static readonly int[] sizes = [64 << 10, 256 << 10, 512 << 10, 1 << 20, Limits.MaxBlock];

    readonly Lock gate = new();
    readonly Stack<byte[]>[] free = [.. sizes.Select(_ => new Stack<byte[]>())];
    int kept;

    /// <summary>At least so long.</summary>
    public byte[] Rent(int length)
    {
        if (length < WorthKeeping) return new byte[length];
        int fitting = Array.FindIndex(sizes, size => size >= length);
        ArgumentOutOfRangeException.ThrowIfNegative(fitting, nameof(length));
        lock (gate)
        {
            if (free[fitting].TryPop(out byte[]? used))
            {
                kept -= used.Length;
                return used;
            }
        }
        return GC.AllocateUninitializedArray<byte>(sizes[fitting]);
    }

    public void Return(byte[] buffer)
    {
        int fitting = Array.IndexOf(sizes, buffer.Length);
        if (fitting < 0) return;
        lock (gate)
        {
            if (kept + buffer.Length > MostKept) return;
            kept += buffer.Length;
            free[fitting].Push(buffer);
        }
    }
}
