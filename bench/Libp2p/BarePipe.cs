using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using Vault.Primitives;

namespace Vault.Bench.Libp2p;

/// <summary>
/// What no libp2p of this kind can beat: frames as large as Noise allows, ChaCha20-Poly1305 and XSalsa20 in place, one socket, no
/// streams and no windows. Fixed keys: nothing here protects anything.
/// </summary>
static class BarePipe
{
    const int Body = 65535, Tag = 16, Prefix = 2;
    public const int Plaintext = Body - Tag;

    public static async Task SendAsync(Socket socket, long count)
    {
        using ChaCha20Poly1305 aead = new(new byte[32]);
        using XSalsa20 stream = new(new byte[32], new byte[24]);
        byte[] frame = new byte[Prefix + Body], nonce = new byte[12];
        for (ulong number = 0; count > 0; number++)
        {
            int length = (int)Math.Min(Plaintext, count);
            Span<byte> text = frame.AsSpan(Prefix, length);
            text.Fill(0x5a);
            BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)(length + Tag));
            BinaryPrimitives.WriteUInt64LittleEndian(nonce.AsSpan(4), number);
            aead.Encrypt(nonce, text, text, frame.AsSpan(Prefix + length, Tag));
            Memory<byte> whole = frame.AsMemory(0, Prefix + length + Tag);
            stream.Apply(whole.Span);
            while (!whole.IsEmpty) whole = whole[await socket.SendAsync(whole)..];
            count -= length;
        }
    }

    public static async Task ReceiveAsync(Socket socket, long count)
    {
        using ChaCha20Poly1305 aead = new(new byte[32]);
        using XSalsa20 stream = new(new byte[32], new byte[24]);
        byte[] buffer = new byte[2 * (Prefix + Body)], nonce = new byte[12];
        int have = 0;
        for (ulong number = 0; count > 0;)
        {
            int received = await socket.ReceiveAsync(buffer.AsMemory(have));
            if (received == 0) throw new EndOfStreamException();
            stream.Apply(buffer.AsSpan(have, received));
            have += received;
            int at = 0;
            while (have - at >= Prefix && have - at - Prefix >= BinaryPrimitives.ReadUInt16BigEndian(buffer.AsSpan(at)))
            {
                int length = BinaryPrimitives.ReadUInt16BigEndian(buffer.AsSpan(at)) - Tag;
                Span<byte> text = buffer.AsSpan(at + Prefix, length);
                BinaryPrimitives.WriteUInt64LittleEndian(nonce.AsSpan(4), number++);
                aead.Decrypt(nonce, text, buffer.AsSpan(at + Prefix + length, Tag), text);
                at += Prefix + length + Tag;
                count -= length;
            }
            buffer.AsSpan(at, have - at).CopyTo(buffer);
            have -= at;
        }
    }
}
