using System.Buffers;
using System.IO.Pipelines;
using Vault.Libp2p.Multiaddrs;
using Vault.Libp2p.Protobuf;
using Vault.Libp2p.Records;
using Vault.Primitives;

namespace Vault.Libp2p.Relay;

/// <summary>What relaying for others may cost this node.</summary>
public sealed record RelayLimits
{
    /// <summary>Peers that may be reached through us at a time; each costs an entry in a table.</summary>
    public int MaxReservations { get; init; } = 128;

    public TimeSpan ReservationTime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Circuits at a time: two streams each, and whatever they carry.</summary>
    public int MaxCircuits { get; init; } = 64;

    /// <summary>Circuits at a time that one peer takes part in, as either end.</summary>
    public int MaxCircuitsPerPeer { get; init; } = 8;

    /// <summary>How long one circuit lasts and how many bytes it carries each way: enough to talk, too little to live on.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(10);

    public long Data { get; init; } = 16 * 1024 * 1024;

    /// <summary>For the reserved peer to say that it accepts a circuit.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>A bounded circuit relay v2: keeps reservations, and splices two streams when somebody asks for a reserved peer.</summary>
public sealed class RelayService
{
    static ReadOnlySpan<byte> VoucherType => [0x03, 0x02];
    const string VoucherDomain = "libp2p-relay-rsvp";

    readonly Node node;
    readonly Ed25519Key key;
    readonly RelayLimits limits;
    readonly TimeProvider time;
    readonly Lock gate = new();
    readonly Dictionary<PeerId, DateTimeOffset> reservations = [];
    readonly Dictionary<PeerId, int> circuitsOf = [];
    int circuits;

    /// <param name="key">The node's own; signs vouchers. Borrowed.</param>
    public RelayService(Node node, Ed25519Key key, RelayLimits limits, TimeProvider time)
    {
        (this.node, this.key, this.limits, this.time) = (node, key, limits, time);
        node.Handle(RelayMessage.Hop, ServeAsync);
        node.PeerDisconnected += peer =>
        {
            lock (gate) reservations.Remove(peer);
        };
    }

    public int Circuits
    {
        get { lock (gate) return circuits; }
    }

    async Task ServeAsync(PeerStream stream, CancellationToken cancel)
    {
        byte[]? encoded = await Framing.ReadAsync(stream.Input, RelayMessage.MaxSize, cancel);
        RelayMessage? request = encoded is null ? null : RelayMessage.DecodeHop(encoded);
        // A circuit over a circuit would let a few bytes be carried by many.
        if (request is not null && stream.Connection.IsLimited) await AnswerAsync(stream, RelayStatus.PermissionDenied, cancel);
        else if (request is { Type: (int)HopType.Reserve }) await ReserveAsync(stream, cancel);
        else if (request is { Type: (int)HopType.Connect, Peer: { } target }) await ConnectAsync(stream, target, cancel);
        else await AnswerAsync(stream, request is null or { Type: (int)HopType.Connect } ? RelayStatus.MalformedMessage : RelayStatus.UnexpectedMessage, cancel);
    }

    async Task ReserveAsync(PeerStream stream, CancellationToken cancel)
    {
        DateTimeOffset now = time.GetUtcNow(), expires = now + limits.ReservationTime;
        bool granted;
        lock (gate)
        {
            foreach ((PeerId peer, DateTimeOffset until) in reservations)
                if (until <= now) reservations.Remove(peer);
            granted = reservations.ContainsKey(stream.Peer) || reservations.Count < limits.MaxReservations;
            if (granted) reservations[stream.Peer] = expires;
        }
        if (!granted)
        {
            await AnswerAsync(stream, RelayStatus.ReservationRefused, cancel);
            return;
        }
        ulong seconds = (ulong)expires.ToUnixTimeSeconds();
        byte[] voucher = new ProtoWriter().Bytes(1, node.Id.Bytes).Bytes(2, stream.Peer.Bytes).Number(3, seconds).ToArray();
        RelayMessage answer = new()
        {
            Type = (int)HopType.Status,
            Status = RelayStatus.Ok,
            Reservation = new Reservation(seconds, [.. node.Addresses.Where(address => !address.IsCircuit)], SignedEnvelope.Seal(key, VoucherDomain, VoucherType, voucher).Encode()),
            Duration = limits.Duration,
            Data = (ulong)limits.Data,
        };
        await stream.Output.WriteAsync(answer.EncodeHop(), cancel);
    }

