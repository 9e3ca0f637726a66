using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace Vault.Architecture.Tests;

public sealed class ProjectTests
{
    /// <summary>Folders of tests that have no project in src, each for its reason.</summary>
    static readonly Dictionary<string, string> withoutSource = new()
    {
        ["Architecture"] = "the rules of the repository",
        ["House"] = "./vault and ./test",
        ["Faults"] = "disks and processes that fail on demand, for the tests of others",
        ["Support"] = "what test projects share; holds no tests",
        ["Simulation"] = "the whole swarm in one thread",
        ["Survival"] = "the block store on the real database, killed, cut off from power, damaged and refused the disk",
        ["Interop"] = "our node against js-libp2p",
        ["Player"] = "the program that Survival kills",
    };

    static readonly IReadOnlyList<Project> source = Project.Below("src"), tests = Project.Below("tests");

    static IEnumerable<string> InSolution => Regex.Matches(new Source("Vault.sln").Text, "\"([^\"]+\\.csproj)\"").Select(match => match.Groups[1].Value.Replace('\\', '/'));

    [Fact]
    public void Every_project_is_in_the_solution() => Broken.Nowhere(
        Project.Below("").Select(project => project.File.Path).Except(InSolution),
        "Otherwise ./test neither builds nor runs it: dotnet sln Vault.sln add PATH");

    [Fact]
    public void The_solution_lists_no_project_that_is_gone() => Broken.Nowhere(InSolution.Where(path => !Source.Exists(path)), "dotnet sln Vault.sln remove PATH");

    [Fact]
    public void Tests_mirror_the_sources() => Broken.Nowhere(
        from project in tests
        let folder = project.File.Path.Split('/')[1]
        where !source.Any(mirrored => mirrored.Name == folder) && !withoutSource.ContainsKey(folder)
        select project.File.Path,
        "There is no project of this name in src. Name the folder after what it tests, or add it to the list above with its reason.");

    [Fact]
    public void A_project_of_tests_is_named_so_that_it_is_run() => Broken.Nowhere(
        from project in tests
        let holdsTests = project.Xml.Descendants("PackageReference").Any(package => package.Attribute("Include")?.Value == "Microsoft.NET.Test.Sdk")
        where holdsTests != project.File.Path.EndsWith(".Tests.csproj", StringComparison.Ordinal)
        select project.File.Path,
        "./test runs the projects named NAME.Tests.csproj; a library that only serves tests is NAME.csproj.");

    [Fact]
    public void Versions_of_packages_stand_in_one_file() => Broken.Nowhere(
        from file in Source.Below("", ".csproj", ".props", ".targets")
        from package in XElement.Parse(file.Text).Descendants("PackageReference")
        where package.Attribute("Version") != null || package.Attribute("VersionOverride") != null || package.Element("Version") != null
        select $"{file.Path}: {package.Attribute("Include")?.Value}",
        "Put the version into Directory.Packages.props, with its reason.");

    [Fact]
    public void Every_pinned_version_has_its_reason_in_front() => Broken.Nowhere(
        from package in XElement.Parse(new Source("Directory.Packages.props").Text).Descendants("PackageVersion")
        where package.NodesBeforeSelf().LastOrDefault(node => node is not XText) is not XComment
        select $"Directory.Packages.props: {package.Attribute("Include")?.Value}",
        "Write a comment directly in front of it: what it is for and why this version.");
}
