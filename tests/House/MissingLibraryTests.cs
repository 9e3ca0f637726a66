using Vault.Tests.Support;
using Xunit;

namespace Vault.House.Tests;

public sealed class MissingLibraryTests : IDisposable
{
    readonly Copy copy = new();

    /// <summary>A machine on which rocksdb and sodium are missing, until apt-get has been called with install.</summary>
    public MissingLibraryTests()
    {
        File.AppendAllText(copy.At("build/setup.sh"), """
            has_library() { [ "$1" = zstd ] || [ "$1" = ssl ] || grep -q "^apt-get.* install" "$CALLS" 2>/dev/null; }

            """);
        copy.StandIn("id", "echo ${USER_ID:-1000}");
        copy.StandIn("apt-get", "echo \"apt-get $*\" >>\"$CALLS\"");
        copy.StandIn("apt-cache", "case \"$2 ${RELEASE:-12}\" in *\" none\") ;; \"librocksdb 12\") echo librocksdb-dev; echo librocksdb7.8; echo librocksdb-jni ;; \"librocksdb 13\") echo librocksdb9.9; echo librocksdb9.10 ;; \"libsodium 12\") echo libsodium-dev; echo libsodium23 ;; \"libsodium 13\") echo libsodium23t64 ;; esac");
    }

    public void Dispose() => copy.Dispose();

    [Theory]
    [InlineData("12", "librocksdb7.8 libsodium23")]
    [InlineData("13", "librocksdb9.10 libsodium23t64")]
    [InlineData("none", "librocksdb7.8 libsodium23")]
    public async Task Without_root_one_sentence_names_the_packages_and_the_command(string release, string packages)
    {
        Ran ran = await copy.VaultAsync(["--version"], ("RELEASE", release));
        Assert.Equal(1, ran.ExitCode);
        Assert.Equal("", ran.Output);
        Assert.Equal($"vault: error: {packages} must be installed first, by: sudo apt-get install -y {packages}\n", ran.Error);
        Assert.Empty(copy.Calls);
    }

    [Fact]
    public async Task With_root_they_are_installed_and_said_aloud_before()
    {
        Ran ran = await copy.VaultAsync([], ("USER_ID", "0"));
        Assert.Equal(0, ran.ExitCode);
        Assert.StartsWith("vault: installing what is missing: apt-get install -y librocksdb7.8 libsodium23\n", ran.Error);
        Assert.EndsWith("install -y --no-install-recommends librocksdb7.8 libsodium23", Assert.Single(copy.Calls, call => call.StartsWith("apt-get", StringComparison.Ordinal)));
        Assert.StartsWith("answer one\n", ran.Output);
    }

    [Fact]
    public async Task Where_apt_knows_no_packages_yet_their_lists_are_read_first()
    {
        await copy.VaultAsync([], ("USER_ID", "0"), ("RELEASE", "none"));
        string[] calls = [.. copy.Calls.Where(call => call.StartsWith("apt-get", StringComparison.Ordinal))];
        Assert.Equal(2, calls.Length);
        Assert.EndsWith(" update", calls[0]);
    }

    [Fact]
    public async Task A_failing_apt_shows_what_it_said()
    {
        copy.StandIn("apt-get", "echo E: no network; exit 100");
        Ran ran = await copy.VaultAsync([], ("USER_ID", "0"));
        Assert.Equal(1, ran.ExitCode);
        Assert.Contains("E: no network\nvault: error: apt-get couldn't install librocksdb7.8 libsodium23\n", ran.Error);
    }

    [Theory]
    [InlineData("librocksdb.so.7.8", "", true)]
    [InlineData("librocksdb.so.9.10", "", true)]
    [InlineData("librocksdb.so", "", true)]
    [InlineData("librocksdbjni.so", "", false)]
    [InlineData("librocksdb.a", "", false)]
    [InlineData("other", "\tlibrocksdb.so.8 (libc6,x86-64) => /opt/lib/librocksdb.so.8", true)]
    [InlineData("other", "\tlibrocksdbjni.so (libc6,x86-64) => /opt/lib/librocksdbjni.so", false)]
    public async Task A_library_is_there_in_any_version_in_the_usual_folders_or_the_linkers_list(string file, string linkerKnows, bool found)
    {
        copy.Write($"libraries/{file}", "");
        copy.StandIn("ldconfig", $"echo '{linkerKnows}'");
        string setup = Path.Combine(Repository.Root, "build", "setup.sh");
        Ran ran = await copy.RunAsync("/bin/bash", ["-c", "set -euo pipefail; source \"$1\"; library_folders=(nowhere libraries); has_library rocksdb", "-", setup], copy.Root);
        Assert.Equal(found ? 0 : 1, ran.ExitCode);
    }
}
