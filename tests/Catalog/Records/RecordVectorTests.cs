using System.Globalization;
using System.Text;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

/// <summary>What tests/vectors/records.py, a second implementation, has made.</summary>
public sealed class RecordVectorTests : IDisposable
{
    static readonly IReadOnlyList<TestVector> vectors = TestVector.Load("records.txt");
    static readonly TestVector made = vectors[0];

    readonly VaultKeys keys = new(new VaultId(made.Bytes("vault")), [Epoch(0), Epoch(7)], Ed25519Key.FromSeed(made.Bytes("root_seed")));
    readonly VaultKeys oldKeys = new(new VaultId(made.Bytes("vault")), [Epoch(0)]);
    readonly Ed25519Key[] devices = [.. Enumerable.Range(0, 3).Select(i => Ed25519Key.FromSeed(made.Bytes($"seed{i}")))];

    static SecretEpoch Epoch(uint number) => new(number, made.Bytes($"sync{number}"), made.Bytes($"read{number}"));

    static IEnumerable<TestVector> Records => vectors.Where(vector => vector.Text("what") == "record");

    [Fact]
    public void Records_are_written_to_the_byte() => Assert.All(Records, vector =>
    {
        RecordSealer sealer = new(vector.Int("epoch") == 0 ? oldKeys : keys, new Prepared(vector.Bytes("nonce")));
        byte[] root = vector.Bytes("root");
        FileRecord record = sealer.Seal(
            devices[vector.Int("author")], (RecordKind)vector.Int("kind"), EntryOf(vector), VersionsOf(vector), root.Length == 0 ? null : new BlockId(root));
        Assert.Equal(vector.Bytes("bytes"), record.Encode().ToArray());
    });

    [Fact]
    public void Records_are_read_as_they_were_meant() => Assert.All(Records, vector =>
    {
        FileRecord? record = FileRecord.Parse(vector.Bytes("bytes"));
        Assert.NotNull(record);
        Assert.Equal((RecordKind)vector.Int("kind"), record.Kind);
        Assert.Equal(made.Bytes($"device{vector.Int("author")}"), record.Author.ToArray());
        Assert.Equal(VersionsOf(vector), record.Versions);
        Assert.Equal(vector.Int("epoch"), (int)record.Epoch);
        Assert.Equal(vector.Bytes("root"), record.Root?.Hash.ToArray() ?? []);
        Assert.Equal(vector.Bytes("position"), record.Position.ToArray());
        Assert.Equal(vector.Bytes("content"), record.Content.ToArray());
        Assert.Equal(vector.Bytes("digest"), record.Leaf.Digest.ToArray());
        Assert.True(record.IsSignedBy(keys.Vault, devices[vector.Int("author")].Public));

        Entry? entry = new RecordSealer(keys, RandomSource.System).Open(record);
        Assert.Equal(EntryOf(vector), entry);
        Assert.Equal(vector.Bytes("plain"), SealedEntry.Encode(record.Kind, entry!));
        Assert.Equal(Encoding.UTF8.GetString(vector.Bytes("conflict")), Heads.ConflictName(entry!.Path, record)?.Text);
    });

    static VersionVector VersionsOf(TestVector vector) => VersionVector.Of([.. vector.Text("versions").Split(' ').Select(pair => pair.Split(':')).Select(pair =>
        new VersionEntry(new DeviceId(made.Bytes($"device{pair[0]}")), new HybridTime(ulong.Parse(pair[1], CultureInfo.InvariantCulture))))]);

    static Entry EntryOf(TestVector vector) => new(VaultPath.Parse(vector.Bytes("path"))!)
    {
        Mode = (ushort)vector.Int("mode"),
        ModifiedNs = long.Parse(vector.Text("modified"), CultureInfo.InvariantCulture),
        Size = (long)vector.Number("size"),
        ContentKey = vector.Text("key").Length > 0 ? new ContentKey(new Hash32(vector.Bytes("key"))) : null,
        Target = TextOf(vector, "target"),
        Tags = TextOf(vector, "tags")?.Split(',') ?? [],
        Mime = TextOf(vector, "mime"),
        Application = TextOf(vector, "application"),
        User = TextOf(vector, "user"),
        Extensions = [.. vector.Text("extensions").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(item => item.Split(':'))
            .Select(item => new EntryExtension(byte.Parse(item[0], CultureInfo.InvariantCulture), Convert.FromHexString(item[1])))],
    };

    static string? TextOf(TestVector vector, string name) => vector.Bytes(name) is { Length: > 0 } bytes ? Encoding.UTF8.GetString(bytes) : null;

    public void Dispose()
    {
        keys.Dispose();
        oldKeys.Dispose();
        foreach (Ed25519Key device in devices) device.Dispose();
    }
}
