// vault-micro: the steps of a block's way, one at a time, by BenchmarkDotNet. What whole runs cost is measured by vault-bench.
//   vault-micro [--filter '*Seal*'] …     as any BenchmarkDotNet program; without arguments, everything
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Vault.Bench;

// In this process: the project that BenchmarkDotNet would generate and build for one of its own knows nothing of .NET 10.
ManualConfig config = ManualConfig.CreateEmpty()
    .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithMaxIterationCount(20).AsDefault())
    .AddColumnProvider(DefaultColumnProviders.Descriptor, DefaultColumnProviders.Params, DefaultColumnProviders.Statistics)
    .AddColumn(new RateColumn("ops/s", _ => 1), new RateColumn("MB/s", RateColumn.Megabytes))
    .AddExporter(MarkdownExporter.GitHub)
    .AddLogger(ConsoleLogger.Default);
BenchmarkSwitcher.FromAssembly(typeof(RateColumn).Assembly).Run(args.Length > 0 ? args : ["--filter", "*"], config);
