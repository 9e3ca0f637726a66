namespace Vault.Swarm;

/// <summary>What a device has sent of a vault since the start, to everybody.</summary>
public sealed class ServedBlocks
{
    long blocks, bytes;

    public long Blocks => Interlocked.Read(ref blocks);
    public long Bytes => Interlocked.Read(ref bytes);

    internal void Add(int length)
    {
        Interlocked.Increment(ref blocks);
        Interlocked.Add(ref bytes, length);
    }
}
