namespace Vault.Primitives;

/// <summary>RFC 4648 base32 in lower case without padding, as CIDs and tickets use it. Reading refuses what writing wouldn't produce.</summary>
public static class Base32
{
    const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        char[] text = new char[(bytes.Length * 8 + 4) / 5];
        int at = 0, bits = 0, have = 0;
        foreach (byte b in bytes)
        {
            bits = (bits << 8 | b) & 0xFFFF;
            for (have += 8; have >= 5; have -= 5) text[at++] = Alphabet[bits >> (have - 5) & 31];
        }
        if (have > 0) text[at] = Alphabet[bits << (5 - have) & 31];
        return new string(text);
    }

    public static byte[]? Decode(ReadOnlySpan<char> text)
    {
        byte[] bytes = new byte[text.Length * 5 / 8];
        int at = 0, bits = 0, have = 0;
        foreach (char c in text)
        {
            int value = c is >= 'a' and <= 'z' ? c - 'a' : c is >= '2' and <= '7' ? c - '2' + 26 : -1;
            if (value < 0) return null;
            bits = (bits << 5 | value) & 0xFFF;
            have += 5;
            if (have >= 8) bytes[at++] = (byte)(bits >> (have -= 8));
        }
        bool canonical = have < 5 && (bits & ((1 << have) - 1)) == 0;
        return canonical ? bytes : null;
    }
}
