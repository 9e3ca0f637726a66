using System.IO.Pipelines;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;
using Xunit;

namespace Vault.Catalog.Tests;

public sealed class SyncSessionTests : IDisposable
{
    readonly CatalogRig rig = new();

    SessionPair Join(Node one, Node other, PipeOptions? options = null) => new(one, other, rig.Time, options);

    [Fact]
    public async Task A_new_device_gets_everything_and_both_have_one_root()
    {
        Node founder = rig.NewFounder(), other = rig.NewMember(founder, Role.Writer, learns: false);
        for (int i = 0; i < 300; i++) founder.Put($"folder {i % 7}/file {i}", $"{i}");
        await using SessionPair pair = Join(founder, other);
        await pair.AgreeAsync();
        Assert.Equal(founder.Names(recursive: true), other.Names(recursive: true));
        Assert.Equal(founder.Catalog.Totals, other.Catalog.Totals);
        Assert.True(other.Catalog.Verify().IsClean);
    }

    [Fact]
    public async Task Two_with_the_same_root_know_it_after_one_round_trip()
    {
        Node founder = rig.NewFounder(), other = rig.NewMember(founder, Role.Writer);
        for (int i = 0; i < 300; i++) founder.Put($"file {i}", $"{i}");
        await using (SessionPair first = Join(founder, other)) await first.AgreeAsync();
        await using SessionPair again = Join(founder, other);
        await again.AgreeAsync();
        foreach (SyncCost? cost in (SyncCost?[])[again.One.LastComparison, again.Other.LastComparison])
        {
            Assert.Equal((SyncResult.InStep, 1), (cost!.Result, cost.RoundTrips));
            Assert.InRange(cost.BytesSent + cost.BytesReceived, 1, 4096);
        }
    }

    [Fact]
    public async Task Who_is_asked_to_compares_again_at_once()
    {
        Node founder = rig.NewFounder(), other = rig.NewMember(founder, Role.Writer);
        await using SessionPair pair = Join(founder, other);
        await pair.AgreeAsync();
        SyncCost before = pair.One.LastComparison!;
        pair.One.Compare();
        await pair.UntilAsync(() => pair.One.IsInStep && !ReferenceEquals(pair.One.LastComparison, before));
        Assert.Equal((SyncResult.InStep, 1), (pair.One.LastComparison!.Result, pair.One.LastComparison.RoundTrips));
    }

    [Fact]
    public async Task What_is_written_later_on_either_side_is_passed_on_at_once()
    {
        Node founder = rig.NewFounder(), other = rig.NewMember(founder, Role.Writer);
        await using SessionPair pair = Join(founder, other);
        await pair.AgreeAsync();
        founder.Put("one", "1");
        await pair.UntilAsync(() => other.Catalog.Root == founder.Catalog.Root);
        other.Put("two", "2");
        await pair.UntilAsync(() => other.Catalog.Root == founder.Catalog.Root);
        other.Remove("one");
        await pair.UntilAsync(() => other.Catalog.Root == founder.Catalog.Root);
        Assert.Equal(["two"], founder.Names());
    }

    [Fact]
    public async Task Two_that_have_much_to_say_at_once_over_a_narrow_stream_dont_wait_for_each_other()
    {
        Node founder = rig.NewFounder(), other = rig.NewMember(founder, Role.Writer);
        founder.Catalog.Commit([.. Enumerable.Range(0, 3000).Select(i => founder.File($"mine/{i}", $"{i}"))]);
        other.Catalog.Commit([.. Enumerable.Range(0, 3000).Select(i => other.File($"theirs/{i}", $"{i}"))]);
        await using SessionPair pair = Join(founder, other, new PipeOptions(pauseWriterThreshold: 4096, resumeWriterThreshold: 2048));
        await pair.AgreeAsync();
        Assert.Equal(6000, founder.Catalog.Totals.Files);
    }

