using Vault.Tests.Support;
using Xunit;

namespace Vault.Blocks.Tests;

public sealed class CompressorTests
{
    [Fact]
    public void What_shrinks_comes_back_and_what_does_not_is_left_alone() => Seed.Check(LongRun.Cases(300, 20_000), random =>
    {
        using Compressor compressor = new();
        using Decompressor decompressor = new();
        byte[] content = random.BytesUpTo(200_000);
        int letters = 1 << random.Below(9);
        for (int i = 0; i < content.Length; i++) content[i] = (byte)(content[i] % letters);
        byte[] output = new byte[content.Length];
        int length = compressor.TryCompress(content, output);
        if (letters == 1 && content.Length > 1000) Assert.InRange(length, 1, content.Length / 10);
        if (letters == 256) Assert.Equal(0, length);
        if (length == 0) return;
        Assert.True(length <= content.Length - content.Length / 32, "It saves less than one byte in 32.");
        byte[] back = new byte[content.Length];
        Assert.True(decompressor.TryDecompress(output.AsSpan(0, length), back));
        Assert.Equal(content, back);
        Assert.False(decompressor.TryDecompress(output.AsSpan(0, length - 1), back));
        Assert.False(decompressor.TryDecompress([.. output[..length], 0], back));
        Assert.False(decompressor.TryDecompress(output.AsSpan(0, length), new byte[content.Length + 1]));
        Assert.False(decompressor.TryDecompress(output.AsSpan(0, length), new byte[content.Length - 1]));
    });

    [Fact]
    public void Content_of_which_only_a_part_shrinks_is_found_by_its_samples()
    {
        using Compressor compressor = new();
        byte[] content = Some.Noise(300_000);
        content.AsSpan(content.Length / 2 - 10_000, 20_000).Clear();
        Assert.True(compressor.TryCompress(content, new byte[content.Length]) > 0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(64)]
    public void Tiny_contents_do_no_harm(int length)
    {
        using Compressor compressor = new();
        Assert.InRange(compressor.TryCompress(new byte[length], new byte[length]), 0, Math.Max(0, length - 16));
        Assert.Equal(0, compressor.TryCompress(new byte[length], []));
    }
}
