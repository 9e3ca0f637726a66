// vault-bench: the block store as whole processes, for bench/local.sh and bench/choices.sh to run. Each verb prints one or
// more lines of JSON: what was done, and what the process used for it. What single steps cost is measured in bench/Micro.
//   write STORE SRC     every file below SRC into the store
//   read STORE DST      the last written files, below DST
//   floor SRC DST       what no store of this format can avoid (Floor.cs)
//   commits STORE N     N files of 1 KiB, each durable before the next; rate and files left
//   puts STORE N        N blocks of 1 KiB in batches; rate
//   sizes STORE KIB BIG EDITED MIXED    three trees into a store with chunks around so many KiB
//   levels SRC          what each zstd level makes of the files below SRC
//   catalog-fill STORE N    a catalog of N files; catalog-use STORE opens it and measures what one does with it
//   differences N       what two sets of N leaves exchange to find what they differ in
//   chat-fill STORE N       a chat of N messages; chat-use STORE opens, checks and adds to it; chat-backfill STORE EMPTY hands it to a newcomer
//   corpus DIR SCALE    makes trees to store: DIR/big, DIR/edited, DIR/mixed
using System.Globalization;
using Vault.Bench;

return args switch
{
    ["write", var store, var source] => await FilesScenario.WriteAsync(store, source),
    ["read", var store, var target] => await FilesScenario.ReadAsync(store, target),
    ["floor", var source, var target] => Floor.Run(source, target),
    ["commits", var store, var count] => await SmallScenario.CommitsAsync(store, Number(count)),
    ["puts", var store, var count] => await SmallScenario.PutsAsync(store, Number(count)),
    ["sizes", var store, var normal, var big, var edited, var mixed] => await SizesScenario.RunAsync(store, Number(normal), big, edited, mixed),
    ["levels", var source] => LevelsScenario.Run(source),
    ["catalog-fill", var store, var count] => CatalogScenario.Fill(store, Number(count)),
    ["catalog-use", var store] => CatalogScenario.Use(store),
    ["differences", var count] => DifferencesScenario.Run(Number(count)),
    ["chat-fill", var store, var count] => ChatScenario.Fill(store, Number(count)),
    ["chat-use", var store] => ChatScenario.Use(store),
    ["chat-backfill", var store, var target] => await ChatScenario.BackfillAsync(store, target),
    ["corpus", var target, var scale] => Corpus.Make(target, double.Parse(scale, CultureInfo.InvariantCulture)),
    _ => Usage(),
};

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

static int Usage()
{
    Console.Error.WriteLine("usage: vault-bench write STORE SRC | read STORE DST | floor SRC DST | commits STORE N | puts STORE N | sizes STORE KIB BIG EDITED MIXED | levels SRC | catalog-fill STORE N | catalog-use STORE | differences N | chat-fill STORE N | chat-use STORE | chat-backfill STORE EMPTY | corpus DIR SCALE");
    return 2;
}
