using System.CommandLine;
using Vault.Primitives;
using Xunit;

namespace Vault.Host.Tests;

public sealed class FaultTests
{
    /// <summary>The exit code and stderr of a command that throws.</summary>
    static async Task<(int ExitCode, string Error)> Failing(Exception fault, bool debug = false)
    {
        StringWriter error = new();
        Terminal terminal = new(TextWriter.Null, error, name => name == "VAULT_DEBUG" && debug ? "1" : null);
        Command command = new("fail");
        command.SetAction(int (_) => throw fault);
        return (await CommandLine.RunAsync(["fail"], terminal, [new("", [command])]), error.ToString());
    }

    [Fact]
    public async Task A_fault_is_one_line_and_a_hint() =>
        Assert.Equal((1, "vault: error: the disk is full\nhint: vault gc\n"), await Failing(new StoreException("the disk is full", "vault gc")));

    [Fact]
    public async Task A_fault_without_a_hint_is_one_line() =>
        Assert.Equal((1, "vault: error: block 3 is damaged\n"), await Failing(new CorruptDataException("block 3 is damaged")));

    [Fact]
    public async Task A_fault_is_found_inside_what_the_runtime_wraps_around_it() =>
        Assert.Equal((1, "vault: error: no libsodium\n"), await Failing(new TypeInitializationException("Sodium", new ConfigException("no libsodium"))));

    [Fact]
    public async Task A_bug_is_one_line_that_says_it_is_one_and_where_the_report_is()
    {
        (int exitCode, string error) = await Failing(new InvalidOperationException("two\nlines"));
        Assert.Equal(1, exitCode);
        Assert.Equal("vault: error: InvalidOperationException: two lines\nhint: this is a bug; with VAULT_DEBUG=1 set, the full report is printed here\n", error);
    }

    [Fact]
    public async Task With_VAULT_DEBUG_the_full_report_follows()
    {
        (int exitCode, string error) = await Failing(new InvalidOperationException("broken"), debug: true);
        Assert.Equal(1, exitCode);
        Assert.StartsWith("vault: error: InvalidOperationException: broken\nhint: this is a bug; the full report follows\n", error);
        Assert.Contains(nameof(FaultTests), error);
    }

    [Fact]
    public async Task An_interrupted_command_is_told_and_no_error() =>
        Assert.Equal((130, "vault: interrupted; what is stored is whole, and the same command takes it up from here\n"), await Failing(new OperationCanceledException()));

    [Fact]
    public async Task A_command_returns_its_own_exit_code_and_finds_the_data_folder_anywhere_on_the_line()
    {
        foreach (string[] line in new[] { new[] { "--data", "/d", "show" }, ["show", "--data", "/d"], ["show", "--data=/d"] })
        {
            Terminal terminal = new(TextWriter.Null, TextWriter.Null, _ => null);
            string? folder = null;
            Command command = new("show");
            command.SetAction(parsed =>
            {
                folder = CommandLine.FolderOf(parsed, terminal);
                return 1;
            });
            Assert.Equal(1, await CommandLine.RunAsync(line, terminal, [new("", [command])]));
            Assert.Equal("/d", folder);
        }
    }

    [Fact]
    public async Task A_name_that_begins_with_an_at_sign_is_a_name()
    {
        string? seen = null;
        Argument<string> path = new("path");
        Command command = new("add") { path };
        command.SetAction(line => { seen = line.GetValue(path); });
        await CommandLine.RunAsync(["add", "@photo.jpg"], new Terminal(TextWriter.Null, TextWriter.Null, _ => null), [new("", [command])]);
        Assert.Equal("@photo.jpg", seen);
    }
}
