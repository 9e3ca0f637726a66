using Xunit;

namespace Vault.Architecture.Tests;

public sealed class ReferenceTests
{
    /// <summary>Who may use whom; docs/architecture.md draws it and says why.</summary>
    static readonly Dictionary<string, string[]> allowed = new()
    {
        ["Primitives"] = [],
        ["Identity"] = ["Primitives"],
        ["Store"] = ["Primitives"],
        ["Blocks"] = ["Store", "Identity", "Primitives"],
        ["Catalog"] = ["Blocks", "Store", "Identity", "Primitives"],
        ["Libp2p"] = ["Primitives"],
        ["Swarm"] = ["Libp2p", "Blocks", "Store", "Identity", "Primitives"],
        ["Chat"] = ["Store", "Identity", "Primitives"],
        ["Host"] = ["Chat", "Swarm", "Catalog", "Libp2p", "Blocks", "Store", "Identity", "Primitives"],
    };

    static readonly IReadOnlyList<Project> projects = Project.Below("src");

    [Fact]
    public void Every_project_has_its_place_in_the_table() =>
        Assert.Equal(allowed.Keys.Order(StringComparer.Ordinal), projects.Select(project => project.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void A_project_references_exactly_what_the_table_allows() => Broken.Nowhere(
        from project in projects
        let may = allowed.GetValueOrDefault(project.Name, []).Select(name => "src/" + name).Order(StringComparer.Ordinal)
        let does = project.References.Order(StringComparer.Ordinal)
        where !may.SequenceEqual(does)
        select $"{project.File.Path} references {string.Join(", ", does)}; the table says {string.Join(", ", may)}",
        "Code that needs another project usually belongs into another project. If the arrow itself is to change, change it in the table and in docs/architecture.md too.");

    [Fact]
    public void No_project_reaches_itself()
    {
        HashSet<string> settled = [];
        while (projects.FirstOrDefault(project => !settled.Contains("src/" + project.Name) && project.References.All(settled.Contains)) is { } next) settled.Add("src/" + next.Name);
        Broken.Nowhere(projects.Where(project => !settled.Contains("src/" + project.Name)).Select(project => project.File.Path), "These projects form a circle or depend on one: take one of the references out.");
    }

    [Fact]
    public void Tests_reference_what_they_test_and_what_that_may_use() => Broken.Nowhere(
        from project in Project.Below("tests")
        where allowed.ContainsKey(project.Name)
        let may = allowed[project.Name].Append(project.Name).Select(name => "src/" + name).Append("tests/Support").Append("tests/Faults").ToHashSet()
        from reference in project.References
        // Below its own folder lies what its tests start as a process.
        where !may.Contains(reference) && !reference.StartsWith($"tests/{project.Name}/", StringComparison.Ordinal)
        select $"{project.File.Path} references {reference}",
        "A test that needs more than its project may see tests something else: move it to the project that sees both.");

    [Fact]
    public void Nothing_in_src_references_tests() => Broken.Nowhere(
        from project in projects
        from reference in project.References
        where !reference.StartsWith("src/", StringComparison.Ordinal)
        select $"{project.File.Path} references {reference}",
        "What both need belongs into src.");

    [Fact]
    public void References_are_not_passed_on() => Broken.Nowhere(
        Source.Below("", ".csproj", ".props", ".targets")
            .Where(file => file.Text.Contains("<DisableTransitiveProjectReferences>", StringComparison.Ordinal) && !file.Text.Contains("<DisableTransitiveProjectReferences>true<", StringComparison.Ordinal))
            .Select(file => file.Path),
        "A project sees only what its own file names: remove the setting and list the reference.");
}
