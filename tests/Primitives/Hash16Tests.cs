using Vault.Tests.Support;
using Xunit;

namespace Vault.Primitives.Tests;

public class Hash16Tests
{
    [Fact]
    public void Its_order_is_the_order_of_its_bytes() => Seed.Check(5000, random =>
    {
        byte[] x = random.Bytes(Hash16.Size), y = random.Below(4) == 0 ? random.Bytes(Hash16.Size) : [.. x];
        if (random.Below(8) != 0) y[random.Below(Hash16.Size)] = (byte)random.Below(256);
        Hash16 a = new(x), b = new(y);
        int order = x.AsSpan().SequenceCompareTo(y);
        Assert.Equal(Math.Sign(order), Math.Sign(a.CompareTo(b)));
        Assert.Equal(order < 0, a < b);
        Assert.Equal(order > 0, a > b);
        Assert.Equal(order <= 0, a <= b);
        Assert.Equal(order >= 0, a >= b);
        Assert.Equal(order == 0, a == b);
        if (order == 0) Assert.Equal(a.GetHashCode(), b.GetHashCode());
        Assert.Equal(x, a.ToArray());
        Assert.Equal(Convert.ToHexStringLower(x), a.ToString());
    });

    [Fact]
    public void Another_length_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new Hash16(new byte[Hash16.Size - 1]));
        Assert.Throws<ArgumentException>(() => new Hash16(new byte[Hash16.Size + 1]));
    }
}
