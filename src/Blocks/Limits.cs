// Blocks: a vault's bytes as sealed, content-addressed blocks on this machine's disk. Files are cut (Chunking/), sealed
// (Format/), compressed where it helps (Compression/), written and read as streams (Files/), stored through one checked door
// (Storage/), the large ones in files of their own (Segments/), kept for as long as something needs them (Keeping/) and mended when the disk lies (Repair/). Nothing here knows
// what a path, a record or a peer is: a file is a FileRef, a vault is a tag and a set of keys.
// Read next: Format/Block.cs (the bytes), Storage/BlockStore.cs (the door), Files/FileWriter.cs (a file's way in).

namespace Vault.Blocks;

/// <summary>The limits of this project, together. Those marked "format" are frozen: changing one makes another format.</summary>
public static class Limits
{
    /// <summary>Format. Content bytes in one leaf: what one machine must hold in memory to read any block.</summary>
    public const int MaxLeafContent = 2 << 20;

    /// <summary>Format. Children of one inner block: 64 KiB of public links.</summary>
    public const int MaxLinks = 2048;

    /// <summary>Format. A whole block: the largest leaf, or the largest inner block, with room for headers.</summary>
    public const int MaxBlock = (2 << 20) + (64 << 10);

    /// <summary>Format. Levels of inner blocks above the leaves: far more than any disk fills, and an end to any walk.</summary>
    public const int MaxLevel = 8;

    /// <summary>A session with fewer new block bytes than this is one synced commit of the database; a larger one appends to segments and ends in a flush.</summary>
    public const int LoggedCommit = 512 << 10;

    /// <summary>Bytes that may be written before the store flushes them: so much is lost of a session at most that is cut short, and writers wait at twice that.</summary>
    public const int UnflushedBytes = 32 << 20;

    /// <summary>Leaves on their way through one file writer at once, whatever number of files they are of: bounds its memory to some tens of megabytes.</summary>
    public const int LeavesInFlight = 16;

    /// <summary>Candidates that a sweep deletes under one barrier: writers wait for milliseconds, not seconds.</summary>
    public const int SweepSlice = 1000;
}
