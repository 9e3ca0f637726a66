using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Vault.Bench;

/// <summary>The mean the other way round: so much per second. Bytes per operation are the benchmark's parameter Size.</summary>
public sealed class RateColumn(string name, Func<BenchmarkCase, double> perOperation) : IColumn
{
    public static double Megabytes(BenchmarkCase benchmark) => (int)benchmark.Parameters["Size"] / 1e6;

    public string Id => name;
    public string ColumnName => name;
    public string Legend => $"{name} at the mean";
    public bool AlwaysShow => true;
    public ColumnCategory Category => ColumnCategory.Custom;
    public int PriorityInCategory => 0;
    public bool IsNumeric => true;
    public UnitType UnitType => UnitType.Dimensionless;
    public bool IsAvailable(Summary summary) => true;
    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;
    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) =>
        summary[benchmarkCase]?.ResultStatistics is { } statistics ? $"{perOperation(benchmarkCase) * 1e9 / statistics.Mean:n0}" : "";
}
