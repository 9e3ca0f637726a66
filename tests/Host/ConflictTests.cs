using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>A file that two devices wrote at once, seen and settled from the command line.</summary>
public sealed class ConflictTests : IDisposable
{
    readonly TestFolder home = new();

    public void Dispose() => home.Dispose();

    [Fact]
    public async Task A_conflict_is_shown_and_settled_for_the_winner()
    {
        await DisagreeAsync();
        await Transcript.ShowsAsync("""
            $ vault conflicts photos
            plan.txt
              --keep *  20*  by *  5 bytes
              --keep *  20*  by *  5 bytes

            $ vault ls photos
            plan.txt  (conflict)

            $ vault cat photos plan.txt
            noon

            $ vault status | grep note
            note	1 conflict: vault conflicts shows them
            note	its keys are on this device only: vault key export FILE

            $ vault mv photos plan.txt elsewhere
            2> vault: error: 'plan.txt' is in conflict
            2> hint: settle that first: vault conflicts shows it, vault resolve ends it
            ? 1

            $ vault resolve photos plan.txt --keep 12345678
            2> vault: error: '12345678' is none of its versions
            2> hint: --keep takes winner, both, *, *
            ? 1

            $ vault resolve photos plan.txt --keep winner && vault conflicts photos && vault cat photos plan.txt
            plan.txt: kept *
            root *
            noon

            $ vault verify
            * blocks, * bytes read; 0 damaged, 0 missing
            photos: * records, root as its rebuild
            """, home.Path);
    }

    [Fact]
    public async Task The_version_that_lost_can_be_kept_by_its_mark()
    {
        await DisagreeAsync();
        await Transcript.ShowsAsync("""
            $ vault resolve photos plan.txt --keep $(vault conflicts photos | sed -n 's/.*--keep \([0-9a-f]*\).*/\1/p' | tail -1) && vault conflicts photos && vault cat photos plan.txt
            plan.txt: kept *
            root *
            home
            """, home.Path);
    }

    [Fact]
    public async Task Both_can_be_kept_under_names_of_their_own()
    {
        await DisagreeAsync();
        await Transcript.ShowsAsync("""
            $ vault conflicts photos --json
            {"path":"plan.txt","versions":[{"keep":"*","name":"plan.txt","time":"*","kind":"file","size":5,"by":"*","block":"bafkrei*"},{"keep":"*","name":"plan (conflict *).txt",*}],"returned":false}

            $ vault resolve photos plan.txt --keep both && vault conflicts photos && vault ls photos
            plan.txt: kept both, 2 files now
            root *
            plan (conflict *).txt
            plan.txt

            $ vault cat photos plan.txt "$(vault ls photos | head -1)"
            noon
            home
            """, home.Path);
    }

    async Task DisagreeAsync()
    {
        await Transcript.ShowsAsync("""
            $ vault create photos >/dev/null 2>&1; echo home | vault add photos - --as plan.txt >/dev/null
            """, home.Path);
        await SecondWriter.WriteAsync(home[".local/share/vault"], "photos", "plan.txt", "noon\n");
    }
}
