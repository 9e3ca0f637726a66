using Vault.Libp2p.Yamux;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Libp2p.Tests.Yamux;

public class SessionTests
{
    static readonly MuxLimits Limits = new();

    static Session New(bool client, MuxLimits? limits = null) => new(client, limits ?? Limits, (limits ?? Limits).MaxWindow);

    static byte[] Frame(FrameType type, FrameFlags flags, uint stream, uint length, int payload = 0)
    {
        byte[] frame = new byte[FrameHeader.Size + payload];
        new FrameHeader(type, flags, stream, length).Write(frame);
        return frame;
    }

    static List<SessionEvent> Receive(Session session, byte[] bytes, TimeSpan now = default)
    {
        ReadOnlySpan<byte> input = bytes;
        List<SessionEvent> events = [];
        while (session.Receive(ref input, now, out _, out _) is var found and not SessionEvent.None) events.Add(found);
        return events;
    }

    static List<FrameHeader> Controls(Session session, TimeSpan now = default)
    {
        List<FrameHeader> frames = [];
        while (session.TryControl(now, out FrameHeader header) || session.TryCredit(int.MaxValue, out header)) frames.Add(header);
        return frames;
    }

    [Fact]
    public void Frames_are_encoded_as_the_vectors()
    {
        Dictionary<string, string> vectors = VectorFile.Load("yamux.txt");
        AssertFrame("open_stream_1_window", FrameType.WindowUpdate, FrameFlags.Syn, 1, 0);
        AssertFrame("ack_stream_1", FrameType.WindowUpdate, FrameFlags.Ack, 1, 0);
        AssertFrame("fin_stream_1", FrameType.WindowUpdate, FrameFlags.Fin, 1, 0);
        AssertFrame("rst_stream_1", FrameType.WindowUpdate, FrameFlags.Rst, 1, 0);
        AssertFrame("window_update_65536", FrameType.WindowUpdate, FrameFlags.None, 1, 65536);
        AssertFrame("ping_request_7", FrameType.Ping, FrameFlags.Syn, 0, 7);
        AssertFrame("ping_answer_7", FrameType.Ping, FrameFlags.Ack, 0, 7);
        AssertFrame("goaway_normal", FrameType.GoAway, FrameFlags.None, 0, 0);
        Assert.Equal(vectors["data_stream_1_hello"][..24], Convert.ToHexStringLower(Frame(FrameType.Data, FrameFlags.None, 1, 5)));

        void AssertFrame(string name, FrameType type, FrameFlags flags, uint stream, uint length)
        {
            byte[] frame = VectorFile.Hex(vectors[name]);
            Assert.Equal(new FrameHeader(type, flags, stream, length), FrameHeader.Read(frame));
            Assert.Equal(frame, Frame(type, flags, stream, length));
        }
    }

    [Fact]
    public void Ids_are_odd_for_the_dialer_even_for_the_listener_and_never_come_again()
    {
        Session client = New(true), server = New(false);
        Assert.Equal([1u, 3u, 5u], [client.Open()!.Id, client.Open()!.Id, client.Open()!.Id]);
        Assert.Equal(2u, server.Open()!.Id);
        Assert.Throws<ProtocolException>(() => Receive(New(false), Frame(FrameType.WindowUpdate, FrameFlags.Syn, 2, 0)));
        Assert.Throws<ProtocolException>(() => Receive(New(true), Frame(FrameType.WindowUpdate, FrameFlags.Syn, 1, 0)));
    }

    [Fact]
    public void A_stream_is_acknowledged_at_once_and_refused_beyond_the_limit()
    {
        Session server = New(false, Limits with { MaxInboundStreams = 1 });
        Assert.Equal([SessionEvent.Opened], Receive(server, Frame(FrameType.WindowUpdate, FrameFlags.Syn, 1, 0)));
        Assert.Empty(Receive(server, Frame(FrameType.WindowUpdate, FrameFlags.Syn, 3, 0)));
        Assert.Equal([new(FrameType.WindowUpdate, FrameFlags.Rst, 3, 0), new(FrameType.WindowUpdate, FrameFlags.Ack, 1, 0)], Controls(server));
    }

