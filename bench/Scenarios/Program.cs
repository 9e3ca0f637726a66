// vault-bench: the block store as a whole process, for bench/local.sh to time beside other programs.
//   write STORE SRC     every file below SRC into the store; prints what was stored
//   read STORE DST      the last written files, below DST
//   floor SRC DST       what no store can beat: read, chunk, hash twice, seal, write to plain files, two threads
//   commits STORE N     N files of 1 KiB, each durable before the next; rate and files left
//   puts STORE N        N blocks of 1 KiB in batches; rate
using Vault.Bench;

return args switch
{
    ["write", var store, var source] => await FilesScenario.WriteAsync(store, source),
    ["read", var store, var target] => await FilesScenario.ReadAsync(store, target),
    ["floor", var source, var target] => Floor.Run(source, target),
    ["commits", var store, var count] => await SmallScenario.CommitsAsync(store, int.Parse(count, null)),
    ["puts", var store, var count] => await SmallScenario.PutsAsync(store, int.Parse(count, null)),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: vault-bench write STORE SRC | read STORE DST | floor SRC DST | commits STORE N | puts STORE N");
    return 2;
}
