using System.Security.Cryptography;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>Makes records of entries and entries of records, with a vault's keys. For any thread. It borrows the keys.</summary>
public sealed class RecordSealer(VaultKeys keys, RandomSource random)
{
    public VaultId Vault => keys.Vault;

    /// <summary>Where a path stands in the catalog: a keyed hash, in the half of the file records. Only readers can work it out.</summary>
    public Hash32 PositionOf(VaultPath path)
    {
        Span<byte> digest = stackalloc byte[Hash32.Size];
        HmacSha256.Hash(keys.PositionKey.Span, path.ToUtf8(), digest);
        digest[0] |= 0x80;
        return new Hash32(digest);
    }

    /// <summary>A new version, sealed under the current secrets and signed.</summary>
    /// <param name="versions">What its author has seen of the path, and this version itself: <see cref="VersionVector.With"/>.</param>
    /// <param name="root">Where a file's content begins; durable, before anyone hears of it.</param>
    public FileRecord Seal(Ed25519Key device, RecordKind kind, Entry entry, VersionVector versions, BlockId? root = null) =>
        Seal(device, kind, entry, PositionOf(entry.Path), DeviceId.Of(device.Public), versions, root);

    /// <summary>The same for a caller who has worked out where the path stands, and who the device is.</summary>
    internal FileRecord Seal(Ed25519Key device, RecordKind kind, Entry entry, Hash32 position, DeviceId author, VersionVector versions, BlockId? root)
    {
        SecretEpoch epoch = keys.Current;
        byte[] open = FileRecord.EncodePublic(kind, position, author, versions, root, epoch.Number);
        byte[] plain = SealedEntry.Encode(kind, entry);
        byte[] body = new byte[open.Length + SealedEntry.Overhead + plain.Length];
        open.CopyTo(body, 0);
        Span<byte> nonce = body.AsSpan(open.Length, XChaCha20Poly1305.NonceSize);
        random.Fill(nonce);
        XChaCha20Poly1305.Encrypt(epoch.Record.Span, nonce, plain, open, body.AsSpan(open.Length + nonce.Length));
        CryptographicOperations.ZeroMemory(plain);
        return FileRecord.Parse(FileRecord.Sign(body, keys.Vault, device)) ?? throw new InvalidOperationException("A record that was written could not be read.");
    }

    /// <summary>Whether the secrets that a record is sealed under are here. Without them it isn't damaged, only closed.</summary>
    public bool CanOpen(FileRecord record) => keys.CanRead && keys.Epoch(record.Epoch) is { CanRead: true };

    /// <summary>
    /// Null for a record that is damaged, if <see cref="CanOpen"/> holds: not sealed with these secrets, not in canonical form, or
    /// of a path that breaks the rules or stands elsewhere. Such a record counts like any other and is shown as damaged; nothing
    /// of it is ever put on a disk as a file.
    /// </summary>
    public Entry? Open(FileRecord record)
    {
        if (!CanOpen(record)) return null;
        ReadOnlySpan<byte> @sealed = record.Sealed.Span;
        byte[] plain = new byte[@sealed.Length - SealedEntry.Overhead];
        bool opened = XChaCha20Poly1305.TryDecrypt(
            keys.Epoch(record.Epoch)!.Record.Span, @sealed[..XChaCha20Poly1305.NonceSize], @sealed[XChaCha20Poly1305.NonceSize..], record.Public.Span, plain);
        Entry? entry = opened ? SealedEntry.Decode(record.Kind, plain) : null;
        CryptographicOperations.ZeroMemory(plain);
        return entry != null && PositionOf(entry.Path) == record.Position ? entry : null;
    }
}
