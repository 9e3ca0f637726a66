namespace Vault.Catalog;

/// <summary>What a record says of its path: its second byte. Kinds from 64 on are control records.</summary>
public enum RecordKind : byte
{
    File = 1,

    /// <summary>An empty folder, or one whose mode and time matter; a folder with something in it needs no record.</summary>
    Folder = 2,

    /// <summary>The target lies in the sealed part.</summary>
    Symlink = 3,

    /// <summary>The path was deleted. Absence says nothing; only this does.</summary>
    Tombstone = 4,
}
