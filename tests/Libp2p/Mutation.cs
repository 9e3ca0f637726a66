using Vault.Primitives;

namespace Vault.Libp2p.Tests;

/// <summary>Turns a good message into one that is nearly so: the inputs that find what random bytes never reach.</summary>
static class Mutation
{
    public static byte[] Of(byte[] good, RandomSource random)
    {
        List<byte> bytes = [.. good];
        for (int i = random.Below(4); i >= 0; i--)
        {
            int at = random.Below(bytes.Count + 1);
            switch (random.Below(6))
            {
                case 0 when at < bytes.Count: bytes[at] ^= (byte)(1 << random.Below(8)); break;
                case 1 when at < bytes.Count: bytes[at] = (byte)random.NextUInt64(); break;
                case 2: bytes.Insert(at, (byte)random.NextUInt64()); break;
                case 3 when at < bytes.Count: bytes.RemoveRange(at, random.Below(bytes.Count - at) + 1); break;
                case 4: bytes.InsertRange(at, good.Take(random.Below(good.Length + 1))); break;
                case 5 when at < bytes.Count: bytes[at] = random.Below(2) == 0 ? (byte)0xff : (byte)0; break;
            }
        }
        return [.. bytes];
    }
}
