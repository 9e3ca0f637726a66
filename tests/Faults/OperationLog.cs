using System.Buffers.Binary;
using System.Text;

namespace Vault.Tests.Faults;

/// <summary>What powercut.c wrote down, in the order in which it happened. Kinds are its letters.</summary>
/// <param name="Call">The number of the call, from 1; 0 for what isn't counted.</param>
readonly record struct Operation(
    char Kind, long Call, ulong Inode, long Offset, long Length, int Mode, string Path, string Path2, ReadOnlyMemory<byte> Data);

/// <summary>The record of one run, and the folder as it was before.</summary>
public sealed class OperationLog
{
    const int HeaderSize = 48; // struct record in powercut.c

    OperationLog(string before, IReadOnlyList<Operation> operations)
    {
        Before = before;
        Operations = operations;
        Calls = (int)operations.Max(operation => operation.Call);
    }

    /// <summary>How many calls changed or synced something: the moments at which a run can be struck or power can be cut.</summary>
    public int Calls { get; }

    public bool Killed => Operations[^1].Kind == 'K';

    internal string Before { get; }
    internal IReadOnlyList<Operation> Operations { get; }

    public static OperationLog Read(string log, string before) => new(before, [.. Parse(File.ReadAllBytes(log))]);

    /// <summary>The whole lines that were printed before call <paramref name="calls"/> + 1 began: what was promised by then.</summary>
    public IReadOnlyList<string> LinesBy(int calls)
    {
        using MemoryStream printed = new();
        foreach (Operation operation in Until(calls))
            if (operation.Kind == 'P') printed.Write(operation.Data.Span);
        string text = Encoding.UTF8.GetString(printed.ToArray());
        return text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    internal IEnumerable<Operation> Until(int calls) => Operations.TakeWhile(operation => operation.Call <= calls);

    // A record cut short by the kill is the last one, and its call never returned: as if it hadn't begun.
    static IEnumerable<Operation> Parse(ReadOnlyMemory<byte> log)
    {
        while (log.Length >= HeaderSize)
        {
            int size = BinaryPrimitives.ReadInt32LittleEndian(log.Span);
            if (size > log.Length) yield break;
            yield return ParseOne(log[..size]);
            log = log[size..];
        }
    }

    static Operation ParseOne(ReadOnlyMemory<byte> record)
    {
        ReadOnlySpan<byte> header = record.Span;
        int path = BinaryPrimitives.ReadUInt16LittleEndian(header[4..]), path2 = BinaryPrimitives.ReadUInt16LittleEndian(header[6..]);
        return new Operation(
            Kind: (char)BinaryPrimitives.ReadInt32LittleEndian(header[8..]),
            Mode: BinaryPrimitives.ReadInt32LittleEndian(header[12..]),
            Call: BinaryPrimitives.ReadInt64LittleEndian(header[16..]),
            Inode: BinaryPrimitives.ReadUInt64LittleEndian(header[24..]),
            Offset: BinaryPrimitives.ReadInt64LittleEndian(header[32..]),
            Length: BinaryPrimitives.ReadInt64LittleEndian(header[40..]),
            Path: Encoding.UTF8.GetString(header.Slice(HeaderSize, path)),
            Path2: Encoding.UTF8.GetString(header.Slice(HeaderSize + path, path2)),
            Data: record[(HeaderSize + path + path2)..]);
    }
}
