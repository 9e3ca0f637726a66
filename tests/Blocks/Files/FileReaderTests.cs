using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Blocks.Tests;

public sealed class FileReaderTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(300_000)] // two levels of inner blocks
    public async Task Random_reads_give_what_was_written(int length)
    {
        using Rig rig = Rig.InMemory();
        byte[] content = Some.Noise(length);
        content.AsSpan(length / 3, length / 3).Clear(); // some leaves compressed
        FileRef file = await rig.AddAsync(content);
        Assert.Equal(length, file.Size);
        Assert.Equal(content, await rig.ReadAsync(file));
        Seed.Check(LongRun.Cases(20, 500), random => ReadAboutAsync(rig, file, content, random).GetAwaiter().GetResult());
    }

    static async Task ReadAboutAsync(Rig rig, FileRef file, byte[] content, RandomSource random)
    {
        await using FileReader reader = new(rig.Store, Rig.Vault, file);
        for (int i = 0; i < 30; i++)
        {
            if (random.Below(2) == 0) reader.Seek(random.Below(content.Length + 10), SeekOrigin.Begin);
            long from = reader.Position;
            byte[] buffer = new byte[random.Below(random.Below(3) == 0 ? 20_000 : 100)];
            int read = random.Below(2) == 0 ? reader.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false) : await reader.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false);
            Assert.Equal(Math.Clamp(content.Length - from, 0, buffer.Length), read);
            Assert.Equal(content.AsSpan((int)Math.Min(from, content.Length), read), buffer.AsSpan(0, read));
            Assert.Equal(from + read, reader.Position);
        }
    }

    /// <summary>With any one block missing, everything in front of the damage is read, in order and at once, and then the fault comes.</summary>
    [Fact]
    public async Task What_lies_before_a_missing_block_is_read()
    {
        using Rig rig = Rig.InMemory();
        byte[] content = Some.Noise(150_000);
        FileRef file = await rig.AddAsync(content);
        (BlockId Id, BlockInfo Info)[] blocks = [.. rig.Store.List(Rig.Vault)];
        foreach ((BlockId id, BlockInfo info) in blocks.Where(block => block.Info.Level > 0).Concat(blocks.Where(block => block.Info.Level == 0).Take(20)))
        {
            byte[] infoKey = StoreKeys.BlockKey(StoreKeys.InfoOf, Rig.Vault, id), saved = rig.Blocks.Get(StoreKeys.Blocks, infoKey)!;
            int before = FirstByteUnder(rig, file, id);
            rig.Blocks.Commit(new Batch().Delete(StoreKeys.Blocks, infoKey), Durability.Synced);
            await using (FileReader reader = new(rig.Store, Rig.Vault, file))
            {
                MemoryStream got = new();
                await Assert.ThrowsAsync<CorruptDataException>(() => reader.CopyToAsync(got));
                Assert.Equal(content[..before], got.ToArray());
                await Assert.ThrowsAsync<CorruptDataException>(async () => await reader.ReadExactlyAsync(new byte[1])); // still
                reader.Position = 0;
                if (before > 0) Assert.Equal(content[0], reader.ReadByte());
            }
            rig.Blocks.Commit(new Batch().Put(StoreKeys.Blocks, infoKey, saved), Durability.Synced);
        }
        Assert.Equal(content, await rig.ReadAsync(file));
    }

    static int FirstByteUnder(Rig rig, FileRef file, BlockId wanted)
    {
        using BlockOpener opener = new(rig.Store, Rig.Vault);
        return Below(new Child(file.Root, file.Key, file.Size), -1, 0) ?? throw new InvalidOperationException("The block is no part of the file.");

        int? Below(Child here, int level, long start)
        {
            if (here.Id == wanted) return (int)start;
            if (level == 0 || opener.OpenInner(here, level) is not { } inner) return null;
            foreach (Child child in inner.Children)
            {
                if (Below(child, inner.Level - 1, start) is { } found) return found;
                start += child.Length;
            }
            return null;
        }
    }

    [Theory]
    [InlineData(10)]
    [InlineData(50_000)]
    public async Task A_reference_that_is_not_the_files_own_opens_nothing(int length)
    {
        using Rig rig = Rig.InMemory();
        FileRef file = await rig.AddAsync(Some.Noise(length));
        FileRef other = await rig.AddAsync(Some.Noise(length, 2));
        foreach (FileRef wrong in (FileRef[])[file with { Key = other.Key }, file with { Root = other.Root }, file with { Size = length + 1 }, file with { Size = length - 1 }, file with { Size = long.MaxValue }])
            await Assert.ThrowsAsync<CorruptDataException>(() => rig.ReadAsync(wrong));
    }

    [Fact]
    public async Task A_file_of_another_vault_is_not_here()
    {
        using Rig rig = Rig.InMemory();
        FileRef file = await rig.AddAsync(Some.Noise(100));
        await Assert.ThrowsAsync<CorruptDataException>(() => rig.ReadAsync(file, Rig.OtherVault));
    }
}
