namespace Vault.Primitives;

/// <summary>Base58 with bitcoin's alphabet. Quadratic, so only for short things: ids, never content.</summary>
public static class Base58
{
    const string Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    /// <summary>Longest text that <see cref="Decode"/> looks at: the cost grows with the square.</summary>
    public const int MaxTextLength = 256;

    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        int zeros = 0;
        while (zeros < bytes.Length && bytes[zeros] == 0) zeros++;
        byte[] digits = new byte[bytes.Length * 138 / 100 + 1];
        int length = 0;
        foreach (byte b in bytes[zeros..])
        {
            int carry = b;
            for (int i = 0; i < length || carry != 0; i++)
            {
                carry += digits[i] << 8;
                digits[i] = (byte)(carry % 58);
                carry /= 58;
                if (i == length) length++;
            }
        }
        char[] text = new char[zeros + length];
        Array.Fill(text, '1', 0, zeros);
        for (int i = 0; i < length; i++) text[zeros + i] = Alphabet[digits[length - 1 - i]];
        return new string(text);
    }

    public static byte[]? Decode(ReadOnlySpan<char> text)
    {
        if (text.Length > MaxTextLength) return null;
        int zeros = 0;
        while (zeros < text.Length && text[zeros] == '1') zeros++;
        byte[] bytes = new byte[text.Length];
        int length = 0;
        foreach (char c in text[zeros..])
        {
            int carry = Alphabet.IndexOf(c);
            if (carry < 0) return null;
            for (int i = 0; i < length || carry != 0; i++)
            {
                carry += bytes[i] * 58;
                bytes[i] = (byte)carry;
                carry >>= 8;
                if (i == length) length++;
            }
        }
        byte[] result = new byte[zeros + length];
        for (int i = 0; i < length; i++) result[zeros + i] = bytes[length - 1 - i];
        return result;
    }
}
