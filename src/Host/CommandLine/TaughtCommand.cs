using System.CommandLine;

namespace Vault.Host;

/// <summary>A command whose help ends with lines to copy: most people read those first.</summary>
sealed class TaughtCommand(string name, string description, params IReadOnlyList<string> examples) : Command(name, description)
{
    public void WriteExamples(TextWriter output)
    {
        if (examples.Count == 0) return;
        output.WriteLine("Examples:");
        foreach (string example in examples) output.WriteLine("  " + example);
        output.WriteLine();
    }
}
