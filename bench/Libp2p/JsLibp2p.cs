using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Vault.Bench.Libp2p;

/// <summary>The same transfer between two js-libp2p processes, where VAULT_JS_PEER names a folder with js2js.mjs and its packages.</summary>
static partial class JsLibp2p
{
    public static async Task PrintAsync(List<double> ours)
    {
        if (Environment.GetEnvironmentVariable("VAULT_JS_PEER") is not { } folder)
        {
            Console.WriteLine("\njs-libp2p: not measured, VAULT_JS_PEER names no folder with js2js.mjs and its packages.");
            return;
        }
        using Process node = Process.Start(new ProcessStartInfo("node", ["js2js.mjs", "v3", "v3", "perf"]) { WorkingDirectory = folder, RedirectStandardOutput = true })!;
        List<double> rates = [];
        while (await node.StandardOutput.ReadLineAsync() is { } line)
            if (PrivateRate().Match(line) is { Success: true } match) rates.Add(double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
        await node.WaitForExitAsync();
        if (rates.Count == 0) throw new InvalidOperationException("js2js.mjs measured nothing.");
        double theirs = Comparison.Median(rates);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"\njs-libp2p to js-libp2p, private network, 256 MiB, median of {rates.Count} both ways: {theirs:f0} MB/s; ours, both ways, is {Comparison.Median(ours) / theirs:f1} times that."));
    }

    [GeneratedRegex(@"^PSK (?:up|down)load .* ([\d.]+) MB/s")]
    private static partial Regex PrivateRate();
}