    [Fact]
    public async Task A_blind_holder_comes_to_the_same_root_and_passes_it_on()
    {
        Node founder = rig.NewFounder(), blind = rig.NewMember(founder, Role.Blind, reads: false, learns: false), reader = rig.NewMember(founder, Role.Reader, learns: false);
        founder.Put("a/b", "secret");
        founder.Remove("a/b");
        founder.Put("c", "other");
        await using (SessionPair pair = Join(founder, blind)) await pair.AgreeAsync();
        Assert.Null(blind.Find("c"));
        Assert.Equal(1, blind.Catalog.Totals.Files);
        await using (SessionPair pair = Join(blind, reader)) await pair.AgreeAsync();
        Assert.Equal(founder.Catalog.Root, reader.Catalog.Root);
        Assert.Equal(["c"], reader.Names());
        Assert.True(blind.Catalog.Verify().IsClean);
    }

    [Fact]
    public async Task A_peer_that_is_shut_out_is_told_so_and_hears_nothing_after()
    {
        Node founder = rig.NewFounder(), other = rig.NewMember(founder, Role.Writer);
        await using SessionPair pair = Join(founder, other);
        await pair.AgreeAsync();
        founder.Catalog.Add(founder.Author.Revoke(founder.Catalog.Membership, other.Device.Public, keep: []));
        await pair.OneEnd.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.False(pair.One.IsInStep);
    }

    [Fact]
    public async Task A_device_put_back_to_an_earlier_state_takes_what_it_wrote_before_it_gives_anything()
    {
        MemoryDatabase meta = new(CatalogRig.MetaFamilies);
        Node founder = rig.NewFounder(), other = rig.NewMember(founder, Role.Writer, meta: meta);
        other.Put("kept", "1");
        IDatabase earlier = meta.Kill();
        other.Put("written after the backup", "2");
        await using (SessionPair pair = Join(founder, other)) await pair.AgreeAsync();

        other.Reopen(earlier);
        Assert.Equal(["kept"], other.Names());
        await using (SessionPair pair = Join(founder, other)) await pair.AgreeAsync();
        Assert.False(other.Catalog.IsPullOnly);
        Assert.Equal(["kept", "written after the backup"], other.Names());
        Assert.Empty(other.Catalog.Suspicions);
        other.Put("written after the backup", "3, later than all");
        Assert.Equal(17, other.Find("written after the backup")!.Size);
    }

    [Fact]
    public async Task A_device_put_back_that_writes_over_what_others_have_before_it_meets_them_catches_up_and_its_change_comes_to_all()
    {
        MemoryDatabase meta = new(CatalogRig.MetaFamilies);
        Node founder = rig.NewFounder(), other = rig.NewMember(founder, Role.Writer, meta: meta);
        founder.Put("shared", "1");
        await using (SessionPair pair = Join(founder, other)) await pair.AgreeAsync();
        IDatabase earlier = meta.Kill();
        other.Put("written after the backup", "2");
        await using (SessionPair pair = Join(founder, other)) await pair.AgreeAsync();

        other.Reopen(earlier);
        other.Put("shared", "changed before it knew");
        await using (SessionPair pair = Join(founder, other)) await pair.AgreeAsync();
        Assert.False(other.Catalog.IsPullOnly);
        Assert.Equal(["shared", "written after the backup"], other.Names());
        Assert.Equal(founder.Catalog.Root, other.Catalog.Root);
        Assert.Equal(22, founder.Find("shared")!.Size);
    }

    [Fact]
    public async Task Noise_and_forged_records_end_the_session()
    {
        Node founder = rig.NewFounder();
        Pipe there = new(), back = new();
        SyncSession session = new(founder.Catalog, new Ends(back.Reader, there.Writer), SyncSide.Primary, Pair.Channel, founder.Id, rig.Time);
        Task end = session.RunAsync(CancellationToken.None);
        await back.Writer.WriteAsync((byte[])[0, 0, 0, 5, 99, 1, 2, 3, 4]);
        await Assert.ThrowsAsync<ProtocolException>(() => end.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    sealed class Ends(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;
        public PipeWriter Output => output;
    }

    public void Dispose() => rig.Dispose();
}
