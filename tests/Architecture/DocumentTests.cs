using System.Text.RegularExpressions;
using Xunit;

namespace Vault.Architecture.Tests;

public sealed class DocumentTests
{
    // In two parts each, so that this file doesn't break its own rule.
    static readonly string[] registries = ["nuget" + ".org", "npmjs" + ".org", "npmjs" + ".com", "yarnpkg" + ".com", "pypi" + ".org", "crates" + ".io", "deb.debian" + ".org", "pkgs.dev.azure" + ".com", "artifact" + "registry"];

    static readonly Source[] documents = [.. Source.Below("", ".md")];

    [Theory]
    [InlineData("README.md")]
    [InlineData("CONTRIBUTING.md")]
    [InlineData("CHANGELOG.md")]
    [InlineData("docs/architecture.md")]
    public void The_documents_that_a_newcomer_looks_for_are_there(string path) => Assert.True(Source.Exists(path), $"{path} is missing.");

    [Fact]
    public void The_changelog_has_a_place_for_the_next_version() => Assert.Contains("\n## [Unreleased]\n", new Source("CHANGELOG.md").Text);

    [Fact]
    public void Links_lead_somewhere() => Broken.Nowhere(
        from document in documents
        from Match link in Regex.Matches(document.Text, @"\]\(([^)\s#:]+)(?:#[^)]*)?\)")
        where !Source.Exists(Path.Combine(document.Folder, link.Groups[1].Value))
        select $"{document.Path}: {link.Groups[1].Value}",
        "The link's target doesn't exist (it is taken from the document's own folder).");

    [Fact]
    public void Paths_that_documents_mention_exist() => Broken.Nowhere(
        from document in documents
        from Match path in Regex.Matches(document.Text, @"`(?:\./)?((?:src|tests|docs|build|protos|bench|interop|\.ci)/[\w./-]+|[\w.]+\.(?:md|sln|props))`")
        where !Source.Exists(path.Groups[1].Value) && !Source.Exists(Path.Combine(document.Folder, path.Groups[1].Value))
        select $"{document.Path}: {path.Groups[1].Value}",
        "The document speaks of a file that isn't there: correct it, or say it without a path until there is one.");

    [Fact]
    public void No_file_names_the_host_of_a_package_registry() => Broken.Nowhere(
        from file in Source.Below()
        from registry in registries
        where file.Text.Contains(registry, StringComparison.OrdinalIgnoreCase)
        select $"{file.Path}: {registry}",
        "Where packages come from is decided by the machine that builds, not by this repository.");
}
