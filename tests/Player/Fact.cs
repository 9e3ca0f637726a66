using System.Globalization;
using Vault.Blocks;

namespace Vault.Tests.Player;

public enum FactKind
{
    /// <summary>The file is stored and pinned and would survive a power cut.</summary>
    Durable,
    /// <summary>From here on the file may go.</summary>
    Unpinning,
    /// <summary>It is unpinned, and would stay so after a power cut.</summary>
    Unpinned,
    /// <summary>A backup in the folder of this number is complete and would survive a power cut.</summary>
    BackedUp,
}

/// <summary>What the player says on a line of its own, the moment it is true.</summary>
/// <param name="Number">Of the file, or of the backup.</param>
/// <param name="File">Only of a durable file.</param>
public readonly record struct Fact(FactKind Kind, int Number, FileRef? File = null)
{
    public override string ToString()
    {
        if (File is not { } file) return $"{Kind} {Number}";
        byte[] bytes = new byte[FileRef.EncodedSize];
        file.Write(bytes);
        return $"{Kind} {Number} {Convert.ToHexStringLower(bytes)}";
    }

    public static Fact Parse(string line)
    {
        string[] words = line.Split(' ');
        FileRef? file = words.Length > 2 ? FileRef.Read(Convert.FromHexString(words[2])) : null;
        return new Fact(Enum.Parse<FactKind>(words[0]), int.Parse(words[1], CultureInfo.InvariantCulture), file);
    }
}