    [Fact]
    public void The_place_of_a_finished_stream_is_free_only_when_its_handler_has_returned()
    {
        Session server = New(false, Limits with { MaxInboundStreams = 1 });
        ReadOnlySpan<byte> open = Frame(FrameType.WindowUpdate, FrameFlags.Syn, 1, 0);
        server.Receive(ref open, default, out StreamState? stream, out _);
        Receive(server, Frame(FrameType.WindowUpdate, FrameFlags.Rst, 1, 0));
        Assert.Equal(1, server.InboundStreams);
        server.Release(stream!);
        Assert.Equal(0, server.InboundStreams);
    }

    [Fact]
    public void Opening_stops_at_the_backlog_until_the_other_side_acknowledges()
    {
        Session client = New(true, Limits with { MaxBacklog = 2 });
        client.Open();
        client.Open();
        Assert.Null(client.Open());
        Assert.True(client.MayOpenLater);
        Receive(client, Frame(FrameType.WindowUpdate, FrameFlags.Ack, 1, 0));
        Assert.NotNull(client.Open());
    }

    [Fact]
    public void A_frame_past_the_window_ends_the_session_and_one_that_fills_it_does_not()
    {
        Session server = New(false);
        Receive(server, Frame(FrameType.WindowUpdate, FrameFlags.Syn, 1, 0));
        Receive(server, Frame(FrameType.Data, FrameFlags.None, 1, MuxLimits.InitialWindow, MuxLimits.InitialWindow));
        Assert.Throws<ProtocolException>(() => Receive(server, Frame(FrameType.Data, FrameFlags.None, 1, 1, 1)));
    }

    [Fact]
    public void The_id_of_a_living_stream_can_not_be_opened_again()
    {
        Session server = New(false);
        Receive(server, Frame(FrameType.WindowUpdate, FrameFlags.Syn, 1, 0));
        Assert.Throws<ProtocolException>(() => Receive(server, Frame(FrameType.WindowUpdate, FrameFlags.Syn, 1, 0)));
    }

    [Fact]
    public void Frames_for_streams_that_are_gone_are_dropped_with_their_payload()
    {
        Session server = New(false);
        Assert.Empty(Receive(server, Frame(FrameType.Data, FrameFlags.None, 77, 5, 5)));
        Assert.Equal([SessionEvent.Opened], Receive(server, Frame(FrameType.WindowUpdate, FrameFlags.Syn, 1, 0)));
    }

    [Fact]
    public void Payload_on_the_frame_that_carries_fin_comes_before_the_end()
    {
        Session server = New(false);
        Assert.Equal([SessionEvent.Opened, SessionEvent.Data, SessionEvent.Finished],
            Receive(server, Frame(FrameType.Data, FrameFlags.Syn | FrameFlags.Fin, 1, 5, 5)));
    }

    [Fact]
    public void What_was_never_read_is_bounded_over_all_streams()
    {
        Session server = New(false, Limits with { MaxUnread = 100 });
        Assert.Equal([SessionEvent.Opened, SessionEvent.Data], Receive(server, Frame(FrameType.Data, FrameFlags.Syn, 1, 60, 60)));
        Assert.Equal([SessionEvent.Opened, SessionEvent.Reset], Receive(server, Frame(FrameType.Data, FrameFlags.Syn, 3, 60, 60)));
        Assert.Equal(60, server.Unread);
        Receive(server, Frame(FrameType.WindowUpdate, FrameFlags.Rst, 1, 0));
        Assert.Equal(0, server.Unread);
    }

    [Fact]
    public void A_storm_of_resets_ends_the_session_and_a_calm_stream_of_them_does_not()
    {
        Session calm = New(false), storm = New(false);
        for (uint i = 0; i < 10_000; i++) OpenAndReset(calm, 2 * i + 1, TimeSpan.FromSeconds(i / (double)Limits.ResetsPerSecond));
        Assert.Throws<LimitExceededException>(() =>
        {
            for (uint i = 0; i < 10_000; i++) OpenAndReset(storm, 2 * i + 1, default);
        });

        static void OpenAndReset(Session session, uint id, TimeSpan now)
        {
            ReadOnlySpan<byte> frames = (byte[])[.. Frame(FrameType.WindowUpdate, FrameFlags.Syn, id, 0), .. Frame(FrameType.WindowUpdate, FrameFlags.Rst, id, 0)];
            session.Receive(ref frames, now, out StreamState? stream, out _);
            session.Release(stream!);
            session.Receive(ref frames, now, out _, out _);
            Controls(session);
        }
    }

