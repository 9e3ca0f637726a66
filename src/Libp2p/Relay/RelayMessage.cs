using Vault.Libp2p.Multiaddrs;
using Vault.Libp2p.Protobuf;
using Vault.Primitives;

namespace Vault.Libp2p.Relay;

enum RelayStatus
{
    Ok = 100,
    ReservationRefused = 200,
    ResourceLimitExceeded = 201,
    PermissionDenied = 202,
    ConnectionFailed = 203,
    NoReservation = 204,
    MalformedMessage = 400,
    UnexpectedMessage = 401,
}

enum HopType { Reserve = 0, Connect = 1, Status = 2 }

enum StopType { Connect = 0, Status = 1 }

/// <summary>How long a reservation lasts, and where the reserved peer is reachable meanwhile.</summary>
sealed record Reservation(ulong ExpiresAtUnixSeconds, IReadOnlyList<Multiaddr> Addresses, byte[]? Voucher);

/// <summary>
/// A message of circuit relay v2. Both protocols carry the same parts under different numbers; the type is written even when it is
/// zero, because some readers require it.
/// </summary>
sealed record RelayMessage
{
    public const string Hop = "/libp2p/circuit/relay/0.2.0/hop";
    public const string Stop = "/libp2p/circuit/relay/0.2.0/stop";

    /// <summary>The specification's limit.</summary>
    public const int MaxSize = 4096;

    public int Type { get; init; }
    public PeerId? Peer { get; init; }
    public Reservation? Reservation { get; init; }
    public RelayStatus? Status { get; init; }
    public TimeSpan? Duration { get; init; }
    public ulong? Data { get; init; }

    public byte[] EncodeHop()
    {
        ProtoWriter writer = new ProtoWriter().Number(1, (ulong)Type);
        if (Peer is { } peer) writer.Message(2, new ProtoWriter().Bytes(1, peer.Bytes));
        if (Reservation is { } reservation)
        {
            ProtoWriter inner = new ProtoWriter().Number(1, reservation.ExpiresAtUnixSeconds);
            foreach (Multiaddr address in reservation.Addresses) inner.Bytes(2, address.Bytes);
            if (reservation.Voucher is not null) inner.Bytes(3, reservation.Voucher);
            writer.Message(3, inner);
        }
        WriteLimit(writer, 4);
        if (Status is { } status) writer.Number(5, (ulong)status);
        return writer.ToFramed();
    }

    public byte[] EncodeStop()
    {
        ProtoWriter writer = new ProtoWriter().Number(1, (ulong)Type);
        if (Peer is { } peer) writer.Message(2, new ProtoWriter().Bytes(1, peer.Bytes));
        WriteLimit(writer, 3);
        if (Status is { } status) writer.Number(4, (ulong)status);
        return writer.ToFramed();
    }

    void WriteLimit(ProtoWriter writer, int field)
    {
        if (Duration is null && Data is null) return;
        ProtoWriter limit = new();
        if (Duration is { } duration) limit.Number(1, (ulong)duration.TotalSeconds);
        if (Data is { } data) limit.Number(2, data);
        writer.Message(field, limit);
    }

    /// <summary>Null for what is malformed.</summary>
    public static RelayMessage? DecodeHop(ReadOnlySpan<byte> encoded) => Decode(encoded, hop: true);

    public static RelayMessage? DecodeStop(ReadOnlySpan<byte> encoded) => Decode(encoded, hop: false);

    static RelayMessage? Decode(ReadOnlySpan<byte> encoded, bool hop)
    {
        RelayMessage message = new();
        bool typed = false;
        ProtoReader reader = new(encoded);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    message = message with { Type = (int)Math.Min(reader.Number, int.MaxValue) };
                    typed = true;
                    break;
                case 2 when reader.IsBytes:
                    if (ReadPeer(reader.Bytes) is not { } peer) return null;
                    message = message with { Peer = peer };
                    break;
                case 3 when hop && reader.IsBytes: message = message with { Reservation = ReadReservation(reader.Bytes) }; break;
                case 3 or 4 when reader.IsBytes: message = message.WithLimit(reader.Bytes); break;
                case 4 when !hop:
                case 5 when hop:
                    message = message with { Status = (RelayStatus)Math.Min(reader.Number, int.MaxValue) };
                    break;
            }
        }
        return reader.Malformed || !typed ? null : message;
    }

    static PeerId? ReadPeer(ReadOnlySpan<byte> encoded)
    {
        PeerId? id = null;
        ProtoReader reader = new(encoded);
        while (reader.Next())
            if (reader.Field == 1) id = PeerId.FromBytes(reader.Bytes);
        return reader.Malformed ? null : id;
    }

    static Reservation ReadReservation(ReadOnlySpan<byte> encoded)
    {
        ulong expire = 0;
        List<Multiaddr> addresses = [];
        byte[]? voucher = null;
        ProtoReader reader = new(encoded);
        while (reader.Next())
        {
            if (reader.Field == 1) expire = reader.Number;
            else if (reader.Field == 2 && Multiaddr.FromBytes(reader.Bytes) is { } address) addresses.Add(address);
            else if (reader.Field == 3) voucher = reader.Bytes.ToArray();
        }
        return new Reservation(expire, addresses, voucher);
    }

    RelayMessage WithLimit(ReadOnlySpan<byte> encoded)
    {
        RelayMessage message = this;
        ProtoReader reader = new(encoded);
        while (reader.Next())
        {
            // At most a day: js-libp2p writes milliseconds where the specification says seconds, and nobody plans further.
            if (reader.Field == 1) message = message with { Duration = TimeSpan.FromSeconds(Math.Min(reader.Number, 86_400)) };
            else if (reader.Field == 2) message = message with { Data = reader.Number };
        }
        return message;
    }
}
