using Vault.Libp2p.Multiaddrs;
using Vault.Primitives;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Vault.Host;

/// <summary>
/// config.yaml in the data folder: how the daemon starts when its command line doesn't say otherwise. Nothing need be in it, and what is in
/// it is understood or refused, with the line. It is the user's own and never written by us.
/// </summary>
sealed record Configuration
{
    public const string FileName = "config.yaml";

    /// <summary>Some settings with a page of comments to each.</summary>
    const int MostBytes = 64 << 10;

    const int UsualApiPort = 4172;

    /// <summary>Where other machines reach this one; empty for the usual port of every network.</summary>
    public IReadOnlyList<Multiaddr> Listen { get; init; } = [];

    /// <summary>The port of 127.0.0.1 at which the HTTP API listens.</summary>
    public int Api { get; init; } = UsualApiPort;

    /// <summary>Machines to connect to.</summary>
    public IReadOnlyList<Multiaddr> Bootstrap { get; init; } = [];

    /// <summary>Whether machines of the local network are looked for.</summary>
    public bool Mdns { get; init; } = true;

    /// <summary>Bytes a second of blocks; null for as fast as it goes.</summary>
    public long? Upload { get; init; }
    public long? Download { get; init; }

    /// <summary>A collector of OpenTelemetry that traces are sent to; null for none.</summary>
    public Uri? Traces { get; init; }

    static readonly Dictionary<string, Func<Configuration, YamlNode, Configuration>> settings = new(StringComparer.Ordinal)
    {
        ["listen"] = (before, value) => before with { Listen = [.. Texts(value).Select(Address)] },
        ["api"] = (before, value) => before with { Api = ApiPort(Text(value)) },
        ["bootstrap"] = (before, value) => before with { Bootstrap = [.. Texts(value).Select(Address)] },
        ["mdns"] = (before, value) => before with { Mdns = Text(value) switch { "true" => true, "false" => false, var other => throw new ConfigException($"'{other}' is neither true nor false") } },
        ["upload"] = (before, value) => before with { Upload = ByteRate.Parse(Text(value)) },
        ["download"] = (before, value) => before with { Download = ByteRate.Parse(Text(value)) },
        ["traces"] = (before, value) => before with { Traces = Collector(Text(value)) },
    };

    /// <summary>The names of all settings there are.</summary>
    public static IReadOnlyCollection<string> Names => settings.Keys;

    /// <summary>What stands in the folder's file; the usual where there is none.</summary>
    public static Configuration Load(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) return new Configuration();
        if (new FileInfo(path).Length > MostBytes) throw new ConfigException($"{path} is larger than {Amounts.Size(MostBytes)}", "it holds some lines of settings");
        return Parse(File.ReadAllText(path), path);
    }

    /// <param name="name">Of the file, for who has to mend it.</param>
    public static Configuration Parse(string text, string name)
    {
        YamlStream yaml = [];
        try
        {
            yaml.Load(new StringReader(text));
        }
        catch (YamlException fault)
        {
            throw At(fault.Start, fault.InnerException?.Message ?? fault.Message, "write a setting a line, as in: mdns: false");
        }
        if (yaml.Documents is []) return new Configuration();
        if (yaml.Documents is [_, { } second, ..]) throw At(second.RootNode.Start, "a second document begins", "there is one, without ---");
        if (yaml.Documents[0].RootNode is not YamlMappingNode map) throw At(yaml.Documents[0].RootNode.Start, "this is no setting", "write a setting a line, as in: mdns: false");
        Configuration read = new();
        foreach ((YamlNode key, YamlNode value) in map.Children)
        {
            string setting = key is YamlScalarNode { Value: { } word } ? word : throw At(key.Start, "this is no setting", Known);
            if (!settings.TryGetValue(setting, out Func<Configuration, YamlNode, Configuration>? set)) throw At(key.Start, $"'{setting}' is no setting", Known);
            try
            {
                read = set(read, value);
            }
            catch (ConfigException fault)
            {
                throw At(value.Start, $"{setting}: {fault.Message}", fault.Hint);
            }
        }
        return read;

        ConfigException At(Mark mark, string fault, string? hint) => new($"{name}, line {mark.Line}: {fault}", hint);
    }

    static string Known => $"settings are {string.Join(", ", Names)}";

    public static Multiaddr Address(string text) => Multiaddr.Parse(text) ?? throw new ConfigException($"'{text}' is no address", "an address looks like /ip4/192.168.1.7/tcp/4171");

    public static int ApiPort(string text) => System.Net.IPEndPoint.TryParse(text, out System.Net.IPEndPoint? end) && System.Net.IPAddress.IsLoopback(end.Address)
        ? end.Port
        : throw new ConfigException($"'{text}' is no place for the API", "it listens on this machine only, like 127.0.0.1:4172");

    static Uri Collector(string text) => Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https"
        ? address
        : throw new ConfigException($"'{text}' is no collector", "it is reached over OTLP and HTTP, like http://127.0.0.1:4318");

    static string Text(YamlNode value) => value is YamlScalarNode { Value: { Length: > 0 } text } ? text : throw new ConfigException("one value is expected");

    static IEnumerable<string> Texts(YamlNode value) => value is YamlSequenceNode several ? several.Children.Select(Text) : [Text(value)];
}
