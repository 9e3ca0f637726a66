namespace Vault.Tests.Support;

/// <summary>The other implementation that our node is held against: its packages and our scripts for it, where ./test has installed them.</summary>
public static class JsLibp2p
{
    public static string Folder { get; } = Path.Combine(Repository.Root, ".build", "js-libp2p");

    /// <summary>Why there is no js-libp2p on this machine; null when there is one.</summary>
    public static string? Missing { get; } =
        File.Exists(Path.Combine(Folder, "installed")) ? null
        : File.Exists(Path.Combine(Folder, "missing")) ? File.ReadAllText(Path.Combine(Folder, "missing")).Trim()
        : "js-libp2p isn't installed yet: ./test does that";
}
