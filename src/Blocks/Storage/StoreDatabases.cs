using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Blocks;

/// <summary>How the two databases under a data folder are opened: block bytes, and everything that refers to them.</summary>
public static class StoreDatabases
{
    public const string BlocksFolder = "blocks";
    public const string MetaFolder = "meta";

    /// <summary>The family of <c>meta/</c> in which what concerns the whole store is kept.</summary>
    public static Family MetaDefault => StoreKeys.MetaFamilies[0];

    /// <summary>2: blocks may lie in segments. What format 1 has stays as it is; only its programs must not open it any more.</summary>
    const int BlocksFormat = 2, MetaFormat = 1;
    const string Program = "vault 0.1";

    public static Schema BlocksSchema { get; } = new(StoreKeys.Blocks, BlocksFormat, Program, new Migration(2, "segments", static (_, _, _) => (null, 0), static _ => 0));
    public static Schema MetaSchema { get; } = new(MetaDefault, MetaFormat, Program);

    /// <summary>Two of these are all the memory that small commits and the index may take before they are in tables.</summary>
    const long BlocksBuffer = 24 << 20;
    const long MetaBuffer = 4L << 20;

    /// <summary>Smaller values stay among the keys: a blob file entry costs a read of its own.</summary>
    const long LeastBlob = 4 << 10;

    /// <summary>Larger than one flush of a buffer, so that it makes one file.</summary>
    const long BlobFile = 64L << 20;

    public static DatabaseOptions Blocks(string dataFolder, StoreMemory memory) => new()
    {
        Path = Path.Combine(dataFolder, BlocksFolder),
        Families = [StoreKeys.Blocks],
        Memory = memory,
        WriteBufferBytes = BlocksBuffer,
        Blobs = new BlobOptions(LeastBlob, BlobFile),
    };

    /// <param name="families">What other parts keep beside the pins.</param>
    public static DatabaseOptions Meta(string dataFolder, StoreMemory memory, params IEnumerable<Family> families) => new()
    {
        Path = Path.Combine(dataFolder, MetaFolder),
        Families = [.. StoreKeys.MetaFamilies, .. families],
        Memory = memory,
        WriteBufferBytes = MetaBuffer,
        // What a vault has at one position, or on one root: for most new files nothing, twice.
        PrefixBytes = VaultTag.Size + Hash32.Size,
    };
}
