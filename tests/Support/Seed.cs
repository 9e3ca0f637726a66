// Support: the little that every test project needs, and nothing of the program's own. A property draws its cases from a
// Seed, so that a failure names the number that repeats it; a campaign asks LongRun how long it may take.

using Vault.Primitives;

namespace Vault.Tests.Support;

/// <summary>The number a run of random cases came from. A failing property prints it; VAULT_SEED=number repeats that run.</summary>
public readonly record struct Seed(ulong Value)
{
    const string Variable = "VAULT_SEED";

    /// <summary>The seed in VAULT_SEED, or a fresh one.</summary>
    public static Seed FromEnvironment()
    {
        string? text = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(text)) return new Seed(RandomSource.System.NextUInt64());
        return ulong.TryParse(text, out ulong value) ? new Seed(value) : throw new FormatException($"{Variable}={text} is not a number.");
    }

    public RandomSource Source() => RandomSource.Seeded(Value);

    /// <summary>Runs <paramref name="property"/> on cases drawn from one seed; a failure comes out with the seed in its message.</summary>
    public static void Check(int cases, Action<RandomSource> property)
    {
        Seed seed = FromEnvironment();
        RandomSource random = seed.Source();
        for (int i = 0; i < cases; i++)
        {
            try
            {
                property(random);
            }
            catch (Exception failure)
            {
                throw new PropertyFailedException($"case {i} of {cases}: {failure.Message}\nrepeat with {seed}", failure);
            }
        }
    }

    public override string ToString() => $"{Variable}={Value}";
}

/// <summary>A property that didn't hold, with the seed that repeats it.</summary>
public sealed class PropertyFailedException(string message, Exception inner) : Exception(message, inner);
