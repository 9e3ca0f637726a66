using Vault.Identity;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Chat.Tests;

/// <summary>Random histories of several devices: skewed clocks, gossip that loses, repeats and reorders, power cuts, partitions.</summary>
public sealed class HistoryTests
{
    [Fact]
    public void Whatever_gossip_loses_everybody_ends_with_every_message_in_one_order() => Seed.Check(LongRun.Cases(20, 1000), random =>
    {
        using ChatWorld world = new(random.NextUInt64());
        ChatDevice[] devices = [.. Enumerable.Range(0, 2 + random.Below(4)).Select(_ => world.Join())];
        List<SignedMessage> said = [];
        for (int step = 0; step < 60; step++)
        {
            ChatDevice actor = devices[random.Below(devices.Length)], other = devices[random.Below(devices.Length)];
            switch (random.Below(6))
            {
                case 0 or 1 or 2:
                    SignedMessage? target = said.Count > 0 && random.Below(3) == 0 ? said[random.Below(said.Count)] : null;
                    bool known = target != null && actor.Log.Find(target.Hash) != null;
                    said.Add(known ? actor.Log.Append(BodyKind.Reply, "general", $"re {step}", target!.Hash) : actor.Say($"{step}"));
                    break;
                case 3: // gossip: a few of the messages, in any order, perhaps twice
                    for (int i = 0; i < 5 && said.Count > 0; i++) other.Log.Accept(said[random.Below(said.Count)]);
                    break;
                case 4 when actor != other:
                    Talk.Between(actor, other);
                    break;
                case 5:
                    actor.Restart(((MemoryDatabase)actor.Database).PowerCut());
                    break;
            }
            if (random.Below(4) == 0) world.Advance(TimeSpan.FromSeconds(random.Below(100)));
        }
        for (int round = 0; round < 2; round++)
            for (int i = 0; i < devices.Length; i++)
                foreach (ChatDevice device in devices.Skip(i + 1)) Talk.Between(devices[i], device);

        IReadOnlyList<string> order = [.. Oracle(said).Select(message => message.Hash.ToString())];
        foreach (ChatDevice device in devices)
        {
            Assert.Equal(order, device.Log.Last("general", int.MaxValue).Select(line => line.Message.Hash.ToString()));
            Assert.Empty(device.Log.Gaps);
            Assert.True(Verification.Of(world, device).Ok);
        }
        foreach (SignedMessage message in said)
            Assert.All(devices, device => Assert.Equal(devices.Length - 1, device.Log.DeliveredTo(message.Header.Feed, message.Header.Sequence)));
    });

    /// <summary>
    /// The order from its definition: of the messages whose causes have all been placed, the one with the earliest time, then
    /// the smaller device. Causes are what a header names and what its author wrote before.
    /// </summary>
    static IEnumerable<SignedMessage> Oracle(IEnumerable<SignedMessage> all)
    {
        List<SignedMessage> left = [.. all];
        while (left.Count > 0)
        {
            SignedMessage next = left.Where(message => !left.Any(other => other != message && IsCause(other, message)))
                .OrderBy(message => message.Header.Time).ThenBy(message => message.Header.Feed).First();
            left.Remove(next);
            yield return next;
        }
    }

    static bool IsCause(SignedMessage cause, SignedMessage of) =>
        (cause.Header.Feed == of.Header.Feed && cause.Header.Sequence < of.Header.Sequence)
        || of.Header.Heads.Any(head => head.Feed == cause.Header.Feed && head.Sequence >= cause.Header.Sequence);
}
