using Vault.Primitives;

namespace Vault.Tests.Support;

public static class RandomSourceExtensions
{
    public static byte[] Bytes(this RandomSource random, int length)
    {
        byte[] bytes = new byte[length];
        random.Fill(bytes);
        return bytes;
    }

    /// <summary>Random bytes of a random length from 0 to <paramref name="maxLength"/>.</summary>
    public static byte[] BytesUpTo(this RandomSource random, int maxLength) => random.Bytes(random.Below(maxLength + 1));
}
