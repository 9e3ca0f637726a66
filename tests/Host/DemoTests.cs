using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace Vault.Host.Tests;

public sealed partial class DemoTests
{
    [Fact]
    public async Task The_story_is_told_to_its_end_and_leaves_nothing()
    {
        (int code, byte[] output, string error) = await RunningDaemon.TryAsync(Path.GetTempPath(), null, "demo");
        string story = Encoding.UTF8.GetString(output);
        Assert.True(code == 0, story + error);
        string[] steps = ["added 225 files", "wrote a ticket", "is a member", "has every file", "have the root", "could read the change", "after 1 round trip", "is lost", "restored 225 files"];
        int at = 0;
        foreach (string step in steps)
        {
            at = story.IndexOf(step, at, StringComparison.Ordinal);
            Assert.True(at >= 0, $"'{step}' is missing in\n{story}");
        }
        string folder = FolderName().Match(story).Value;
        Assert.NotEmpty(folder);
        Assert.False(Directory.Exists(folder));
    }

    [GeneratedRegex(@"/[^ ]*vault-demo-\w+")]
    private static partial Regex FolderName();
}
