using Vault.Identity;
using Vault.Primitives;

namespace Vault.Swarm;

// What was found out of others, for the next run: ids, and for each device when it was heard and a bit for each id.
public sealed partial class Keeper
{
    public void Save(ByteWriter writer, TimeSpan now)
    {
        map.Compact();
        ReadOnlySpan<ulong> ids = map.Ids;
        writer.UInt32((uint)ids.Length);
        foreach (ulong id in ids) writer.UInt64(id);
        writer.UInt16((ushort)peers.Count);
        foreach (KeptPeer peer in peers.Values)
        {
            writer.Device(peer.Device).UInt64(peer.Run).UInt64(peer.Sequence).Byte((byte)peer.Belief);
            Ago(peer.Connected ? now : peer.Heard);
            Ago(peer.Connected ? now : peer.MissedSince);
            Ago(peer.Proven);
            Ago(peer.BackAt);
            writer.UInt64((ulong)peer.LongestAway.TotalMilliseconds);
            writer.UInt64((ulong)Math.Max(0, (peer.BelievedAgain - now).TotalMilliseconds));
            for (int word = 0; word < (ids.Length + 63) >> 6; word++) writer.UInt64(peer.Column.Words[word]);
        }

        // One more than the milliseconds; zero for never.
        void Ago(TimeSpan? at) => writer.UInt64(at is { } time ? 1 + (ulong)Math.Max(0, (now - time).TotalMilliseconds) : 0);
    }

    /// <param name="away">How long ago it was saved, by a clock that may have been set meanwhile.</param>
    public void Load(ref ByteReader reader, TimeSpan now, TimeSpan away)
    {
        uint count = reader.TakeUInt32();
        if (reader.Failed || count > HoldingsLimits.Rows || reader.Rest.Length < count * (long)sizeof(ulong)) return;
        HeldId[] ids = new HeldId[count];
        for (int i = 0; i < ids.Length; i++) ids[i] = new HeldId(reader.TakeUInt64());
        map.Remember(ids);
        for (int left = reader.TakeUInt16(); left > 0 && !reader.Failed; left--)
        {
            DeviceId device = reader.TakeDevice();
            (ulong run, ulong sequence, byte belief, ulong heard, ulong missed, ulong proven, ulong back, ulong longest, ulong again) =
                (reader.TakeUInt64(), reader.TakeUInt64(), reader.TakeByte(), reader.TakeUInt64(), reader.TakeUInt64(), reader.TakeUInt64(), reader.TakeUInt64(), reader.TakeUInt64(), reader.TakeUInt64());
            ReadOnlySpan<byte> words = reader.Take((ids.Length + 63 >> 6) * sizeof(ulong));
            if (reader.Failed || belief > (byte)Belief.Lied || Peer(device) is not { } peer) continue;
            (peer.Run, peer.Sequence, peer.Belief, peer.Heard, peer.Proven) = (run, sequence, (Belief)belief, At(heard), At(proven));
            peer.MissedSince = At(missed) + away;
            (peer.IsKnown, peer.BackAt, peer.LongestAway) = (run != 0, At(back), TimeSpan.FromMilliseconds(Math.Min(longest, NewcomersPatience.TotalMilliseconds)));
            peer.BelievedAgain = now + TimeSpan.FromMilliseconds(Math.Min(again, ProofLimits.LiarsTerm.TotalMilliseconds)) - away;
            Due(peer, now);
            for (int i = 0; i < ids.Length; i++)
                if ((words[(i >> 6) * sizeof(ulong) + 7 - (i >> 3 & 7)] >> (i & 7) & 1) != 0) Has(peer, ids[i]);
        }

        TimeSpan? At(ulong ago) => ago == 0 ? null : now - away - TimeSpan.FromMilliseconds(Math.Min(ago - 1, TimeSpan.FromDays(3650).TotalMilliseconds));
    }
}
