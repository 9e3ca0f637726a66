using System.IO.Pipelines;

namespace Vault.Libp2p.Tests;

/// <summary>Two pipes, seen from one end.</summary>
sealed class Duplex(PipeReader input, PipeWriter output) : IDuplexPipe
{
    public PipeReader Input => input;
    public PipeWriter Output => output;

    public static (IDuplexPipe Near, IDuplexPipe Far) Pair()
    {
        Pipe there = new(), back = new();
        return (new Duplex(back.Reader, there.Writer), new Duplex(there.Reader, back.Writer));
    }
}
