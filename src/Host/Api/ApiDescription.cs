using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace Vault.Host;

/// <summary>The OpenAPI document of everything that can be asked, made of the calls themselves when it is asked for. For programs that make clients, or try a server, of such a document.</summary>
sealed class ApiDescription
{
    const string Vault = "A name, an id, or the beginning of either.", Path = "A file's path.";
    const string Envelope = "#/components/schemas/Envelope", Json = "application/json";

    static readonly JsonSchemaExporterOptions exporting = new() { TreatNullObliviousAsNonNullable = true };

    readonly List<(string Path, Func<JsonObject> Methods)> paths = [];

    public void Add(string name, JsonTypeInfo request, JsonTypeInfo result) =>
        paths.Add(("/api/v1/" + name, () => new JsonObject { ["post"] = Posted(name, request, result.GetJsonSchemaAsNode(exporting)) }));

    /// <param name="item">Of which there are any number: in one array, or a line each for who accepts lines.</param>
    public void AddList(string name, JsonTypeInfo request, JsonTypeInfo item) => paths.Add(("/api/v1/" + name, () =>
    {
        JsonObject posted = Posted(name, request, new JsonObject { ["type"] = "array", ["items"] = item.GetJsonSchemaAsNode(exporting) });
        posted["responses"]!["200"]!["content"]![ApiServer.Lines] = new JsonObject { ["schema"] = item.GetJsonSchemaAsNode(exporting) };
        return new JsonObject { ["post"] = posted };
    }));

    /// <summary>What is asked in another way than by a POST with JSON.</summary>
    public void AddBytes()
    {
        paths.Add(("/api/v1/vaults/{vault}/files/{path}", () => new JsonObject
        {
            ["get"] = new JsonObject
            {
                ["summary"] = "A file's content, or a range of it.",
                ["parameters"] = new JsonArray(Place("vault", Vault), Place("path", Path), new JsonObject { ["name"] = "at", ["in"] = "query", ["schema"] = Text(), ["description"] = "The version of that time." }),
                ["responses"] = new JsonObject { ["200"] = Answer("application/octet-stream", Bytes()), ["206"] = Answer("application/octet-stream", Bytes()), ["default"] = Fault() },
            },
            ["put"] = new JsonObject
            {
                ["summary"] = "Stores the body as a file.",
                ["parameters"] = new JsonArray(Place("vault", Vault), Place("path", Path)),
                ["requestBody"] = new JsonObject { ["content"] = new JsonObject { ["application/octet-stream"] = new JsonObject { ["schema"] = Bytes() } } },
                ["responses"] = new JsonObject { ["200"] = Answer(Json, Success(ApiJson.Default.FilesAdded.GetJsonSchemaAsNode(exporting))), ["default"] = Fault() },
            },
        }));
        paths.Add(("/api/v1/events", () => new JsonObject
        {
            ["get"] = new JsonObject
            {
                ["summary"] = "What happens, as it happens.",
                ["responses"] = new JsonObject { ["200"] = Answer("text/event-stream", ApiJson.Default.DaemonEvent.GetJsonSchemaAsNode(exporting)), ["default"] = Fault() },
            },
        }));
    }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(new JsonObject
    {
        ["openapi"] = "3.1.0",
        ["info"] = new JsonObject { ["title"] = "Vault", ["version"] = "1", ["description"] = "On 127.0.0.1 with the token of the data folder's api.token, or on its daemon.sock without." },
        ["security"] = new JsonArray(new JsonObject { ["token"] = new JsonArray() }),
        ["paths"] = new JsonObject(paths.Select(path => KeyValuePair.Create(path.Path, (JsonNode?)path.Methods()))),
        ["components"] = new JsonObject
        {
            ["securitySchemes"] = new JsonObject { ["token"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" } },
            ["schemas"] = new JsonObject { ["Envelope"] = ApiJson.Default.Envelope.GetJsonSchemaAsNode(exporting) },
        },
    }, DescriptionJson.Default.JsonObject);

    static JsonObject Posted(string name, JsonTypeInfo request, JsonNode data) => new()
    {
        ["operationId"] = name.Replace('/', '-'),
        ["requestBody"] = new JsonObject { ["required"] = true, ["content"] = new JsonObject { [Json] = new JsonObject { ["schema"] = request.GetJsonSchemaAsNode(exporting) } } },
        ["responses"] = new JsonObject { ["200"] = Answer(Json, Success(data)), ["default"] = Fault() },
    };

    static JsonObject Success(JsonNode data) => new() { ["type"] = "object", ["properties"] = new JsonObject { ["status"] = new JsonObject { ["const"] = "success" }, ["data"] = data } };

    static JsonObject Fault() => new() { ["description"] = "A sentence that says what to do.", ["content"] = new JsonObject { [Json] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = Envelope } } } };

    static JsonObject Answer(string type, JsonNode schema) => new() { ["description"] = "Done.", ["content"] = new JsonObject { [type] = new JsonObject { ["schema"] = schema } } };

    static JsonObject Place(string name, string says) => new() { ["name"] = name, ["in"] = "path", ["required"] = true, ["schema"] = Text(), ["description"] = says };

    static JsonObject Text() => new() { ["type"] = "string" };

    static JsonObject Bytes() => new() { ["type"] = "string", ["format"] = "binary" };
}

[System.Text.Json.Serialization.JsonSerializable(typeof(JsonObject))]
sealed partial class DescriptionJson : System.Text.Json.Serialization.JsonSerializerContext;