    [Fact]
    public void Pings_and_refusals_that_nobody_collects_end_the_session()
    {
        Session server = New(false, Limits with { MaxAnswersWaiting = 10 });
        Assert.Throws<LimitExceededException>(() =>
        {
            for (uint i = 0; i < 100; i++) Receive(server, Frame(FrameType.Ping, FrameFlags.Syn, 0, i));
        });
    }

    [Fact]
    public void A_ping_measures_the_round_trip_and_an_unasked_answer_is_ignored()
    {
        Session session = New(true);
        Receive(session, Frame(FrameType.Ping, FrameFlags.Ack, 0, 1));
        session.Ping();
        FrameHeader ping = Assert.Single(Controls(session, TimeSpan.FromSeconds(1)));
        Receive(session, Frame(FrameType.Ping, FrameFlags.Ack, 0, ping.Length), TimeSpan.FromSeconds(1.25));
        Assert.Equal(TimeSpan.FromSeconds(0.25), session.RoundTrip);
        Assert.True(session.Ping());
        Assert.False(session.Ping());
    }

    [Fact]
    public void Fin_travels_on_a_frame_of_its_own_after_the_last_byte()
    {
        Session client = New(true);
        StreamState stream = client.Open()!;
        client.Send(stream, 10);
        client.Finish(stream);
        Assert.Equal([new(FrameType.WindowUpdate, FrameFlags.Syn, 1, 0)], Controls(client));
        Assert.True(client.TryTurn(1000, out _, out int length));
        Assert.Equal(10, length);
        Assert.Equal([new(FrameType.WindowUpdate, FrameFlags.Fin, 1, 0)], Controls(client));
    }

    [Fact]
    public void Small_streams_go_first_and_bulk_streams_take_turns_without_starving()
    {
        Session client = New(true);
        StreamState bulk1 = client.Open()!, bulk2 = client.Open()!, chat = client.Open()!;
        Controls(client);
        client.Send(bulk1, 200_000);
        client.Send(bulk2, 200_000);
        client.Send(chat, 100);
        List<uint> turns = [];
        for (int i = 0; i < 30; i++)
        {
            Assert.True(client.TryTurn(60_000, out StreamState stream, out int length));
            Assert.True(length <= 16 * 1024);
            turns.Add(stream.Id);
            client.Send(chat, 100); // never silent
        }
        Assert.Equal(chat.Id, turns[0]);
        Assert.Equal([bulk1.Id, bulk2.Id, bulk1.Id], turns.Where(id => id != chat.Id).Take(3));
    }

    [Fact]
    public void The_receive_window_doubles_while_it_is_what_holds_the_stream_back()
    {
        ReceiveWindow fast = new(Limits.MaxWindow), slow = new(Limits.MaxWindow), unknown = new(Limits.MaxWindow), near = new(Limits.MaxWindow), idle = new(Limits.MaxWindow);
        TimeSpan rtt = TimeSpan.FromMilliseconds(10), nearRtt = TimeSpan.FromMilliseconds(0.05);
        for (int i = 1; i < 50; i++)
        {
            Use(ref fast, rtt * i, rtt);
            Use(ref slow, rtt * i * 10, rtt);
            Use(ref unknown, rtt * i, null);
            Use(ref near, TimeSpan.FromMilliseconds(3) * i, nearRtt);
            Use(ref idle, TimeSpan.FromMilliseconds(5) * i, nearRtt);
        }
        Assert.Equal(Limits.MaxWindow, fast.Size);
        Assert.Equal(MuxLimits.InitialWindow, slow.Size);
        Assert.Equal(MuxLimits.InitialWindow, unknown.Size);
        Assert.Equal(Limits.MaxWindow, near.Size);
        Assert.Equal(MuxLimits.InitialWindow, idle.Size);

        static void Use(ref ReceiveWindow window, TimeSpan now, TimeSpan? rtt)
        {
            int bytes = window.Remaining;
            Assert.True(window.TryTake((uint)bytes));
            window.Free(bytes, now, rtt);
        }
    }

    [Fact]
    public void The_receive_window_comes_back_in_quarters()
    {
        ReceiveWindow window = new(MuxLimits.InitialWindow);
        const int Quarter = MuxLimits.InitialWindow / 4;
        Assert.True(window.TryTake(MuxLimits.InitialWindow));
        Assert.Equal(0, window.Free(Quarter - 1, TimeSpan.Zero, null));
        Assert.Equal(Quarter, window.Free(1, TimeSpan.Zero, null));
        Assert.Equal(Quarter, window.Remaining);
    }

