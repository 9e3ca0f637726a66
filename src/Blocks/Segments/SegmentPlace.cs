namespace Vault.Blocks;

/// <summary>Where in the segments a block's bytes begin.</summary>
public readonly record struct SegmentPlace(uint Segment, uint Offset);
