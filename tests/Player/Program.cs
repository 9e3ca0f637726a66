// Player: the program that the tests of Survival kill, cut off from power and refuse the disk. It plays a seeded mix on a
// data folder (Mix.cs), an import that is interrupted (Importing.cs) or changes to a catalog (Editing.cs), and says on standard output
// what is true (Fact.cs).
// The tests use the same types to look at what is left.

using System.Globalization;
using Vault.Primitives;
using Vault.Tests.Player;

try
{
    switch (args[0])
    {
        case "mix": // <data folder> <seed> <steps> <backup folder> [early]
            using (World world = new(args[1]))
            {
                Mix mix = new(world, ulong.Parse(args[2], CultureInfo.InvariantCulture), fact => Console.WriteLine(fact)) { BackupFolder = args[4], SaysTooEarly = args.Length > 5 };
                await mix.PlayAsync(int.Parse(args[3], CultureInfo.InvariantCulture));
            }
            return 0;
        case "import": // <data folder> <seed> <bytes to read before the end comes>
            await Importing.RunAsync(args[1], ulong.Parse(args[2], CultureInfo.InvariantCulture), long.Parse(args[3], CultureInfo.InvariantCulture), Console.WriteLine);
            return 0;
        case "edit": // <data folder> <seed> <steps>
            using (Editing editing = new(args[1], ulong.Parse(args[2], CultureInfo.InvariantCulture)))
                editing.Play(ulong.Parse(args[2], CultureInfo.InvariantCulture), int.Parse(args[3], CultureInfo.InvariantCulture), Console.WriteLine);
            return 0;
        default:
            return 2;
    }
}
catch (VaultException fault)
{
    Console.Error.WriteLine($"{fault.GetType().Name}: {fault.Message}");
    return 1;
}