    [Fact]
    public void Two_sessions_move_every_byte_within_the_windows_whatever_the_order_of_things()
    {
        Seed.Check(LongRun.Cases(300, 20_000), random =>
        {
            Session near = New(true), far = New(false);
            List<StreamState> open = [];
            Dictionary<uint, (long Sent, long Received, StreamState Far)> ledger = [];
            TimeSpan now = default;
            for (int step = 0; step < 300; step++)
            {
                now += TimeSpan.FromMilliseconds(random.Below(5));
                switch (random.Below(4))
                {
                    case 0 when open.Count < 20 && near.Open() is { } opened: open.Add(opened); break;
                    case 1 when open.Count > 0: near.Send(open[random.Below(open.Count)], random.Below(300_000)); break;
                    case 2: Pump(random.Below(70_000) + 300, consume: random.Below(2) == 0); break;
                    case 3 when random.Below(10) == 0: far.Ping(); break;
                }
            }
            // Everything is consumed in the end: then nothing may be left waiting on either side.
            for (int i = 0; i < 2000 && (near.HasOutput || far.HasOutput || open.Any(stream => stream.Pending > 0)); i++) Pump(65_000, consume: true);
            Assert.All(open, stream => Assert.Equal(0, stream.Pending));
            Assert.All(ledger.Values, entry => Assert.Equal(entry.Sent, entry.Received));
            Assert.Equal(0, far.Unread);

            void Pump(int room, bool consume)
            {
                foreach (FrameHeader header in Controls(near, now)) Deliver(far, header, 0, consume);
                if (near.TryTurn(room, out StreamState stream, out int length))
                {
                    var entry = ledger.GetValueOrDefault(stream.Id);
                    ledger[stream.Id] = entry with { Sent = entry.Sent + length };
                    Deliver(far, new FrameHeader(FrameType.Data, FrameFlags.None, stream.Id, (uint)length), length, consume);
                }
                if (consume)
                    foreach (StreamState waiting in far.Streams.ToArray()) far.Consume(waiting, waiting.Unread, now);
                foreach (FrameHeader header in Controls(far, now)) Deliver(near, header, 0, consume);
            }

            void Deliver(Session to, FrameHeader header, int payload, bool consume)
            {
                byte[] frame = new byte[FrameHeader.Size + payload];
                header.Write(frame);
                // Cut anywhere: the machine must not care.
                int cut = random.Below(frame.Length + 1);
                foreach (byte[] part in new[] { frame[..cut], frame[cut..] })
                {
                    ReadOnlySpan<byte> input = part;
                    while (to.Receive(ref input, now, out StreamState? stream, out ReadOnlySpan<byte> bytes) is var found and not SessionEvent.None)
                        if (found == SessionEvent.Data)
                        {
                            var entry = ledger.GetValueOrDefault(stream!.Id);
                            ledger[stream.Id] = entry with { Received = entry.Received + bytes.Length };
                        }
                }
            }
        });
    }

    [Fact]
    public void Mutated_frames_end_in_events_or_a_fault_and_keep_nothing_without_bound()
    {
        byte[] good =
        [
            .. Frame(FrameType.WindowUpdate, FrameFlags.Syn, 1, 0), .. Frame(FrameType.Data, FrameFlags.None, 1, 20, 20), .. Frame(FrameType.Ping, FrameFlags.Syn, 0, 9),
            .. Frame(FrameType.WindowUpdate, FrameFlags.None, 1, 1000), .. Frame(FrameType.Data, FrameFlags.Syn | FrameFlags.Fin, 3, 4, 4), .. Frame(FrameType.WindowUpdate, FrameFlags.Rst, 1, 0),
        ];
        Seed.Check(LongRun.Cases(100_000, 1_000_000), random =>
        {
            Session session = New(false);
            try
            {
                Receive(session, Mutation.Of(good, random));
            }
            catch (Exception e) when (e is ProtocolException or LimitExceededException)
            {
                return;
            }
            Assert.True(session.Unread <= 64 * good.Length);
            Assert.True(session.Streams.Count <= good.Length);
        });
    }
}
