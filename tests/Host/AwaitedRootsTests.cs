using Vault.Blocks;
using Vault.Primitives;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>What is looked at for each block that comes.</summary>
public sealed class AwaitedRootsTests
{
    readonly HashSet<BlockId> here = [];

    AwaitedRoots New(int most = 10) => new(most, here.Contains);

    static BlockId Id(int i) => new(Hash32.Of(BitConverter.GetBytes(i)));

    [Fact]
    public void After_a_start_all_is_looked_through_once_and_then_only_what_a_block_may_complete()
    {
        AwaitedRoots awaited = New();
        Assert.Null(awaited.Touched([Id(1)], out int turn));
        awaited.Found(turn, [Id(1), Id(2), Id(3)]);
        Assert.Equal([Id(2)], awaited.Touched([Id(2), Id(7)], out _));
        awaited.Looked([(Id(2), true)]);
        Assert.Equal([], awaited.Touched([Id(2)], out _)!);
    }

    [Fact]
    public void A_file_whose_first_block_came_is_looked_at_with_every_block_until_it_is_whole()
    {
        AwaitedRoots awaited = New();
        awaited.Found(0, []);
        awaited.Add([Id(1), Id(2)]);
        Assert.Equal([Id(1)], awaited.Touched([Id(1)], out _));
        awaited.Looked([(Id(1), false)]);
        Assert.Equal([Id(1)], awaited.Touched([Id(50)], out _));
        awaited.Looked([(Id(1), true)]);
        Assert.Equal([], awaited.Touched([Id(51)], out _)!);
        here.Add(Id(3)); // another file has brought it
        awaited.Add([Id(3)]);
        Assert.Equal([Id(3)], awaited.Touched([Id(52)], out _));
    }

    [Fact]
    public void A_first_block_that_lands_while_its_file_is_being_added_is_not_missed()
    {
        AwaitedRoots? awaited = null;
        IReadOnlyList<BlockId>? seen = null;
        awaited = new AwaitedRoots(10, _ =>
        {
            seen = awaited!.Touched([Id(1)], out int _); // it lands just as it is asked for, too late to be found here
            return false;
        });
        awaited.Found(0, []);
        awaited.Add([Id(1)]);
        Assert.Equal([Id(1)], seen);
    }

    [Fact]
    public void What_is_added_while_all_is_looked_through_is_not_forgotten_by_it()
    {
        AwaitedRoots awaited = New();
        Assert.Null(awaited.Touched([], out int turn));
        awaited.Add([Id(4)]);
        awaited.Found(turn, [Id(1)]);
        Assert.Equal([Id(4), Id(1)], awaited.Touched([Id(4), Id(1)], out _));

        Assert.NotNull(awaited.Touched([], out turn));
        awaited.AddAll();
        awaited.Found(turn, [Id(1)]); // of before
        Assert.Null(awaited.Touched([Id(1)], out _));
    }

    [Fact]
    public void Too_many_are_not_told_apart()
    {
        AwaitedRoots awaited = New(most: 3);
        Assert.Null(awaited.Touched([], out int turn));
        awaited.Found(turn, [Id(1), Id(2), Id(3), Id(4)]);
        Assert.Null(awaited.Touched([Id(1)], out turn));
        awaited.Found(turn, [Id(1), Id(2), Id(3)]);
        Assert.NotNull(awaited.Touched([Id(1)], out _));
        awaited.Add([Id(4)]);
        Assert.Null(awaited.Touched([Id(1)], out _));
    }
}
