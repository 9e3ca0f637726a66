// Architecture: the rules of this repository that a compiler doesn't know, checked from the files themselves: who may use
// whom (ReferenceTests), projects and packages (ProjectTests), names, sizes and native libraries (CodeTests), and the
// documents (DocumentTests). A rule stands here only if it can be broken by accident, and says what to do then.

using System.Xml.Linq;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Architecture.Tests;

/// <summary>A file of the repository: its path from the root with forward slashes, and what it says.</summary>
sealed record Source(string Path)
{
    static readonly string[] notOurs = [".git", ".build", "bin", "obj", "node_modules", "BenchmarkDotNet.Artifacts"];

    public string Text { get; } = File.ReadAllText(System.IO.Path.Combine(Repository.Root, Path));

    public string[] Lines => Text.TrimEnd('\n').Split('\n');

    public string Folder => Path.Contains('/', StringComparison.Ordinal) ? Path[..Path.LastIndexOf('/')] : "";

    public static bool Exists(string path) => System.IO.Path.Exists(System.IO.Path.Combine(Repository.Root, path));

    /// <summary>All files below a folder (the whole repository by default) whose names end so.</summary>
    public static IEnumerable<Source> Below(string folder = "", params string[] endings) =>
        Paths(System.IO.Path.Combine(Repository.Root, folder))
            .Select(path => System.IO.Path.GetRelativePath(Repository.Root, path))
            .Where(path => endings.Length == 0 || endings.Any(ending => path.EndsWith(ending, StringComparison.Ordinal)))
            .Order(StringComparer.Ordinal)
            .Select(path => new Source(path));

    static IEnumerable<string> Paths(string folder) => !Directory.Exists(folder) ? [] :
        Directory.EnumerateFiles(folder).Concat(Directory.EnumerateDirectories(folder).Where(inner => !notOurs.Contains(System.IO.Path.GetFileName(inner))).SelectMany(Paths));
}

/// <summary>A project file.</summary>
sealed record Project(Source File)
{
    public XElement Xml { get; } = XElement.Parse(File.Text);

    /// <summary>The folder's name, which is also the project's: src/Store is Store, tests/Store/Store.Tests.csproj is its tests.</summary>
    public string Name => Path.GetFileName(File.Folder);

    /// <summary>The folders of the projects it references, from the root: src/Store.</summary>
    public IReadOnlyList<string> References =>
        [.. Xml.Descendants("ProjectReference").Select(reference => Path.GetRelativePath(Repository.Root, Path.GetDirectoryName(Path.GetFullPath(Path.Combine(Repository.Root, File.Folder, reference.Attribute("Include")!.Value)))!))];

    public static IReadOnlyList<Project> Below(string folder) => [.. Source.Below(folder, ".csproj").Select(file => new Project(file))];
}

static class Broken
{
    /// <summary>Fails with every place where a rule is broken and what to do about it.</summary>
    public static void Nowhere(IEnumerable<string> places, string whatToDo)
    {
        string[] found = [.. places];
        Assert.True(found.Length == 0, string.Join('\n', found) + "\n" + whatToDo);
    }
}
