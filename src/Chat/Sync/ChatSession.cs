using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Threading.Channels;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Chat;

/// <summary>
/// Keeps a log in step with one peer's over a stream, for as long as it lasts: heads are compared at the beginning and every minute,
/// what is missing is asked for, and what comes in here is passed on at once, whoever wrote it. One loop owns the machine; it goes on
/// reading while the peer doesn't, so that two that both have much to say never wait for each other.
/// </summary>
public sealed class ChatSession(ChatLog log, IDuplexPipe pipe, DeviceId peer, DeviceId? self, TimeProvider time)
{
    const int HeadSize = 4;

    /// <summary>Messages that were read and not looked at: 2 MiB at most. Further ones stay in the stream, and stop the peer.</summary>
    const int InboxMessages = 8;

    /// <summary>News that wait for the loop; beyond it heads are compared.</summary>
    const int QueuedNews = 1024;

    /// <summary>So many at once are a backfill: whoever lacks them asks for them in batches.</summary>
    const int Burst = 64;

    /// <summary>Pushed messages get lost with a stream; heads don't.</summary>
    static readonly TimeSpan CompareEvery = TimeSpan.FromMinutes(1);

    readonly ConcurrentQueue<SignedMessage> news = new();
    readonly ConcurrentQueue<ForkProof> forks = new();
    readonly Channel<bool> wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    int moved, due, again;
    bool flushing, peerIsDeaf, owed;
    (bool Owed, long Answers) before; // when heads were last compared

    /// <summary>All that the peer had is here.</summary>
    public bool IsInStep { get; private set; }

    /// <summary>Members have changed: what wasn't taken may be now.</summary>
    public void Recheck() => Raise(ref again);

