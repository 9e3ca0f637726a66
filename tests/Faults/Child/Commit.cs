namespace Vault.Tests.Faults.Child;

/// <summary>What commit number i stores: small values, and now and then one that goes to a blob file.</summary>
public static class Commit
{
    public static string Key(int i) => $"key{i:D6}";

    public static byte[] Value(int i)
    {
        byte[] value = new byte[i % 5 == 4 ? 3000 + i : 100 + i % 700];
        new Random(i).NextBytes(value);
        return value;
    }
}
