using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Swarm.Tests;

public sealed class LockTests
{
    static readonly BlockId block = new(RandomSource.Seeded(1).Bytes(BlockId.Size));

    static DeviceId Device(int number) => PlacementTests.Device(number).Device;

    [Fact]
    public void A_promise_holds_for_ten_minutes_from_the_last_time_it_was_given()
    {
        LockBook book = new();
        Assert.True(book.TryLock(block, Device(1), TimeSpan.Zero));
        Assert.True(book.TryLock(block, Device(1), TimeSpan.FromMinutes(9)));
        Assert.Empty(book.TakeExpired(TimeSpan.FromMinutes(18)));
        Assert.False(book.TryBeginFree(block, TimeSpan.FromMinutes(18)));
        Assert.Equal((block, Device(1)), Assert.Single(book.TakeExpired(TimeSpan.FromMinutes(19))));
        Assert.Equal(0, book.Count);
        Assert.True(book.TryBeginFree(block, TimeSpan.FromMinutes(19)));
        Assert.False(book.TryLock(block, Device(1), TimeSpan.FromMinutes(19)));
        book.EndFree(block);
        Assert.True(book.TryLock(block, Device(1), TimeSpan.FromMinutes(19)));
    }

    [Fact]
    public void Promises_are_bounded()
    {
        RandomSource random = RandomSource.Seeded(2);
        LockBook book = new();
        for (int i = 0; i < FreeingLimits.Locks; i++) Assert.True(book.TryLock(new BlockId(random.Bytes(BlockId.Size)), Device(1), TimeSpan.Zero));
        Assert.False(book.TryLock(block, Device(1), TimeSpan.Zero));
        book.TakeExpired(LockPromise.Term);
        Assert.True(book.TryLock(block, Device(1), LockPromise.Term));
    }

    [Fact]
    public void Copies_at_one_site_are_one_and_late_promises_are_none()
    {
        FreeRound round = new([block], needed: 2, TimeSpan.Zero);
        round.Kept(Site.Of(Device(1), 5), [block]);
        round.Kept(Site.Of(Device(2), 5), [block, new BlockId(new byte[BlockId.Size])]);
        Assert.Empty(round.Free(TimeSpan.FromSeconds(1)));
        round.Kept(Site.Of(Device(3), 0), [block]);
        Assert.Equal([block], round.Free(TimeSpan.FromSeconds(1)));
        Assert.Empty(round.Free(FreeingLimits.Patience));
    }

    /// <summary>Every device frees again and again; questions, answers and frees are put in any order, and clocks run at different speeds.</summary>
    [Fact]
    public void However_many_free_at_once_the_copies_asked_for_stay() => Seed.Check(LongRun.Cases(300, 20_000), random =>
    {
        int count = 3 + random.Below(4), needed = 1 + random.Below(count - 1);
        LockBook[] books = [.. Enumerable.Range(0, count).Select(_ => new LockBook())];
        bool[] holds = [.. Enumerable.Repeat(true, count)];
        double[] speed = [.. Enumerable.Range(0, count).Select(_ => 1 + random.Below(100) / 1000.0)];
        Dictionary<int, (FreeRound Round, List<int> Asked)> running = [];
        TimeSpan now = TimeSpan.Zero;
        for (int step = 0; step < 400; step++)
        {
            now += TimeSpan.FromSeconds(random.Below(40));
            int device = random.Below(count);
            TimeSpan Clock(int of) => now * speed[of];
            foreach (int holder in Enumerable.Range(0, count)) books[holder].TakeExpired(Clock(holder));
            if (!running.TryGetValue(device, out (FreeRound Round, List<int> Asked) own))
            {
                if (holds[device] && books[device].TryBeginFree(block, Clock(device))) running.Add(device, (new FreeRound([block], needed, Clock(device)), []));
                continue;
            }
            int other = random.Below(count);
            if (other != device && random.Below(4) > 0)
            {
                if (holds[other] && books[other].TryLock(block, Device(device), Clock(other))) own.Round.Kept(Site.Of(Device(other), 0), [block]);
                continue;
            }
            if (own.Round.Free(Clock(device)).Count > 0) holds[device] = false;
            books[device].EndFree(block);
            running.Remove(device);
            Assert.True(holds.Count(here => here) >= needed);
        }
    });
}
