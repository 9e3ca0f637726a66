using Xunit;

namespace Vault.House.Tests;

/// <summary>What ./test makes of the files that `dotnet test` leaves.</summary>
public sealed class ResultTests : IDisposable
{
    const string Passed = """<UnitTestResult executionId="1" testName="A.passes" outcome="Passed" />""";
    const string Failed = """
        <UnitTestResult executionId="2" testName="A.fails(text: &quot;x&quot;)" outcome="Failed">
          <Output>
            <ErrorInfo>
              <Message>Assert.Equal() &lt;1&gt;
        second line</Message>
              <StackTrace>   at A.fails() in A.cs:line 3</StackTrace>
            </ErrorInfo>
          </Output>
        </UnitTestResult>
        """;
    const string Skipped = """
        <UnitTestResult executionId="3" testName="A.waits" outcome="NotExecuted">
          <Output>
            <ErrorInfo>
              <Message>takes minutes</Message>
            </ErrorInfo>
          </Output>
        </UnitTestResult>
        """;

    readonly Copy copy = new();

    public void Dispose() => copy.Dispose();

    void Project(string name, int exitCode, string log, params string[] results)
    {
        copy.Write($"results/{name}.code", $"{exitCode}\n");
        copy.Write($"results/{name}.log", log);
        if (results.Length > 0) copy.Write($"results/{name}/{name}.trx", $"<TestRun>\n{string.Join('\n', results)}\n</TestRun>\n");
    }

    Task<Ran> SumUpAsync(string filter, params string[] names) => copy.RunAsync("/bin/bash",
        ["-c", "set -euo pipefail; source build/setup.sh; source build/results.sh; filter=$1; shift; for name; do report_project results $name \"$filter\"; done; sum_up results \"$*\" \"$filter\"", "-", filter, .. names], copy.Root);

    [Fact]
    public async Task The_last_line_sums_all_projects()
    {
        Project("A.Tests", 0, "", Passed, Passed);
        Project("B.Tests", 0, "", Passed);
        Ran ran = await SumUpAsync("", "A.Tests", "B.Tests");
        Assert.Equal((0, "3 passed, 0 failed\n"), (ran.ExitCode, ran.Output));
    }

    [Fact]
    public async Task A_failure_is_shown_with_its_message_and_where_it_happened()
    {
        Project("A.Tests", 1, "", Passed, Failed);
        Ran ran = await SumUpAsync("", "A.Tests");
        Assert.Equal((1, "1 passed, 1 failed\n"), (ran.ExitCode, ran.Output));
        Assert.Contains("  FAILED  A.fails(text: \"x\")\n      Assert.Equal() <1>\n      second line\n      at A.fails() in A.cs:line 3\n", ran.Error);
        Assert.DoesNotContain("A.passes", ran.Error);
    }

    [Fact]
    public async Task A_skipped_test_is_counted_and_gives_its_reason()
    {
        Project("A.Tests", 0, "", Passed, Skipped);
        Ran ran = await SumUpAsync("", "A.Tests");
        Assert.Equal((0, "1 passed, 0 failed, 1 skipped\n"), (ran.ExitCode, ran.Output));
        Assert.Contains("  SKIPPED A.waits\n      takes minutes\n", ran.Error);
    }

    [Theory]
    [InlineData(1, "The active test run was aborted. Reason: Test host process crashed", "A.Tests crashed")]
    [InlineData(124, "", "A.Tests didn't end in time and was stopped")]
    [InlineData(1, "the last words", "A.Tests didn't run (exit code 1)")]
    public async Task A_project_that_did_not_finish_is_a_failure_with_the_end_of_its_log(int exitCode, string log, string says)
    {
        Project("A.Tests", exitCode, log, Passed);
        Project("B.Tests", 0, "", Passed);
        Ran ran = await SumUpAsync("", "A.Tests", "B.Tests");
        Assert.Equal((1, "2 passed, 1 failed\n"), (ran.ExitCode, ran.Output));
        Assert.Contains(says, ran.Error);
        Assert.Contains(log, ran.Error);
    }

    [Fact]
    public async Task A_project_without_tests_is_a_failure_unless_tests_were_chosen()
    {
        Project("A.Tests", 0, "No test is available");
        Project("B.Tests", 0, "", Passed);
        Assert.Equal("1 passed, 1 failed\n", (await SumUpAsync("", "A.Tests", "B.Tests")).Output);
        Assert.Equal("1 passed, 0 failed\n", (await SumUpAsync("FullyQualifiedName~B", "A.Tests", "B.Tests")).Output);
    }

    [Fact]
    public async Task Choosing_no_test_at_all_is_a_failure()
    {
        Project("A.Tests", 0, "");
        Ran ran = await SumUpAsync("FullyQualifiedName~nothing", "A.Tests");
        Assert.Equal((1, "0 passed, 1 failed\n"), (ran.ExitCode, ran.Output));
        Assert.Contains("no test's name contains what was asked for", ran.Error);
    }

    [Fact]
    public async Task A_project_that_left_nothing_is_a_failure()
    {
        Project("A.Tests", 0, "", Passed);
        Ran ran = await copy.RunAsync("/bin/bash", ["-c", "source build/setup.sh; source build/results.sh; report_project results A.Tests ''; sum_up results 'A.Tests B.Tests' ''"], copy.Root);
        Assert.Equal("1 passed, 1 failed\n", ran.Output);
        Assert.Contains("B.Tests left no result", ran.Error);
    }
}
