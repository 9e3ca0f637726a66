using System.Text;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>Every file that the program leaves in its data folder, whatever it was asked to do, searched for what only members may read.</summary>
public sealed class ClearTextTests : IDisposable
{
    static readonly string[] secrets =
    [
        "SecretVaultName", "SecretFolderName", "SecretFileName", "SecretLinkTarget", "SecretContent", "SecretStandardInput", "SecretTag", "SecretMovedName",
        "SecretChatText", "SecretRoomName", "SecretPassphrase", "SecretUnpackedName",
    ];

    static readonly string[] writing =
    [
        "vault add SecretVaultName SecretFolderName --tag SecretTag",
        "echo SecretStandardInput | vault add SecretVaultName - --as SecretFolderName/SecretFileName.in",
        "vault add SecretVaultName SecretFolderName",
        "vault mv SecretVaultName SecretFolderName/SecretFileName.2 SecretMovedName",
        "vault rm SecretVaultName SecretMovedName",
        "rm -rf SecretUnpackedName; vault get SecretVaultName SecretFolderName -o SecretUnpackedName",
        "vault chat send SecretVaultName --room SecretRoomName SecretChatText",
    ];

    static readonly string[] looking =
    [
        "vault ls SecretVaultName -l",
        "vault ls SecretVaultName --at 1m",
        "vault cat SecretVaultName SecretFolderName/SecretFileName.1",
        "vault log SecretVaultName SecretFolderName/SecretFileName.1",
        "vault conflicts SecretVaultName",
        "vault status; vault list; vault root SecretVaultName",
        "rm -f proof; vault prove SecretVaultName SecretFolderName/SecretFileName.1 -o proof",
        "vault chat log SecretVaultName --room SecretRoomName",
        "vault verify; vault gc --hold-hours 0; vault doctor",
        "vault explain $(vault ls SecretVaultName SecretFolderName/SecretFileName.1 --json | sed 's/.*\"block\":\"\\([a-z2-7]*\\)\".*/\\1/')",
        "! vault cat SecretVaultName SecretFolderName/nothing",
    ];

    readonly TestFolder home = new();

    public void Dispose() => home.Dispose();

    [Fact]
    public async Task Nothing_of_names_contents_and_talk_lies_in_the_clear_after_every_command_alone_and_through_a_daemon()
    {
        await RunAsync("mkdir -p SecretFolderName/SecretFolderName.inner SecretFolderName/SecretFolderName.empty; ln -s SecretLinkTarget SecretFolderName/SecretFileName.link");
        await RunAsync("for i in 1 2 3; do yes \"SecretContent $i\" | head -c $((i * 700000)) >SecretFolderName/SecretFileName.$i; done; echo SecretContent >SecretFolderName/SecretFolderName.inner/SecretFileName.small");
        await RunAsync("vault create SecretVaultName");
        foreach (string line in (string[])[.. writing, .. looking]) await RunAsync(line);
        Search();

        await RunAsync("mkfifo ready; vault daemon run --listen /ip4/127.0.0.1/tcp/0 --no-mdns --api 127.0.0.1:0 --json >ready 2>daemon-errors & echo $! >pid; read -r line <ready");
        foreach (string line in writing.Prepend("echo SecretContent again >SecretFolderName/SecretFileName.1")) await RunAsync(line);
        Search(); // while it runs: logs and all
        await RunAsync("vault backup copied; kill -9 $(cat pid); tail --pid=$(cat pid) -f /dev/null");
        Search(); // and as a crash leaves it
        await RunAsync("vault doctor; vault verify");
        Search("copied");
        // Keys lie in the clear until they are put under a passphrase, and the vault's name with them.
        await RunAsync("VAULT_PASSPHRASE=SecretPassphrase vault key seal");
        Search(keysToo: true);
    }

    [Fact]
    public void The_search_finds_what_lies_in_the_clear_in_any_form()
    {
        Directory.CreateDirectory(home["data"]);
        foreach (byte[] form in FormsOf("SecretTag"))
        {
            File.WriteAllBytes(home["data/leak"], [.. new byte[1000], .. form, .. new byte[1000]]);
            Assert.Throws<Xunit.Sdk.FailException>(() => Search(atLeast: 1));
        }
        File.WriteAllBytes(home["data/leak"], "nothing"u8.ToArray());
        Search(atLeast: 1);
    }

    Task RunAsync(string line) => Transcript.ShowsAsync($"$ export VAULT_HOME={{home}}/data; {{ {line}; }} >out 2>&1 || {{ cat out; false; }}\n", home.Path);

    void Search(string folder = "data", long atLeast = 200_000, bool keysToo = false)
    {
        long searched = 0;
        string keys = Path.Combine(home[folder], Home.KeysFolder) + "/";
        foreach (string file in Directory.EnumerateFiles(home[folder], "*", SearchOption.AllDirectories).Where(file => keysToo || !file.StartsWith(keys, StringComparison.Ordinal)))
        {
            if (Path.GetFileName(file) is { } name && secrets.FirstOrDefault(name.Contains) is { } named) Assert.Fail($"{named} is the name of {file}");
            if (new FileInfo(file).Length == 0) continue; // the socket too
            byte[] bytes;
            using (FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
            {
                bytes = new byte[stream.Length];
                stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            }
            searched += bytes.Length;
            foreach (string secret in secrets)
                foreach (byte[] form in FormsOf(secret))
                    if (bytes.AsSpan().IndexOf(form) >= 0) Assert.Fail($"{secret} is in {file}");
        }
        Assert.True(searched >= atLeast, $"{searched} bytes were searched");
    }

    static IEnumerable<byte[]> FormsOf(string secret)
    {
        byte[] plain = Encoding.UTF8.GetBytes(secret);
        yield return plain;
        yield return Encoding.Unicode.GetBytes(secret);
        yield return Encoding.ASCII.GetBytes(Convert.ToHexString(plain));
        yield return Encoding.ASCII.GetBytes(Convert.ToHexStringLower(plain));
        yield return Encoding.ASCII.GetBytes(Convert.ToBase64String(plain[..(plain.Length / 3 * 3)]));
    }
}
