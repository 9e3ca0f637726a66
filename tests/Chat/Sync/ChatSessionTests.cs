using System.IO.Pipelines;
using Vault.Identity;
using Vault.Primitives;
using Xunit;

namespace Vault.Chat.Tests;

/// <summary>Sessions over pipes: what the machine decides, pumped.</summary>
public sealed class ChatSessionTests
{
    sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    static (IDuplexPipe One, IDuplexPipe Other) Connect()
    {
        Pipe there = new(), back = new();
        return (new Ends(back.Reader, there.Writer), new Ends(there.Reader, back.Writer));
    }

    static Task<SignedMessage> Next(ChatDevice at)
    {
        TaskCompletionSource<SignedMessage> came = new(TaskCreationOptions.RunContinuationsAsynchronously);
        at.Log.Added += messages => came.TrySetResult(messages[0]);
        return came.Task;
    }

    [Fact]
    public async Task What_was_said_before_and_what_is_said_meanwhile_comes_over()
    {
        using ChatWorld world = new();
        ChatDevice one = world.Join(), other = world.Join();
        one.Say("before");
        (IDuplexPipe left, IDuplexPipe right) = Connect();
        using CancellationTokenSource stop = new();
        Task<SignedMessage> before = Next(other);
        Task first = new ChatSession(one.Log, left, other.Id, one.Id, world.Time).RunAsync(stop.Token), second = new ChatSession(other.Log, right, one.Id, other.Id, world.Time).RunAsync(stop.Token);
        await before;
        Task<SignedMessage> answered = Next(one);
        other.Say("meanwhile");
        await answered;
        Assert.Equal(["before", "meanwhile"], one.Reads());
        Assert.Equal(["before", "meanwhile"], other.Reads());
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(first, second));
    }

    [Fact]
    public async Task A_message_longer_than_there_are_ends_the_session_unread()
    {
        using ChatWorld world = new();
        ChatDevice one = world.Join(), other = world.Join();
        (IDuplexPipe left, IDuplexPipe right) = Connect();
        Task session = new ChatSession(one.Log, left, other.Id, one.Id, world.Time).RunAsync(CancellationToken.None);
        await right.Output.WriteAsync(new byte[] { 0, 16, 0, 0 }); // 1 MiB is announced
        await Assert.ThrowsAsync<ProtocolException>(() => session);
    }

    [Fact]
    public void A_newcomer_whose_certificate_has_not_come_is_no_forger_and_is_heard_when_it_has()
    {
        using ChatWorld world = new();
        ChatDevice one = world.Join(), other = world.Join();
        Membership early = world.Membership;
        ChatDevice late = world.Join();
        SignedMessage message = late.Say("hello");
        Membership known = early;
        ChatLog log = ChatLog.Open(new ChatPorts(new Store.MemoryDatabase(ChatKeys.Chat), world.Keys, one.Key, one.Clock, world.Random, world.Time, () => known, () => Witness.None));
        Assert.Equal(Acceptance.NotAllowed, log.Accept(message));
        known = world.Membership;
        Assert.Equal(Acceptance.Added, log.Accept(message));
    }

    [Fact]
    public void A_restored_device_says_nothing_before_a_peer_has_compared_feeds_and_remembers_that()
    {
        using ChatWorld world = new();
        ChatDevice one = world.Join(), other = world.Join();
        one.Say("said before the loss");
        Talk.Between(one, other);
        Store.MemoryDatabase empty = new(ChatKeys.Chat, new Store.Family("other"));
        ChatLog.Doubt(empty, world.Keys.Vault.Tag);
        one.Restart(empty);
        Assert.Throws<ConfigException>(() => one.Say("again"));
        one.Restart(empty); // the doubt outlives the process
        Assert.Throws<ConfigException>(() => one.Say("again"));
        Talk.Between(one, other);
        Assert.Equal(2ul, one.Say("now").Header.Sequence);
        one.Restart(empty);
        Assert.Equal(3ul, one.Say("and after a restart").Header.Sequence);
    }
}