    async Task ConnectAsync(PeerStream source, PeerId target, CancellationToken cancel)
    {
        if (TryCount(source.Peer, target) is { } refusal)
        {
            await AnswerAsync(source, refusal, cancel);
            return;
        }
        try
        {
            await using PeerStream? destination = await CallAsync(source.Peer, target, cancel);
            if (destination is null)
            {
                await AnswerAsync(source, RelayStatus.ConnectionFailed, cancel);
                return;
            }
            RelayMessage connected = new() { Type = (int)HopType.Status, Status = RelayStatus.Ok, Duration = limits.Duration, Data = (ulong)limits.Data };
            await source.Output.WriteAsync(connected.EncodeHop(), cancel);
            await SpliceAsync(source, destination, cancel);
        }
        finally
        {
            lock (gate)
            {
                circuits--;
                Uncount(source.Peer);
                Uncount(target);
            }
        }
    }

    /// <summary>Takes a place for a circuit; the reason when there is none.</summary>
    RelayStatus? TryCount(PeerId source, PeerId target)
    {
        lock (gate)
        {
            if (!reservations.TryGetValue(target, out DateTimeOffset until) || until <= time.GetUtcNow()) return RelayStatus.NoReservation;
            int most = Math.Max(circuitsOf.GetValueOrDefault(source), circuitsOf.GetValueOrDefault(target));
            if (circuits >= limits.MaxCircuits || most >= limits.MaxCircuitsPerPeer) return RelayStatus.ResourceLimitExceeded;
            circuits++;
            circuitsOf[source] = circuitsOf.GetValueOrDefault(source) + 1;
            circuitsOf[target] = circuitsOf.GetValueOrDefault(target) + 1;
            return null;
        }
    }

    void Uncount(PeerId peer)
    {
        if (--circuitsOf[peer] == 0) circuitsOf.Remove(peer);
    }

    /// <summary>A stream to the reserved peer, who has accepted; null when it didn't.</summary>
    async Task<PeerStream?> CallAsync(PeerId source, PeerId target, CancellationToken cancel)
    {
        using CancellationTokenSource deadline = new(limits.ConnectTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        PeerStream? stream = null;
        try
        {
            if (node.FindConnection(target) is not { IsLimited: false } connection) return null;
            stream = await connection.OpenStreamAsync([RelayMessage.Stop], lazy: false, either.Token);
            RelayMessage call = new() { Type = (int)StopType.Connect, Peer = source, Duration = limits.Duration, Data = (ulong)limits.Data };
            await stream.Output.WriteAsync(call.EncodeStop(), either.Token);
            byte[]? encoded = await Framing.ReadAsync(stream.Input, RelayMessage.MaxSize, either.Token);
            if (encoded is not null && RelayMessage.DecodeStop(encoded) is { Type: (int)StopType.Status, Status: RelayStatus.Ok }) return stream;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancel.IsCancellationRequested)
        {
            // Whatever it was, the peer can't be reached through us now.
        }
        stream?.Abort("the peer did not accept the circuit");
        return null;
    }

    async Task SpliceAsync(PeerStream one, PeerStream other, CancellationToken cancel)
    {
        using CancellationTokenSource over = new(limits.Duration, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancel);
        using CancellationTokenRegistration cut = either.Token.Register(() => AbortBoth("the circuit's time is up"));
        await Task.WhenAll(CarryAsync(one, other), CarryAsync(other, one));

        async Task CarryAsync(PeerStream from, PeerStream to)
        {
            try
            {
                for (long carried = 0; ;)
                {
                    ReadResult result = await from.Input.ReadAsync(either.Token);
                    carried += result.Buffer.Length;
                    if (carried > limits.Data)
                    {
                        AbortBoth("the circuit has carried all it may");
                        return;
                    }
                    foreach (ReadOnlyMemory<byte> segment in result.Buffer) await to.Output.WriteAsync(segment, either.Token);
                    from.Input.AdvanceTo(result.Buffer.End);
                    if (result.IsCompleted) break;
                }
                await to.Output.CompleteAsync();
            }
            catch (Exception)
            {
                // One end broke; then the other has nothing to wait for.
                AbortBoth("the other end of the circuit is gone");
            }
        }

        void AbortBoth(string reason)
        {
            one.Abort(reason);
            other.Abort(reason);
        }
    }

    static async Task AnswerAsync(PeerStream stream, RelayStatus status, CancellationToken cancel) =>
        await stream.Output.WriteAsync(new RelayMessage { Type = (int)HopType.Status, Status = status }.EncodeHop(), cancel);
}
