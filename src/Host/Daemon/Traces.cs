using System.Diagnostics;
using System.Runtime.CompilerServices;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Vault.Host;

/// <summary>
/// What the daemon does, as spans, for whoever collects them: requests to the API, comparisons of catalogs, blocks that came, files
/// that somebody waited for. While nobody listens a span is one test of a null; the exporter's assemblies are loaded when config.yaml names a collector.
/// </summary>
static class Traces
{
    public static ActivitySource Source { get; } = new("Vault");

    /// <summary>Sends spans there, over OTLP in protobuf, until it is disposed; what is left then is sent first.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)] // a method is compiled with all that it names
    public static IDisposable Export(Uri collector) => Sdk.CreateTracerProviderBuilder()
        .AddSource(Source.Name)
        .ConfigureResource(resource => resource.AddService("vault", serviceVersion: VersionText.Line.Split(' ')[^1]))
        .AddOtlpExporter(exporter => (exporter.Endpoint, exporter.Protocol) = (new Uri(collector, "/v1/traces"), OtlpExportProtocol.HttpProtobuf))
        .Build();
}
