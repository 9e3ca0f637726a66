using System.Text;

namespace Vault.Catalog;

/// <summary>A folder that is being added: where its entries go, and where the stat cache keeps what it knows of them.</summary>
/// <param name="path">Null for the top of the vault.</param>
sealed class ImportedFolder(VaultPath? path, StatFolder stats)
{
    readonly Lock gate = new();
    Dictionary<string, string>? changedNames; // of names that were put into another form, whose that form is: two may have one

    public VaultPath? Path => path;

    public StatFolder Stats => stats;

    /// <summary>Where an entry goes in the vault; null, with the reason, where it can't.</summary>
    public VaultPath? Child(FolderHandle folder, ReadOnlySpan<byte> name, out SkipReason reason, out string detail)
    {
        reason = SkipReason.BadName;
        detail = Describe(VaultPath.FaultIn(name));
        if (detail.Length > 0) return null;
        string text = Encoding.UTF8.GetString(name), normal = PathText.Normalise(text);
        if ((path is null ? VaultPath.Parse(normal) : path.Child(normal)) is not { } child)
        {
            detail = "its path is too long for a vault";
            return null;
        }
        if (normal == text || IsFree(folder, normal, text)) return child;
        reason = SkipReason.SameName;
        detail = "its name is another's, written with other characters";
        return null;
    }

    bool IsFree(FolderHandle folder, string name, string text)
    {
        lock (gate)
            if (!(changedNames ??= []).TryAdd(name, text)) return changedNames[name] == text;
        return folder.Stat(Encoding.UTF8.GetBytes(name), out _) != 0;
    }

    static string Describe(PathFault fault) => fault switch
    {
        PathFault.None => "",
        PathFault.NotUtf8 => "its name isn't UTF-8",
        PathFault.ControlCharacter => "its name has a control character",
        PathFault.Backslash => "its name has a backslash",
        _ => "its name can't stand in a path",
    };
}
