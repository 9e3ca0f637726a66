using Vault.Blocks;
using Vault.Primitives;

namespace Vault.Swarm;

// What is known of others outlives a restart: without it, those who are away would be missed at once.
public sealed partial class VaultKeeping
{
    const int MaxFile = 1 << 28;
    const byte Version = 2;

    BlockId? scrubAt;
    DateTimeOffset scrubBegun;

    /// <summary>Whether and since when everything on the disk is being read.</summary>
    public (DateTimeOffset Begun, bool Running) Scrubbing => (scrubBegun, scrubAt != null);

    /// <summary>Hints, all of it: what can't be written or read is only found out anew.</summary>
    void Save()
    {
        lastSave = ports.Time.GetTimestamp();
        ByteWriter writer = new(1 << 16);
        writer.Byte(Version).UInt64((ulong)ports.Time.GetUtcNow().ToUnixTimeMilliseconds()).UInt64((ulong)Math.Max(0, scrubBegun.ToUnixTimeMilliseconds()));
        writer.Byte(scrubAt is null ? (byte)0 : (byte)1).Hash((scrubAt ?? default).Hash);
        lock (gate) keeper.Save(writer, Now);
        writer.Hash(Hash32.Of(writer.Written));
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(ports.File)!);
            File.WriteAllBytes(ports.File + ".new", writer.ToArray());
            File.Move(ports.File + ".new", ports.File, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The disk is full, most likely; who looks after the store says so.
        }
    }

    void Load()
    {
        byte[] bytes;
        try
        {
            if (!File.Exists(ports.File) || new FileInfo(ports.File).Length > MaxFile) return;
            bytes = File.ReadAllBytes(ports.File);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return;
        }
        if (bytes.Length < Hash32.Size || Hash32.Of(bytes.AsSpan(0, bytes.Length - Hash32.Size)) != new Hash32(bytes.AsSpan(bytes.Length - Hash32.Size))) return;
        ByteReader reader = new(bytes.AsSpan(0, bytes.Length - Hash32.Size));
        if (reader.TakeByte() != Version) return;
        TimeSpan away = ports.Time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds((long)reader.TakeUInt64());
        scrubBegun = DateTimeOffset.FromUnixTimeMilliseconds((long)reader.TakeUInt64());
        bool scrubs = reader.TakeByte() != 0;
        BlockId at = new(reader.TakeHash());
        scrubAt = scrubs ? at : null;
        lock (gate) keeper.Load(ref reader, Now, away > TimeSpan.Zero ? away : TimeSpan.Zero);
    }
}
