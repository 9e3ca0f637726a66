using System.Reflection;

namespace Vault.Host;

static class VersionText
{
    /// <summary>The version of Directory.Build.props; the commit that the compiler may append is not part of it.</summary>
    public static string Line { get; } = "vault " + typeof(VersionText).Assembly.GetName().Version!.ToString(3);
}
