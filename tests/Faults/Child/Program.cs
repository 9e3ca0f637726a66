// The program that the tests of Faults hurt. Its first argument says what it does, its second in which folder.

using Vault.Store;
using Vault.Tests.Faults.Child;

string folder = args[1];
switch (args[0])
{
    case "commit": // <folder> <sync|nosync> <count>
        using (Rocks rocks = new(folder, args[2] == "sync"))
            for (int i = 0; i < int.Parse(args[3]); i++)
            {
                rocks.Put(Commit.Key(i), Commit.Value(i));
                Console.WriteLine(Commit.Key(i));
            }
        return 0;
    case "store": // <folder> <durability> <count>
        Durability durability = Enum.Parse<Durability>(args[2]);
        using (Stored stored = new(folder, durability)) stored.Commit(durability, int.Parse(args[3]), Console.WriteLine);
        return 0;
    default:
        return new Script(folder).Play(args[2..]);
}
