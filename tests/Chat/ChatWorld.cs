using Vault.Identity;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;

namespace Vault.Chat.Tests;

/// <summary>A vault whose devices chat: keys, who is in, one clock for all that a test moves.</summary>
sealed class ChatWorld : IDisposable
{
    readonly List<ChatDevice> devices = [];
    readonly Ed25519Key founder;
    readonly ControlRecord admin;
    List<ControlRecord> records;

    public ChatWorld(ulong seed = 1)
    {
        Random = RandomSource.Seeded(seed);
        Keys = VaultKeys.Create(Random);
        Clock = new HybridClock(Time);
        founder = Ed25519Key.Generate(Random);
        records = [.. Genesis.Create(Keys, founder, Clock, Random, "vault")];
        admin = records[0];
        Membership = Membership.Of(Keys.Vault, records);
    }

    public RandomSource Random { get; }
    public VirtualTime Time { get; } = new();
    public VaultKeys Keys { get; }
    public HybridClock Clock { get; }
    public Membership Membership { get; private set; }

    public ChatDevice Join(Role role = Role.Writer, VaultKeys? keys = null)
    {
        Ed25519Key key = Ed25519Key.Generate(Random);
        Know(ControlRecord.Sign(Keys.Vault, founder, admin, Clock.Next(), new Certificate(key.Public, role, HybridTime.Never)));
        ChatDevice device = new(this, key, keys ?? Keys);
        devices.Add(device);
        return device;
    }

    public void Know(params ControlRecord[] more)
    {
        records = [.. records, .. more];
        Membership = Membership.Of(Keys.Vault, records);
    }

    public void Advance(TimeSpan by)
    {
        Task passed = Time.Pass(by);
        while (!passed.IsCompleted && Time.Step(Time.Elapsed + by)) { }
    }

    public ControlRecord ByFounder(ControlStatement statement) => ControlRecord.Sign(Keys.Vault, founder, admin, Clock.Next(), statement);

    public void Dispose()
    {
        foreach (ChatDevice device in devices) device.Dispose();
        founder.Dispose();
        Keys.Dispose();
    }
}

/// <summary>One device with its log, on a database without a disk.</summary>
sealed class ChatDevice : IDisposable
{
    readonly ChatWorld world;
    readonly VaultKeys keys;

    public ChatDevice(ChatWorld world, Ed25519Key key, VaultKeys keys)
    {
        this.world = world;
        this.keys = keys;
        Key = key;
        Clock = new HybridClock(world.Time);
        Database = new MemoryDatabase(ChatKeys.Chat, new Family("other"));
        Log = Opened(Database);
    }

    public Ed25519Key Key { get; }
    public DeviceId Id => DeviceId.Of(Key.Public);
    public HybridClock Clock { get; set; }
    public IDatabase Database { get; private set; }
    public ChatLog Log { get; private set; }
    public Witness Witness { get; set; } = Witness.None;

    public SignedMessage Say(string text, string room = "general") => Log.Append(BodyKind.Text, room, text);

    public IReadOnlyList<string> Reads(string room = "general") => [.. Log.Last(room, int.MaxValue).Select(line => line.Text ?? (line.Erased ? "(erased)" : "(unreadable)"))];

    public ChatLog Opened(IDatabase database, bool doubtful = false) =>
        ChatLog.Open(new ChatPorts(database, keys, Key, Clock, world.Random, world.Time, () => world.Membership, () => Witness), doubtful);

    /// <summary>The device starts again on what this database holds.</summary>
    public void Restart(IDatabase database, bool doubtful = false)
    {
        Database = database;
        Clock = new HybridClock(world.Time);
        Log = Opened(database, doubtful);
    }

    public void Dispose() => Key.Dispose();
}

/// <summary>Two logs that talk, message by message.</summary>
static class Talk
{
    /// <summary>Both greet, and then say all they have to say. The bytes that went each way.</summary>
    public static (long Left, long Right) Between(ChatDevice left, ChatDevice right)
    {
        using ChatSync one = new(left.Log, right.Id, left.Id), two = new(right.Log, left.Id, right.Id);
        one.Begin();
        two.Begin();
        return Run(one, two);
    }

    public static (long Left, long Right) Run(ChatSync one, ChatSync two)
    {
        (long left, long right) = (0, 0);
        for (bool more = true; more;)
        {
            more = false;
            if (one.Next() is { } there)
            {
                two.Receive(there);
                left += there.Length;
                more = true;
            }
            if (two.Next() is { } back)
            {
                one.Receive(back);
                right += back.Length;
                more = true;
            }
        }
        return (left, right);
    }
}
