using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Identity.Tests;

public class VaultKeysTests
{
    static readonly VaultId vault = new(new byte[32]);
    static readonly byte[] sync = [.. Enumerable.Repeat((byte)1, 32)], read = [.. Enumerable.Repeat((byte)2, 32)];

    [Fact]
    public void Every_key_is_derived_as_specified()
    {
        TestVector vector = Vectors.Of("epoch");
        using VaultKeys keys = new(vault, [new SecretEpoch(0, vector.Bytes("sync"), vector.Bytes("read"))]);
        SecretEpoch epoch = keys.Current;
        (string Name, SecretBytes Key)[] derived =
        [
            ("gate", epoch.Gate), ("topic", epoch.Topic), ("gossip", epoch.Gossip), ("sketch", epoch.Sketch), ("position", keys.PositionKey),
            ("record", epoch.Record), ("convergence", epoch.Convergence), ("chunker", epoch.Chunker), ("room", epoch.Room),
        ];
        Assert.All(derived, pair => Assert.Equal(vector.Text(pair.Name), Convert.ToHexStringLower(pair.Key.Span)));
    }

    [Fact]
    public void A_new_vault_is_named_by_its_root_key_and_can_be_read()
    {
        using VaultKeys keys = VaultKeys.Create(RandomSource.Seeded(1));
        Assert.Equal(keys.Root!.Public, keys.Vault.RootKey);
        Assert.True(keys.CanRead);
        Assert.Equal(0u, keys.Current.Number);
    }

    [Fact]
    public void The_position_key_stays_while_epochs_pass()
    {
        using VaultKeys keys = VaultKeys.Create(RandomSource.Seeded(2));
        byte[] position = keys.PositionKey.Span.ToArray(), convergence = keys.Current.Convergence.Span.ToArray();
        Assert.True(keys.AddEpoch(3, sync, read));
        Assert.Equal(3u, keys.Current.Number);
        Assert.Equal(position, keys.PositionKey.Span.ToArray());
        Assert.NotEqual(convergence, keys.Current.Convergence.Span.ToArray());
        Assert.Equal(convergence, keys.Epoch(0)!.Convergence.Span.ToArray());
        Assert.Null(keys.Epoch(1));
    }

    [Fact]
    public void An_older_epoch_that_arrives_late_does_not_become_current()
    {
        using VaultKeys keys = new(vault, [new SecretEpoch(5, sync, read)]);
        Assert.False(keys.CanRead); // without the first epoch there is no position key
        Assert.True(keys.AddEpoch(0, read, sync));
        Assert.True(keys.CanRead);
        Assert.Equal(5u, keys.Current.Number);
    }

    [Fact]
    public void A_blind_holder_has_the_sync_keys_only_until_it_becomes_a_reader()
    {
        using VaultKeys keys = new(vault, [new SecretEpoch(0, sync)]);
        Assert.False(keys.CanRead);
        Assert.Equal(32, keys.Current.Gate.Length);
        Assert.Throws<InvalidOperationException>(() => keys.PositionKey);
        Assert.Throws<InvalidOperationException>(() => keys.Current.Convergence);

        Assert.True(keys.AddEpoch(0, sync, read));
        Assert.True(keys.CanRead);
        Assert.False(keys.AddEpoch(0, sync, read));
        Assert.False(keys.AddEpoch(0, sync));
        Assert.Equal(32, keys.PositionKey.Length);
    }

    [Fact]
    public void One_epoch_can_not_have_two_secrets()
    {
        using VaultKeys keys = new(vault, [new SecretEpoch(0, sync, read)]);
        Assert.Throws<ArgumentException>(() => keys.AddEpoch(0, read, read));
        Assert.Throws<ArgumentException>(() => keys.AddEpoch(0, sync, sync));
    }

    [Fact]
    public void Another_vaults_root_key_is_refused()
    {
        using Ed25519Key root = Ed25519Key.Generate(RandomSource.Seeded(3));
        using SecretEpoch epoch = new(0, sync, read);
        Assert.Throws<ArgumentException>(() => new VaultKeys(vault, [epoch], root));
    }

    [Fact]
    public void Epochs_are_limited()
    {
        using VaultKeys keys = new(vault, [new SecretEpoch(0, sync)]);
        for (uint number = 1; number < VaultKeys.MaxEpochs; number++) keys.AddEpoch(number, sync);
        Assert.Throws<LimitExceededException>(() => keys.AddEpoch(VaultKeys.MaxEpochs, sync));
    }

    [Fact]
    public void Disposing_the_keys_disposes_what_they_handed_out()
    {
        VaultKeys keys = VaultKeys.Create(RandomSource.Seeded(4));
        SecretBytes gate = keys.Current.Gate, position = keys.PositionKey;
        keys.Dispose();
        Assert.Throws<ObjectDisposedException>(() => gate.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => position.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => keys.Current.Topic);
    }
}