    /// <summary>Until the stream ends, the peer breaks the rules (<see cref="ProtocolException"/>), or <paramref name="stop"/> is set.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using ChatSync machine = new(log, peer, self);
        Channel<ChatWire> inbox = Channel.CreateBounded<ChatWire>(InboxMessages);
        Task reading = ReadAsync(inbox.Writer, ended.Token), flushed = Task.CompletedTask;
        ITimer timer = time.CreateTimer(_ => Raise(ref due), null, CompareEvery, CompareEvery);
        log.Added += OnAdded;
        log.Forked += OnForked;
        Exception? fault = null;
        try
        {
            machine.Begin();
            while (true)
            {
                while (!Volatile.Read(ref flushing) && machine.Next() is { } message)
                {
                    Write(message.Span);
                    flushing = true;
                    flushed = FlushAsync(ended.Token);
                }
                IsInStep = machine.IsInStep;
                Volatile.Write(ref owed, machine.IsOwed);
                if (Volatile.Read(ref peerIsDeaf)) break;
                if (inbox.Reader.TryRead(out ChatWire? received)) machine.Receive(received);
                else if (!Tell(machine))
                {
                    if (inbox.Reader.Completion.IsCompleted) break;
                    await wake.Reader.ReadAsync(stop);
                }
            }
            if (inbox.Reader.Completion.IsCompleted) await reading; // it is about to end, and says why
        }
        catch (Exception failure)
        {
            fault = failure;
            throw;
        }
        finally
        {
            log.Added -= OnAdded;
            log.Forked -= OnForked;
            IsInStep = false;
            await ended.CancelAsync();
            await timer.DisposeAsync();
            await Task.WhenAll(reading, flushed).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            await pipe.Output.CompleteAsync(fault);
            await pipe.Input.CompleteAsync(fault);
        }
    }

    /// <summary>Hands the machine what has happened here. False when that is nothing.</summary>
    bool Tell(ChatSync machine)
    {
        bool told = false;
        for (; forks.TryDequeue(out ForkProof? proof); told = true) machine.Announce(proof);
        for (; news.TryDequeue(out SignedMessage? message); told = true) machine.Announce(message);
        if (Interlocked.Exchange(ref moved, 0) == 1) { machine.AnnounceHeads(); told = true; }
        if (Interlocked.Exchange(ref again, 0) == 1) { machine.Recheck(); told = true; }
        if (Interlocked.Exchange(ref due, 0) == 1) { CompareAgain(machine); told = true; }
        return told;
    }

    void CompareAgain(ChatSync machine)
    {
        // Whoever lists what it doesn't bring would keep this side waiting, and perhaps silent, for as long as it likes.
        (bool Owed, long Answers) now = (machine.IsOwed, machine.Answers);
        if (now.Owed && now == before) throw new ProtocolException("the peer doesn't bring what it has listed");
        before = now;
        machine.Begin();
    }

    // What was asked for is examined here, while the loop stores the part before it.
    async Task ReadAsync(ChannelWriter<ChatWire> inbox, CancellationToken stop)
    {
        try
        {
            while (await ReadAsync(stop) is { } bytes)
            {
                ChatWire message = ChatSync.Read(bytes);
                if (Volatile.Read(ref owed) && message is ChatWire.Messages { Part: not MessagesPart.News } answer) log.Examine(answer.Values);
                await inbox.WriteAsync(message, stop);
                Wake();
            }
        }
        finally
        {
            inbox.Complete();
            Wake();
        }
    }

    /// <summary>The next message; null when the stream has ended.</summary>
    async ValueTask<byte[]?> ReadAsync(CancellationToken stop)
    {
        while (true)
        {
            ReadResult read = await pipe.Input.ReadAsync(stop);
            byte[]? message = Take(read.Buffer, out SequencePosition consumed);
            pipe.Input.AdvanceTo(consumed, message is null ? read.Buffer.End : consumed);
            if (message != null) return message;
            if (!read.IsCompleted) continue;
            return read.Buffer.IsEmpty ? null : throw new ProtocolException("the stream ended in the middle of a message");
        }
    }

    static byte[]? Take(ReadOnlySequence<byte> buffer, out SequencePosition consumed)
    {
        consumed = buffer.Start;
        if (buffer.Length < HeadSize) return null;
        Span<byte> head = stackalloc byte[HeadSize];
        buffer.Slice(0, HeadSize).CopyTo(head);
        int length = BinaryPrimitives.ReadInt32BigEndian(head);
        if (length is <= 0 or > ChatWire.MaxSize) throw new ProtocolException($"the peer sends a message of {(uint)length} bytes");
        if (buffer.Length < HeadSize + length) return null;
        consumed = buffer.GetPosition(HeadSize + length);
        return buffer.Slice(HeadSize, length).ToArray();
    }

    void Write(ReadOnlySpan<byte> message)
    {
        BinaryPrimitives.WriteInt32BigEndian(pipe.Output.GetSpan(HeadSize), message.Length);
        pipe.Output.Advance(HeadSize);
        pipe.Output.Write(message);
    }

    async Task FlushAsync(CancellationToken stop)
    {
        try
        {
            if ((await pipe.Output.FlushAsync(stop)).IsCompleted) Volatile.Write(ref peerIsDeaf, true);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            Volatile.Write(ref peerIsDeaf, true); // reading will say why
        }
        finally
        {
            Volatile.Write(ref flushing, false);
            Wake();
        }
    }

    void OnAdded(IReadOnlyList<SignedMessage> messages)
    {
        if (messages.Count > Burst || news.Count > QueuedNews) Raise(ref moved);
        else
        {
            foreach (SignedMessage message in messages) news.Enqueue(message);
            Wake();
        }
    }

    void OnForked(ForkProof proof)
    {
        forks.Enqueue(proof); // few: a chain is proven to fork at ever earlier places only
        Wake();
    }

    void Raise(ref int flag)
    {
        Volatile.Write(ref flag, 1);
        Wake();
    }

    void Wake() => wake.Writer.TryWrite(true);
}
