using System.Text;
using Vault.Primitives;

namespace Vault.Identity;

/// <summary>
/// A name for those who may read it: sealed under the read secret of an epoch, or, where a blind holder names itself, under the
/// sync secret. Padded to 64 bytes, so that its length says little.
/// </summary>
public sealed record SealedName
{
    const int Step = 64;
    const byte UnderSync = 1, UnderRead = 2;
    const int NonceSize = XChaCha20Poly1305.NonceSize, TagSize = XChaCha20Poly1305.TagSize;
    static readonly UTF8Encoding strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    readonly uint epoch;
    readonly byte secret;
    readonly byte[] box; // nonce, ciphertext, tag

    SealedName(uint epoch, byte secret, byte[] box)
    {
        this.epoch = epoch;
        this.secret = secret;
        this.box = box;
    }

    /// <param name="label">What it is the name of, so that one can't stand for another.</param>
    internal static SealedName Seal(string name, VaultKeys keys, ReadOnlySpan<byte> label, RandomSource random)
    {
        byte[] text = Checked(name);
        SecretEpoch epoch = keys.Current;
        byte[] plain = new byte[(1 + text.Length + Step - 1) / Step * Step];
        plain[0] = (byte)text.Length;
        text.CopyTo(plain, 1);
        byte[] box = new byte[NonceSize + plain.Length + TagSize];
        random.Fill(box.AsSpan(0, NonceSize));
        SecretBytes key = epoch.CanRead ? epoch.Name : epoch.BlindName;
        XChaCha20Poly1305.Encrypt(key.Span, box.AsSpan(0, NonceSize), plain, Associated(keys.Vault, label), box.AsSpan(NonceSize));
        return new SealedName(epoch.Number, epoch.CanRead ? UnderRead : UnderSync, box);
    }

    /// <summary>Null when this device lacks the secret, or when it isn't a name.</summary>
    internal string? Open(VaultKeys keys, ReadOnlySpan<byte> label)
    {
        if (keys.Epoch(epoch) is not { } held || (secret == UnderRead && !held.CanRead)) return null;
        SecretBytes key = secret == UnderRead ? held.Name : held.BlindName;
        byte[] plain = new byte[box.Length - NonceSize - TagSize];
        if (!XChaCha20Poly1305.TryDecrypt(key.Span, box.AsSpan(0, NonceSize), box.AsSpan(NonceSize), Associated(keys.Vault, label), plain)) return null;
        int length = plain[0];
        if (length is 0 || length >= plain.Length) return null;
        try
        {
            return strictUtf8.GetString(plain, 1, length);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    static byte[] Associated(VaultId vault, ReadOnlySpan<byte> label) => [.. label, .. vault.Key.ToArray()];

    static byte[] Checked(string name)
    {
        try
        {
            byte[] text = strictUtf8.GetBytes(name);
            if (text.Length is > 0 and <= ControlLimits.MaxName) return text;
        }
        catch (EncoderFallbackException)
        {
            // said below
        }
        throw new ConfigException($"a name has 1 to {ControlLimits.MaxName} bytes of text");
    }

    internal static void Write(ByteWriter writer, SealedName? name)
    {
        writer.Byte((byte)((name?.box.Length - NonceSize - TagSize ?? 0) / Step));
        if (name == null) return;
        writer.UInt32(name.epoch);
        writer.Byte(name.secret);
        writer.Bytes(name.box);
    }

    internal static bool Read(ref ByteReader reader, out SealedName? name)
    {
        name = null;
        int steps = reader.TakeByte();
        if (reader.Failed || steps > (ControlLimits.MaxName + Step) / Step) return false;
        if (steps == 0) return true;
        name = new SealedName(reader.TakeUInt32(), reader.TakeByte(), reader.Take(NonceSize + steps * Step + TagSize).ToArray());
        return !reader.Failed && name.secret is UnderSync or UnderRead;
    }
}
