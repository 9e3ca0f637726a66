using System.Text.RegularExpressions;
using Xunit;

namespace Vault.Architecture.Tests;

public sealed class CodeTests
{
    /// <summary>A longer file holds more than one idea.</summary>
    const int MaxLines = 400;
    const int MaxHeaderLines = 15;

    static readonly Dictionary<string, string> ownerOfLibrary = new() { ["rocksdb"] = "src/Store/", ["sodium"] = "src/Primitives/", ["zstd"] = "src/Blocks/" };

    static readonly string[] foldersByKind = ["Interfaces", "Abstractions", "Models", "Entities", "Dtos", "Services", "Managers", "Helpers", "Utils", "Utilities", "Common", "Shared", "Misc", "Enums", "Exceptions", "Extensions", "Types", "Classes"];

    static readonly Source[] code = [.. Source.Below("src", ".cs")];

    [Fact]
    public void A_native_library_is_bound_in_one_project() => Broken.Nowhere(
        from file in code
        from library in ownerOfLibrary
        where file.Text.Contains($"\"{library.Key}\"", StringComparison.Ordinal) && !file.Path.StartsWith(library.Value, StringComparison.Ordinal)
        select $"{file.Path} names \"{library.Key}\"",
        "rocksdb belongs to Store, sodium to Primitives, zstd to Blocks: call what they offer.");

    [Fact]
    public void Types_are_named_after_what_they_are() => Broken.Nowhere(
        from file in code.Concat(Source.Below("tests", ".cs"))
        from Match match in Regex.Matches(file.Text, @"^[^/""\n]*\b(?:class|struct|record|interface|enum)\s+(\w*(?:Manager|Helpers?|Util(?:s|ities|ity)?))\b", RegexOptions.Multiline)
        select $"{file.Path}: {match.Groups[1].Value}",
        "Such a name says nothing: name what the type holds or the one thing it does.");

    [Fact]
    public void Folders_are_named_after_what_they_hold() => Broken.Nowhere(
        code.Concat(Source.Below("tests", ".cs")).SelectMany(file => file.Folder.Split('/').Intersect(foldersByKind).Select(_ => file.Folder)).Distinct(),
        "A folder is a noun of the field (Yamux, Format), never a kind of type: put each file next to what it works with.");

    [Fact]
    public void A_file_holds_one_idea() => Broken.Nowhere(
        code.Where(file => file.Lines.Length > MaxLines).Select(file => $"{file.Path}: {file.Lines.Length} lines"),
        $"More than {MaxLines} lines: find the second idea in it and give it a file of its own.");

    [Fact]
    public void Every_project_opens_with_what_it_is_and_what_to_read_next() => Broken.Nowhere(
        from project in Project.Below("src")
        let headers = code.Where(file => file.Folder == project.File.Folder && file.Lines[0].StartsWith($"// {project.Name}: ", StringComparison.Ordinal)).ToList()
        where headers.Count != 1 || headers[0].Lines.TakeWhile(line => line.StartsWith("//", StringComparison.Ordinal)).Count() > MaxHeaderLines
        select $"{project.File.Folder}: {(headers.Count == 0 ? "no file begins" : string.Join(", ", headers.Select(file => file.Path)) + " begin")} with // {project.Name}: …",
        $"One file of each project begins with a comment of up to {MaxHeaderLines} lines: what this project is, what it is not, which file to read next.");
}
