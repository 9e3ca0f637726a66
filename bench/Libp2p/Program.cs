// vault-bench-libp2p: two processes on loopback, one private network. Prints Markdown.
//   run [RUNS] [MIB]   throughput beside the bare pipe, streams, round trips, memory of idle connections
//   serve              the other side; started by run
using Vault.Bench.Libp2p;

return args switch
{
    ["run", .. var rest] => await Comparison.RunAsync(rest.Length > 0 ? int.Parse(rest[0], null) : 5, rest.Length > 1 ? int.Parse(rest[1], null) : 256),
    ["serve"] => await Server.RunAsync(),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: vault-bench-libp2p run [RUNS] [MIB] | serve");
    return 2;
}
