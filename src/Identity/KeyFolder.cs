using System.Security.Cryptography;
using Vault.Primitives;

namespace Vault.Identity;

/// <summary>
/// The folder in which a device keeps its secrets, and under which passphrase, if any. The passphrase is borrowed. To change it,
/// load everything through a folder with the old one and save it through a folder with the new one.
/// </summary>
public sealed class KeyFolder(string path, RandomSource random, SecretBytes? passphrase = null, KeyStretch? stretch = null)
{
    readonly List<string> warnings = [];

    /// <summary>What was found amiss and put right, in words for the user.</summary>
    public IReadOnlyList<string> Warnings => warnings;

    /// <summary>Whether anything in the folder can only be read with its passphrase.</summary>
    public static bool IsSealed(string path) =>
        Directory.Exists(path) && Directory.EnumerateFiles(path, "*.key").Any(file => DurableFile.Read(file, KeyFile.MaxSize) is { } bytes && KeyFile.IsSealed(bytes));

    internal RandomSource Random => random;

    internal string PathOf(string name) => Path.Combine(path, name);

    /// <summary>Null when there is no such file.</summary>
    internal SecretBytes? Read(string name, KeyFileKind kind)
    {
        string file = PathOf(name);
        if (DurableFile.Read(file, KeyFile.MaxSize) is not { } bytes) return null;
        try
        {
            if (DurableFile.Tighten(file) is { } warning) warnings.Add(warning);
            if (passphrase != null && !KeyFile.IsSealed(bytes)) warnings.Add($"{file} isn't sealed under the passphrase");
            return KeyFile.Open(kind, bytes, passphrase, file);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    internal void Write(string name, KeyFileKind kind, ReadOnlySpan<byte> payload, bool replace)
    {
        DurableFolder.Create(path);
        byte[] bytes = passphrase == null
            ? KeyFile.Encode(kind, payload)
            : KeyFile.Seal(kind, payload, passphrase, stretch ?? KeyStretch.Default, random);
        DurableFile.Write(PathOf(name), bytes, replace);
        CryptographicOperations.ZeroMemory(bytes);
    }
}
